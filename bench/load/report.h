#ifndef ENTRYEXIT_BENCH_LOAD_REPORT_H_
#define ENTRYEXIT_BENCH_LOAD_REPORT_H_

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/load/driver.h"

namespace entryexit::bench {

void PrintHeader();
void Print(const Step& step);

// One row a step.
void WriteCsv(const std::filesystem::path& file, const std::vector<Step>& steps);
// One row for each point of each step's latency curve.
void WriteCurvesCsv(const std::filesystem::path& file, const std::vector<Step>& steps);
// What both CSV files say. `setting`: how it was measured, in words.
void WriteJson(const std::filesystem::path& file, const std::vector<Step>& steps,
               const std::string& setting);
// The curves: latency over percentile, both growing by factors.
void WriteSvg(const std::filesystem::path& file, const std::vector<Step>& steps,
              const std::string& setting, std::chrono::milliseconds deadline);

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_LOAD_REPORT_H_
