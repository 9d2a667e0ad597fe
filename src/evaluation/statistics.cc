#include "entryexit/evaluation/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <span>

#include "entryexit/core/reason.h"

namespace entryexit::evaluation {
namespace {

// Absorbs the rounding of a product such as 1e-3 * 3000, never as much as one comparison.
constexpr double kRoundingSlack = 1e-9;

std::vector<Comparison> ByDistance(std::vector<Comparison> comparisons) {
  std::ranges::sort(comparisons, {}, &Comparison::distance);
  return comparisons;
}

std::size_t CountAtOrBelow(std::span<const Comparison> sorted, double distance) {
  const auto end = std::ranges::upper_bound(sorted, distance, {}, &Comparison::distance);
  return static_cast<std::size_t>(end - sorted.begin());
}

// The greatest of the distances at which at most a share `fmr` of them lies.
std::optional<double> DistanceAtFmr(std::span<const Comparison> sorted, double fmr) {
  const double share = std::floor(fmr * static_cast<double>(sorted.size()) + kRoundingSlack);
  const std::size_t allowed = std::min(static_cast<std::size_t>(share), sorted.size() - 1);
  // Equal distances are accepted together: step back to the last one before the first too many.
  const auto end =
      std::ranges::lower_bound(sorted, sorted[allowed].distance, {}, &Comparison::distance);
  if (end == sorted.begin()) return std::nullopt;
  return std::prev(end)->distance;
}

std::optional<double> MeasurableDistanceAt(std::span<const Comparison> sorted, double fmr) {
  if (sorted.size() < ComparisonsNeeded(fmr)) return std::nullopt;
  return DistanceAtFmr(sorted, fmr);
}

// How often each identity is drawn when as many as there are are drawn with replacement.
class Resampler {
 public:
  Resampler(std::size_t identities, std::uint64_t seed) : engine_(seed), times_(identities) {}

  void Draw() {
    std::ranges::fill(times_, 0.0);
    for (std::size_t i = 0; i < times_.size(); ++i) ++times_[engine_() % times_.size()];
  }

  double WeightOf(const Comparison& comparison) const {
    const double a = times_[comparison.identity_a];
    return comparison.identity_a == comparison.identity_b ? a : a * times_[comparison.identity_b];
  }

  double TotalWeight(std::span<const Comparison> comparisons) const {
    double total = 0;
    for (const Comparison& comparison : comparisons) total += WeightOf(comparison);
    return total;
  }

 private:
  std::mt19937_64 engine_;
  std::vector<double> times_;
};

// The weighted counterpart of DistanceAtFmr; below every distance when none meets the target.
double WeightedDistanceAtFmr(std::span<const Comparison> sorted, const Resampler& resampler,
                             double allowed_weight) {
  double threshold = -std::numeric_limits<double>::infinity();
  double weight = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    weight += resampler.WeightOf(sorted[i]);
    if (weight > allowed_weight + kRoundingSlack) break;
    const bool last_of_ties = i + 1 == sorted.size() || sorted[i + 1].distance > sorted[i].distance;
    if (last_of_ties) threshold = sorted[i].distance;
  }
  return threshold;
}

std::optional<Interval> Percentiles95(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  const auto last = static_cast<double>(values.size() - 1);
  const double low = values[static_cast<std::size_t>(std::floor(0.025 * last))];
  const double high = values[static_cast<std::size_t>(std::ceil(0.975 * last))];
  if (low == high) return std::nullopt;
  return Interval{low, high};
}

// One interval of the FNMR for each target.
std::vector<std::optional<Interval>> BootstrapFnmr(const Comparisons& sorted,
                                                   const StatisticsOptions& options) {
  std::vector<std::vector<double>> rates(options.fmr_targets.size());
  Resampler resampler(sorted.identities, options.bootstrap_seed);
  for (int replicate = 0; replicate < options.bootstrap_replicates; ++replicate) {
    resampler.Draw();
    const double mated = resampler.TotalWeight(sorted.mated);
    const double non_mated = resampler.TotalWeight(sorted.non_mated);
    if (mated == 0 || non_mated == 0) continue;  // a draw that compares nobody says nothing
    for (std::size_t i = 0; i < rates.size(); ++i) {
      const double distance =
          WeightedDistanceAtFmr(sorted.non_mated, resampler, options.fmr_targets[i] * non_mated);
      const std::size_t accepted = CountAtOrBelow(sorted.mated, distance);
      const auto rejected = std::span(sorted.mated).subspan(accepted);
      rates[i].push_back(resampler.TotalWeight(rejected) / mated);
    }
  }
  std::vector<std::optional<Interval>> intervals;
  for (std::vector<double>& of_target : rates) {
    intervals.push_back(Percentiles95(std::move(of_target)));
  }
  return intervals;
}

std::vector<OperatingPoint> OperatingPoints(const Comparisons& sorted,
                                            const StatisticsOptions& options) {
  const std::vector<std::optional<Interval>> bootstrap = BootstrapFnmr(sorted, options);
  std::vector<OperatingPoint> points;
  for (std::size_t i = 0; i < options.fmr_targets.size(); ++i) {
    OperatingPoint& point = points.emplace_back(OperatingPoint{options.fmr_targets[i], {}});
    const auto distance = MeasurableDistanceAt(sorted.non_mated, point.target_fmr);
    if (!distance) continue;
    const std::size_t matches = CountAtOrBelow(sorted.mated, *distance);
    point.measured =
        Measurement{*distance,
                    {CountAtOrBelow(sorted.non_mated, *distance), sorted.non_mated.size()},
                    {sorted.mated.size() - matches, sorted.mated.size()},
                    bootstrap[i]};
  }
  return points;
}

// FMR and FNMR at every distance seen, by growing distance.
std::vector<DetPoint> AllDetPoints(const Comparisons& sorted) {
  const auto& mated = sorted.mated;
  const auto& non_mated = sorted.non_mated;
  std::vector<DetPoint> points;
  std::size_t matches = 0;
  std::size_t false_matches = 0;
  while (matches < mated.size() || false_matches < non_mated.size()) {
    double distance = std::numeric_limits<double>::infinity();
    if (matches < mated.size()) distance = mated[matches].distance;
    if (false_matches < non_mated.size()) {
      distance = std::min(distance, non_mated[false_matches].distance);
    }
    while (matches < mated.size() && mated[matches].distance <= distance) ++matches;
    while (false_matches < non_mated.size() && non_mated[false_matches].distance <= distance) {
      ++false_matches;
    }
    points.push_back({distance, Rate{false_matches, non_mated.size()}.value(),
                      Rate{mated.size() - matches, mated.size()}.value()});
  }
  return points;
}

EqualErrorRate EqualErrorOf(const std::vector<DetPoint>& points) {
  const DetPoint nearest = *std::ranges::min_element(
      points, {}, [](const DetPoint& point) { return std::abs(point.fmr - point.fnmr); });
  return {(nearest.fmr + nearest.fnmr) / 2, nearest.distance};
}

std::vector<DetPoint> Corners(const std::vector<DetPoint>& points) {
  std::vector<DetPoint> corners;
  for (const DetPoint& point : points) {
    const std::size_t size = corners.size();
    const auto straight = [&](double DetPoint::*rate) {
      return corners[size - 2].*rate == corners[size - 1].*rate &&
             corners[size - 1].*rate == point.*rate;
    };
    if (size >= 2 && (straight(&DetPoint::fmr) || straight(&DetPoint::fnmr))) {
      corners.back() = point;
    } else {
      corners.push_back(point);
    }
  }
  return corners;
}

absl::Status Validate(const Comparisons& comparisons, const StatisticsOptions& options) {
  if (comparisons.mated.empty() || comparisons.non_mated.empty()) {
    return core::MakeError(
        core::Reason::kInvalidField,
        fmt::format("error rates need mated and non-mated comparisons; there are {} and {}",
                    comparisons.mated.size(), comparisons.non_mated.size()));
  }
  for (const double target : options.fmr_targets) {
    if (!(target > 0 && target < 1)) {
      return core::MakeError(core::Reason::kInvalidField,
                             fmt::format("target FMR {} is not between 0 and 1", target));
    }
  }
  if (options.bootstrap_replicates <= 0) {
    return core::MakeError(
        core::Reason::kInvalidField,
        fmt::format("bootstrap replicates {} is not positive", options.bootstrap_replicates));
  }
  return absl::OkStatus();
}

}  // namespace

Interval WilsonInterval(std::size_t errors, std::size_t trials) {
  if (trials == 0) return {0.0, 1.0};
  constexpr double kZ = 1.959963984540054;  // 97.5 % quantile of the normal distribution
  const auto n = static_cast<double>(trials);
  const double p = static_cast<double>(errors) / n;
  const double scale = 1 / (1 + kZ * kZ / n);
  const double centre = scale * (p + kZ * kZ / (2 * n));
  const double half = scale * kZ * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n));
  // The bounds are exact at the ends; computed, they would miss 0 and 1 by a rounding error.
  return {errors == 0 ? 0.0 : centre - half, errors == trials ? 1.0 : centre + half};
}

double Rate::value() const {
  return trials == 0 ? 0.0 : static_cast<double>(errors) / static_cast<double>(trials);
}

std::size_t ComparisonsNeeded(double fmr) {
  return static_cast<std::size_t>(std::ceil(3 / fmr - kRoundingSlack));
}

absl::StatusOr<Statistics> ComputeStatistics(const Comparisons& comparisons,
                                             const StatisticsOptions& options) {
  if (absl::Status status = Validate(comparisons, options); !status.ok()) return status;
  const Comparisons sorted{comparisons.identities, ByDistance(comparisons.mated),
                           ByDistance(comparisons.non_mated)};
  const std::vector<DetPoint> det = AllDetPoints(sorted);
  return Statistics{OperatingPoints(sorted, options), EqualErrorOf(det), Corners(det)};
}

std::vector<core::CalibrationPoint> CalibrationPoints(const std::vector<Comparison>& non_mated) {
  constexpr std::array kLadder = {1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 5e-4,
                                  1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1};
  const std::vector<Comparison> sorted = ByDistance(non_mated);
  std::vector<core::CalibrationPoint> points;
  for (const double fmr : kLadder) {
    const auto distance = MeasurableDistanceAt(sorted, fmr);
    // Ties can give two FMRs one distance; it then stands for the stricter, which came first.
    if (!distance || (!points.empty() && *distance <= points.back().distance)) continue;
    points.push_back({fmr, *distance});
  }
  return points;
}

}  // namespace entryexit::evaluation
