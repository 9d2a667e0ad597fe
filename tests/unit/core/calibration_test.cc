#include "entryexit/core/calibration.h"

#include <cmath>

#include "tests/support/status_matchers.h"

namespace entryexit::core {
namespace {

using ::entryexit::testing::FailsWith;
using ::entryexit::testing::IsOk;

Calibration Measured() {
  return *Calibration::Create("matched", {{1e-2, 1.1391}, {1e-4, 0.9244}, {1e-3, 1.0378}});
}

TEST(CalibrationTest, GivesTheMeasuredPointsBack) {
  EXPECT_DOUBLE_EQ(*Measured().DistanceAt(1e-3), 1.0378);
  EXPECT_DOUBLE_EQ(*Measured().DistanceAt(1e-2), 1.1391);
  EXPECT_DOUBLE_EQ(*Measured().DistanceAt(1e-4), 0.9244);
  EXPECT_NEAR(Measured().FmrAt(1.0378).fmr, 1e-3, 1e-12);
}

TEST(CalibrationTest, IsLogLinearBetweenPoints) {
  // Halfway in the logarithm between 1e-3 and 1e-2.
  EXPECT_NEAR(*Measured().DistanceAt(3.1622776601683795e-3), (1.0378 + 1.1391) / 2, 1e-9);
  EXPECT_NEAR(Measured().FmrAt((1.0378 + 1.1391) / 2).fmr, 3.1622776601683795e-3, 1e-9);
}

TEST(CalibrationTest, NeverExtrapolatesAThreshold) {
  EXPECT_THAT(Measured().DistanceAt(2e-2), FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(Measured().DistanceAt(1e-5), FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(Measured().DistanceAt(std::nan("")), FailsWith(Reason::kConfigInvalid));
}

TEST(CalibrationTest, ClampsTheEstimateToTheMeasuredRangeAndSaysSo) {
  const Calibration measured = Measured();
  EXPECT_DOUBLE_EQ(measured.FmrAt(0.1).fmr, 1e-4);
  EXPECT_EQ(measured.FmrAt(0.1).bound, FmrBound::kAtMost);
  EXPECT_DOUBLE_EQ(measured.FmrAt(1.9).fmr, 1e-2);
  EXPECT_EQ(measured.FmrAt(1.9).bound, FmrBound::kAtLeast);
  for (const CalibrationPoint& point : measured.points()) {
    EXPECT_DOUBLE_EQ(measured.FmrAt(point.distance).fmr, point.fmr);
    EXPECT_EQ(measured.FmrAt(point.distance).bound, FmrBound::kExact);
  }
  EXPECT_EQ(measured.FmrAt(1.1).bound, FmrBound::kExact);
}

TEST(CalibrationTest, RefusesTablesThatAreNoCalibration) {
  EXPECT_THAT(Calibration::Create("x", {{1e-2, 1.0}}), FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(Calibration::Create("x", {{1e-2, 1.0}, {1e-3, 1.1}}),
              FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(Calibration::Create("x", {{1e-2, 1.0}, {1e-2, 0.9}}),
              FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(Calibration::Create("x", {{1.5, 1.0}, {1e-2, 0.9}}),
              FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(Calibration::Create("x", {{1e-2, 1.0}, {0.0, 0.9}}),
              FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(Calibration::Create("x", {{1e-2, 1.0}, {1e-3, 0.9}}), IsOk());
}

}  // namespace
}  // namespace entryexit::core
