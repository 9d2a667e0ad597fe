#ifndef ENTRYEXIT_CORE_CALIBRATION_H_
#define ENTRYEXIT_CORE_CALIBRATION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace entryexit::core {

// One measured operating point of a model.
struct CalibrationPoint {
  double fmr;       // 0 < fmr < 1: share of non-mated pairs at or below `distance`
  double distance;  // > 0
};

// How the true FMR lies to an estimate of it.
enum class FmrBound {
  kExact,    // within the measured range
  kAtMost,   // the distance is smaller than any measured one
  kAtLeast,  // the distance is greater than any measured one
};
const char* NameOf(FmrBound bound);  // "EXACT", "AT_MOST", "AT_LEAST"

struct FmrEstimate {
  double fmr;
  FmrBound bound;
};

// The measured relation between a false match rate and a distance, for one model and one kind of
// non-mated pairs ("random" or "matched": same sex, region and age band). Between points the
// logarithm of the FMR is linear in the distance. Immutable, hence thread-safe.
class Calibration {
 public:
  // Points in any order; at least two; distance must grow strictly with fmr.
  // Errors: CONFIG_INVALID.
  static absl::StatusOr<Calibration> Create(std::string pairs,
                                            std::vector<CalibrationPoint> points);

  // The distance at which the FMR is `fmr`.
  // Errors: CONFIG_INVALID when `fmr` lies outside the measured range: a threshold is never
  // extrapolated.
  absl::StatusOr<double> DistanceAt(double fmr) const;

  // The estimated FMR of accepting pairs at `distance`. Beyond the measured range it is that of the
  // range's end, and says so: an estimate from there on would be a guess.
  FmrEstimate FmrAt(double distance) const;

  const std::string& pairs() const { return pairs_; }
  const std::vector<CalibrationPoint>& points() const { return points_; }  // by growing distance

 private:
  Calibration(std::string pairs, std::vector<CalibrationPoint> points)
      : pairs_(std::move(pairs)), points_(std::move(points)) {}

  std::string pairs_;
  std::vector<CalibrationPoint> points_;
};

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_CALIBRATION_H_
