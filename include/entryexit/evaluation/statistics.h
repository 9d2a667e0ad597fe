#ifndef ENTRYEXIT_EVALUATION_STATISTICS_H_
#define ENTRYEXIT_EVALUATION_STATISTICS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/core/calibration.h"

namespace entryexit::evaluation {

// Error rates in the words of ISO/IEC 19795-1. A pair is accepted at a threshold when its distance
// is at or below it. FMR: share of non-mated comparisons accepted; FNMR: share of mated comparisons
// not accepted. Everything here is a pure function.

struct Comparison {
  double distance;  // finite
  std::size_t identity_a;
  std::size_t identity_b;  // equal to `identity_a` exactly when the pair is mated
};

struct Comparisons {
  std::size_t identities = 0;  // identity_a, identity_b < identities
  std::vector<Comparison> mated;
  std::vector<Comparison> non_mated;
};

struct Interval {
  double low;
  double high;

  friend bool operator==(const Interval&, const Interval&) = default;
};

// The 95 % Wilson score interval of a binomial proportion. Chosen because it keeps close to its
// nominal coverage for the small rates and samples seen here, and does not collapse to a point when
// no error was seen. It takes trials as independent, which pairs that share a person are not, so it
// is too narrow where a few people cause most errors: read it beside the bootstrap.
// Requires: errors <= trials. [0, 1] when there are no trials.
Interval WilsonInterval(std::size_t errors, std::size_t trials);

struct Rate {
  std::size_t errors = 0;
  std::size_t trials = 0;

  double value() const;  // 0 when there are no trials
  Interval interval() const { return WilsonInterval(errors, trials); }
};

// The fewest non-mated comparisons on which an FMR of `fmr` can be seen: the rule of 3 (3 / fmr:
// with fewer, not one false match would still be compatible with a higher FMR at 95 % confidence).
// Requires: 0 < fmr < 1.
std::size_t ComparisonsNeeded(double fmr);

struct Measurement {
  double distance;  // the greatest non-mated distance at which the FMR does not exceed its target
  Rate fmr;         // at `distance`; at most the target
  Rate fnmr;        // at `distance`
  // 95 % percentile interval of the FNMR at the target FMR when the people (not the pairs) are
  // drawn anew with replacement, the threshold with them. It knows that pairs share people. Absent
  // when it would be a point, as when no error is near: a sample without errors cannot show by
  // resampling how likely errors are, and the Wilson interval is the guide.
  std::optional<Interval> fnmr_bootstrap;

  // By the rule of 30, a rate is within 30 % of its true value at 90 % confidence only when at
  // least 30 errors were seen.
  bool few_false_matches() const { return fmr.errors < 30; }
};

struct OperatingPoint {
  double target_fmr;
  // Absent when there are fewer than ComparisonsNeeded non-mated comparisons, or when so many of
  // them tie at the smallest distance that no threshold meets the target.
  std::optional<Measurement> measured;
};

struct EqualErrorRate {
  double rate;  // the mean of FMR and FNMR where they are nearest to each other
  double distance;
};

struct DetPoint {
  double distance;
  double fmr;
  double fnmr;
};

struct Statistics {
  std::vector<OperatingPoint> operating_points;  // in the order of the targets asked for
  EqualErrorRate equal_error;
  // By growing distance; the corners of the step curve, so that nothing is lost and points on a
  // straight run are left out.
  std::vector<DetPoint> det;
};

struct StatisticsOptions {
  std::vector<double> fmr_targets = {1e-2, 1e-3, 5e-4, 1e-4};  // each in (0, 1)
  int bootstrap_replicates = 1000;                             // > 0
  std::uint64_t bootstrap_seed = 1;
};

// Errors: INVALID_FIELD when there is no mated or no non-mated comparison, or an option is out of
// its range.
absl::StatusOr<Statistics> ComputeStatistics(const Comparisons& comparisons,
                                             const StatisticsOptions& options);

// The points of a `core::Calibration`: the distance at each of a ladder of FMRs from 0.3 down to
// the least that the sample can show, never extrapolated. A point's FMR is its target, which the
// measured FMR does not exceed. May hold fewer than the two points that a calibration needs.
std::vector<core::CalibrationPoint> CalibrationPoints(const std::vector<Comparison>& non_mated);

}  // namespace entryexit::evaluation

#endif  // ENTRYEXIT_EVALUATION_STATISTICS_H_
