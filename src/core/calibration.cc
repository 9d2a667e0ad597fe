#include "entryexit/core/calibration.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "entryexit/core/reason.h"

namespace entryexit::core {
namespace {

std::string Text(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

}  // namespace

const char* NameOf(FmrBound bound) {
  switch (bound) {
    case FmrBound::kExact:
      return "EXACT";
    case FmrBound::kAtMost:
      return "AT_MOST";
    case FmrBound::kAtLeast:
      return "AT_LEAST";
  }
  return "UNKNOWN";
}

absl::StatusOr<Calibration> Calibration::Create(std::string pairs,
                                                std::vector<CalibrationPoint> points) {
  if (points.size() < 2) {
    return MakeError(Reason::kConfigInvalid, "a calibration needs at least two points");
  }
  std::ranges::sort(points, {}, &CalibrationPoint::distance);
  for (size_t i = 0; i < points.size(); ++i) {
    const CalibrationPoint& point = points[i];
    const bool in_range = point.fmr > 0 && point.fmr < 1 && point.distance > 0;
    const bool grows =
        i == 0 || (point.fmr > points[i - 1].fmr && point.distance > points[i - 1].distance);
    if (!in_range || !grows) {
      return MakeError(Reason::kConfigInvalid,
                       "calibration point (fmr " + Text(point.fmr) + ", distance " +
                           Text(point.distance) +
                           "): fmr must be within (0, 1), distance above 0, "
                           "and distance must grow with fmr");
    }
  }
  return Calibration(std::move(pairs), std::move(points));
}

absl::StatusOr<double> Calibration::DistanceAt(double fmr) const {
  if (!(fmr >= points_.front().fmr && fmr <= points_.back().fmr)) {
    return MakeError(Reason::kConfigInvalid,
                     "target FMR " + Text(fmr) + " lies outside the measured range " +
                         Text(points_.front().fmr) + " to " + Text(points_.back().fmr));
  }
  const auto upper = std::ranges::lower_bound(points_, fmr, {}, &CalibrationPoint::fmr);
  if (upper->fmr == fmr) return upper->distance;
  const auto lower = upper - 1;
  const double share =
      (std::log(fmr) - std::log(lower->fmr)) / (std::log(upper->fmr) - std::log(lower->fmr));
  return lower->distance + share * (upper->distance - lower->distance);
}

FmrEstimate Calibration::FmrAt(double distance) const {
  if (distance < points_.front().distance) return {points_.front().fmr, FmrBound::kAtMost};
  if (distance > points_.back().distance) return {points_.back().fmr, FmrBound::kAtLeast};
  const auto upper = std::ranges::lower_bound(points_, distance, {}, &CalibrationPoint::distance);
  if (upper->distance == distance) return {upper->fmr, FmrBound::kExact};
  const auto lower = upper - 1;
  const double share = (distance - lower->distance) / (upper->distance - lower->distance);
  const double fmr =
      std::exp(std::log(lower->fmr) + share * (std::log(upper->fmr) - std::log(lower->fmr)));
  return {fmr, FmrBound::kExact};
}

}  // namespace entryexit::core
