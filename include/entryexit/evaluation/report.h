#ifndef ENTRYEXIT_EVALUATION_REPORT_H_
#define ENTRYEXIT_EVALUATION_REPORT_H_

#include <string>

#include "entryexit/evaluation/evaluate.h"
#include "entryexit/evaluation/statistics.h"

namespace entryexit::evaluation {

// Pure functions from the figures to what a person or a program reads. Those that take statistics
// want the ones that ComputeStatistics made of the result's comparisons.

// What was measured on, and how many images failed to acquire: all that can be said when there are
// too few comparisons for statistics. UTF-8, ending in a line break.
std::string SampleReport(const EvaluationResult& result);

// The sample report and a table of the error rates for the terminal, UTF-8, at most 120 columns,
// ending in a line break.
std::string TextReport(const EvaluationResult& result, const Statistics& statistics);

// All figures, with the DET points and the calibration points, as one JSON object (UTF-8, indented,
// ending in a line break). Rates are shares, 0 to 1.
std::string JsonReport(const EvaluationResult& result, const Statistics& statistics);

// The detection error trade-off curve on normal-deviate axes: one self-contained SVG document.
std::string DetCurveSvg(const EvaluationResult& result, const Statistics& statistics);

}  // namespace entryexit::evaluation

#endif  // ENTRYEXIT_EVALUATION_REPORT_H_
