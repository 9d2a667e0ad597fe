#ifndef ENTRYEXIT_DEMO_FIGURES_H_
#define ENTRYEXIT_DEMO_FIGURES_H_

#include <string>
#include <vector>

#include "entryexit/v1/types.pb.h"

// Inline SVG pictures, coloured by the page's style sheet.
namespace entryexit::demo {

// Where `comparison`'s distance lies on the scale, with both thresholds.
// Requires: a distance.
std::string DistanceScale(const v1::Comparison& comparison);

// One line of dots in a strip plot.
struct Strip {
  std::string label;
  std::vector<double> distances;
};

// All distances of the run on one scale, a line for each strip.
std::string StripPlot(const std::vector<Strip>& strips, const v1::Thresholds& thresholds);

}  // namespace entryexit::demo

#endif  // ENTRYEXIT_DEMO_FIGURES_H_
