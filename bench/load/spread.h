#ifndef ENTRYEXIT_BENCH_LOAD_SPREAD_H_
#define ENTRYEXIT_BENCH_LOAD_SPREAD_H_

#include <string>
#include <vector>

namespace entryexit::bench {

// A figure that was taken many times: its median, and between what half of them lie.
struct Spread {
  double median = 0;
  double low = 0;
  double high = 0;
};

// Requires: there are any.
Spread SpreadOf(std::vector<double> figures);

// One line. `format` is of one figure.
void PrintSpread(const char* what, const std::vector<double>& figures, const char* format,
                 const std::string& wanted = "");

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_LOAD_SPREAD_H_
