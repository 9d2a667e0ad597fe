#include "entryexit/evaluation/statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/support/status_matchers.h"

namespace entryexit::evaluation {
namespace {

using ::entryexit::testing::FailsWith;
using ::entryexit::testing::IsOk;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::SizeIs;

// Identity 2i against itself and against 2i + 1, one pair a distance.
Comparisons MakeComparisons(const std::vector<double>& mated,
                            const std::vector<double>& non_mated) {
  Comparisons comparisons;
  comparisons.identities = 2 * std::max(mated.size(), non_mated.size());
  for (std::size_t i = 0; i < mated.size(); ++i) {
    comparisons.mated.push_back({mated[i], 2 * i, 2 * i});
  }
  for (std::size_t i = 0; i < non_mated.size(); ++i) {
    comparisons.non_mated.push_back({non_mated[i], 2 * i, 2 * i + 1});
  }
  return comparisons;
}

Statistics Compute(const Comparisons& comparisons, std::vector<double> targets) {
  StatisticsOptions options;
  options.fmr_targets = std::move(targets);
  options.bootstrap_replicates = 50;
  auto statistics = ComputeStatistics(comparisons, options);
  EXPECT_THAT(statistics, IsOk());
  return *statistics;
}

TEST(WilsonInterval, AgreesWithPublishedValues) {
  // Newcombe (1998), Statistics in Medicine 17:857-872, table I, method 3.
  const struct {
    std::size_t errors, trials;
    double low, high;
  } cases[] = {{81, 263, 0.2553, 0.3662},
               {15, 148, 0.0624, 0.1605},
               {0, 20, 0.0, 0.1611},
               {1, 29, 0.0061, 0.1718}};
  for (const auto& c : cases) {
    const Interval interval = WilsonInterval(c.errors, c.trials);
    EXPECT_NEAR(interval.low, c.low, 5e-5) << c.errors << "/" << c.trials;
    EXPECT_NEAR(interval.high, c.high, 5e-5) << c.errors << "/" << c.trials;
  }
}

TEST(WilsonInterval, IsExactAtItsEnds) {
  EXPECT_EQ(WilsonInterval(0, 7).low, 0.0);
  EXPECT_EQ(WilsonInterval(7, 7).high, 1.0);
  EXPECT_EQ(WilsonInterval(0, 0), (Interval{0.0, 1.0}));
}

TEST(ComparisonsNeeded, FollowsTheRuleOfThree) {
  EXPECT_EQ(ComparisonsNeeded(1e-2), 300U);
  EXPECT_EQ(ComparisonsNeeded(1e-3), 3000U);
  EXPECT_EQ(ComparisonsNeeded(5e-4), 6000U);
  EXPECT_EQ(ComparisonsNeeded(1e-4), 30000U);
}

TEST(OperatingPoint, CountsErrorsAsByHand) {
  // FMR target 0.3 of 10 pairs allows 3 false matches: the third smallest distance, 0.7.
  const Statistics statistics = Compute(
      MakeComparisons({0.1, 0.7, 0.71, 0.95}, {1.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.1, 1.2, 1.3, 1.4}),
      {0.3});
  const auto& measured = statistics.operating_points.at(0).measured;
  ASSERT_TRUE(measured);
  EXPECT_EQ(measured->distance, 0.7);
  EXPECT_EQ(measured->fmr.errors, 3U);
  EXPECT_EQ(measured->fmr.trials, 10U);
  EXPECT_EQ(measured->fnmr.errors, 2U);  // a mated pair at the threshold itself is accepted
  EXPECT_EQ(measured->fnmr.trials, 4U);
  EXPECT_TRUE(measured->few_false_matches());
}

TEST(OperatingPoint, StepsBackWhenTiesWouldExceedTheTarget) {
  const Statistics statistics =
      Compute(MakeComparisons({0.1}, {0.5, 0.6, 0.6, 0.6, 0.8, 0.9, 1.1, 1.2, 1.3, 1.4}), {0.3});
  const auto& measured = statistics.operating_points.at(0).measured;
  ASSERT_TRUE(measured);
  EXPECT_EQ(measured->distance, 0.5);
  EXPECT_EQ(measured->fmr.errors, 1U);
}

TEST(OperatingPoint, IsAbsentWhenTiesLeaveNoThreshold) {
  const Statistics statistics =
      Compute(MakeComparisons({0.1}, {0.6, 0.6, 0.6, 0.6, 0.8, 0.9, 1.1, 1.2, 1.3, 1.4}), {0.3});
  EXPECT_FALSE(statistics.operating_points.at(0).measured);
}

TEST(OperatingPoint, IsAbsentBelowTheNumberOfComparisonsNeeded) {
  std::vector<double> non_mated;
  for (int i = 0; i < 299; ++i) non_mated.push_back(1 + i);
  EXPECT_FALSE(Compute(MakeComparisons({0.5}, non_mated), {0.01}).operating_points[0].measured);
  non_mated.push_back(0.9);
  const auto point = Compute(MakeComparisons({0.5}, non_mated), {0.01}).operating_points[0];
  ASSERT_TRUE(point.measured);
  EXPECT_EQ(point.measured->fmr.errors, 3U);
}

TEST(EqualErrorRate, IsFoundWhereTheRatesMeet) {
  const Statistics statistics =
      Compute(MakeComparisons({0.1, 0.2, 0.3, 0.9}, {0.25, 0.8, 0.85, 1.0}), {0.9});
  // At 0.3 one of four non-mated pairs is accepted and one of four mated pairs is not.
  EXPECT_DOUBLE_EQ(statistics.equal_error.rate, 0.25);
  EXPECT_DOUBLE_EQ(statistics.equal_error.distance, 0.3);
}

TEST(DetCurve, KeepsTheCornersOnly) {
  const Statistics statistics =
      Compute(MakeComparisons({0.1, 0.2, 0.3, 0.5}, {0.4, 0.6, 0.7, 0.8}), {0.9});
  const auto point = [](double distance, double fmr, double fnmr) {
    return ::testing::AllOf(Field(&DetPoint::distance, DoubleEq(distance)),
                            Field(&DetPoint::fmr, DoubleEq(fmr)),
                            Field(&DetPoint::fnmr, DoubleEq(fnmr)));
  };
  EXPECT_THAT(statistics.det,
              ElementsAre(point(0.1, 0, 0.75), point(0.3, 0, 0.25), point(0.4, 0.25, 0.25),
                          point(0.5, 0.25, 0), point(0.8, 1, 0)));
}

TEST(Bootstrap, IsWiderThanWilsonWhenOnePersonCausesTheErrors) {
  // 20 people with 50 mated pairs each; all pairs of two people fail.
  Comparisons comparisons;
  comparisons.identities = 20;
  for (std::size_t person = 0; person < 20; ++person) {
    for (int i = 0; i < 50; ++i) {
      comparisons.mated.push_back({person < 2 ? 1.5 : 0.5, person, person});
    }
    for (std::size_t other = person + 1; other < 20; ++other) {
      comparisons.non_mated.push_back({1.0, person, other});
    }
  }
  comparisons.non_mated.front().distance = 0.9;
  const Statistics statistics = Compute(comparisons, {0.1});
  const auto& measured = statistics.operating_points.at(0).measured;
  ASSERT_TRUE(measured);
  EXPECT_DOUBLE_EQ(measured->fnmr.value(), 0.1);
  const Interval wilson = measured->fnmr.interval();
  EXPECT_LT(measured->fnmr_bootstrap->low, wilson.low);
  EXPECT_GT(measured->fnmr_bootstrap->high, wilson.high);
}

TEST(Bootstrap, IsAbsentWhenNoDrawShowsAnError) {
  const Statistics statistics = Compute(
      MakeComparisons({0.1, 0.2}, {0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4}), {0.9});
  const auto& measured = statistics.operating_points.at(0).measured;
  ASSERT_TRUE(measured);
  EXPECT_EQ(measured->fnmr.errors, 0U);
  EXPECT_FALSE(measured->fnmr_bootstrap);
  EXPECT_GT(measured->fnmr.interval().high, 0.5);
}

TEST(Bootstrap, IsTheSameForTheSameSeed) {
  std::mt19937_64 engine(3);
  std::normal_distribution<double> mated(0.8, 0.2);
  std::normal_distribution<double> non_mated(1.3, 0.2);
  std::vector<double> a(400);
  std::vector<double> b(400);
  for (double& distance : a) distance = mated(engine);
  for (double& distance : b) distance = non_mated(engine);
  const Comparisons comparisons = MakeComparisons(a, b);
  const auto interval = [&comparisons] {
    return Compute(comparisons, {0.01}).operating_points.at(0).measured->fnmr_bootstrap.value();
  };
  EXPECT_EQ(interval(), interval());
  EXPECT_LT(interval().low, interval().high);
}

TEST(Statistics, AgreeWithBruteForceOnRandomData) {
  std::mt19937_64 engine(7);
  for (int round = 0; round < 20; ++round) {
    // Few distinct distances, so that ties are frequent.
    std::vector<double> mated(200);
    std::vector<double> non_mated(1500);
    for (double& d : mated) d = static_cast<double>(engine() % 60) / 64;
    for (double& d : non_mated) d = static_cast<double>(20 + engine() % 200) / 64;
    const double target = 0.002 + 0.01 * round;
    const Statistics statistics = Compute(MakeComparisons(mated, non_mated), {target});

    std::optional<double> best;
    for (const double threshold : non_mated) {
      const auto accepted =
          std::ranges::count_if(non_mated, [&](double d) { return d <= threshold; });
      if (static_cast<double>(accepted) / 1500 <= target && (!best || threshold > *best)) {
        best = threshold;
      }
    }
    const auto& measured = statistics.operating_points.at(0).measured;
    ASSERT_EQ(measured.has_value(), best.has_value()) << round;
    if (!best) continue;
    const auto rejected = std::ranges::count_if(mated, [&](double d) { return d > *best; });
    EXPECT_EQ(measured->distance, *best) << round;
    EXPECT_EQ(measured->fnmr.errors, static_cast<std::size_t>(rejected)) << round;
  }
}

TEST(Statistics, RefuseWhatCannotBeMeasured) {
  const StatisticsOptions options;
  EXPECT_THAT(ComputeStatistics(MakeComparisons({}, {1.0}), options),
              FailsWith(core::Reason::kInvalidField));
  EXPECT_THAT(ComputeStatistics(MakeComparisons({1.0}, {}), options),
              FailsWith(core::Reason::kInvalidField));
  StatisticsOptions out_of_range;
  out_of_range.fmr_targets = {1.0};
  EXPECT_THAT(ComputeStatistics(MakeComparisons({1.0}, {1.0}), out_of_range),
              FailsWith(core::Reason::kInvalidField));
}

TEST(CalibrationPoints, HoldMeasuredRatesOnlyAndMakeACalibration) {
  std::vector<double> distances;
  for (int i = 1; i <= 1000; ++i) distances.push_back(0.001 * i);
  const auto points = CalibrationPoints(MakeComparisons({}, distances).non_mated);
  ASSERT_THAT(points, SizeIs(5));  // 0.003 needs exactly 1000 comparisons; 0.001 needs 3000
  EXPECT_DOUBLE_EQ(points.front().fmr, 3e-3);
  EXPECT_DOUBLE_EQ(points.front().distance, 0.003);
  EXPECT_DOUBLE_EQ(points.back().fmr, 0.3);
  EXPECT_DOUBLE_EQ(points.back().distance, 0.3);
  const auto calibration = core::Calibration::Create("random", points);
  ASSERT_THAT(calibration, IsOk());
  EXPECT_NEAR(*calibration->DistanceAt(0.01), 0.01, 1e-12);
}

TEST(CalibrationPoints, GiveOneDistanceToOneRateOnly) {
  std::vector<double> distances(1000, 1.0);
  std::fill_n(distances.begin(), 2, 0.5);
  const auto points = CalibrationPoints(MakeComparisons({}, distances).non_mated);
  ASSERT_THAT(points, SizeIs(1));
  EXPECT_DOUBLE_EQ(points.front().fmr, 3e-3);
  EXPECT_DOUBLE_EQ(points.front().distance, 0.5);
}

}  // namespace
}  // namespace entryexit::evaluation
