#include "src/face/quality.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "src/face/pose.h"

namespace entryexit::face {
namespace {

using core::QualityFinding;
using core::QualityIssue;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

FaceMeasurements Good() {
  return {.width_px = 200,
          .share_inside = 1,
          .luma = 120,
          .sharpness = 50,
          .eye_contrast = 30,
          .pose = {.roll = 1, .yaw = 2, .pitch = 3}};
}

TEST(Judge, FindsNothingWrongWithAGoodFace) {
  EXPECT_THAT(Judge(Good(), QualityLimits()), IsEmpty());
}

TEST(Judge, ReportsEachLimitWithItsMeasuredValue) {
  struct Case {
    void (*spoil)(FaceMeasurements&);
    QualityFinding expected;
  };
  const QualityLimits limits;
  const std::vector<Case> cases{
      {[](auto& f) { f.width_px = 50; }, {QualityIssue::kFaceTooSmall, 50, limits.min_face_px}},
      {[](auto& f) { f.share_inside = 0.5; },
       {QualityIssue::kFaceCutOff, 0.5, limits.min_share_inside}},
      {[](auto& f) { f.luma = 3; }, {QualityIssue::kTooDark, 3, limits.min_luma}},
      {[](auto& f) { f.luma = 250; }, {QualityIssue::kTooBright, 250, limits.max_luma}},
      {[](auto& f) { f.sharpness = 4; }, {QualityIssue::kBlurred, 4, limits.min_sharpness}},
      {[](auto& f) { f.pose.roll = -33; }, {QualityIssue::kRoll, -33, limits.max_roll_degrees}},
      {[](auto& f) { f.pose.yaw = 44; }, {QualityIssue::kYaw, 44, limits.max_yaw_degrees}},
      {[](auto& f) { f.pose.pitch = -55; }, {QualityIssue::kPitch, -55, limits.max_pitch_degrees}},
      {[](auto& f) { f.eye_contrast = 2; },
       {QualityIssue::kEyesNotVisible, 2, limits.min_eye_contrast}},
  };
  for (const Case& test : cases) {
    FaceMeasurements face = Good();
    test.spoil(face);
    EXPECT_THAT(Judge(face, limits), ElementsAre(test.expected)) << NameOf(test.expected.issue);
  }
}

TEST(Judge, DoesNotBlameADarkFaceForItsMissingDetail) {
  FaceMeasurements face = Good();
  face.luma = 3;
  face.sharpness = 1;
  face.eye_contrast = 1;
  const QualityLimits limits;
  EXPECT_THAT(Judge(face, limits),
              ElementsAre(QualityFinding{QualityIssue::kTooDark, 3, limits.min_luma}));
}

TEST(Judge, AcceptsAPoseThatFiveLandmarksCannotTell) {
  FaceMeasurements face = Good();
  face.pose = {.roll = 0, .yaw = {}, .pitch = {}};
  EXPECT_THAT(Judge(face, QualityLimits()), IsEmpty());
}

// Landmarks of a flat-lit average head, turned in three dimensions and projected.
Landmarks HeadTurned(double roll, double yaw, double pitch) {
  struct Point {
    size_t landmark;
    double x;
    double y;
    double z;
  };
  constexpr double kRadian = std::numbers::pi / 180;
  Landmarks landmarks(68);
  for (const Point& p :
       {Point{36, -44, -34, -46}, Point{39, -17, -33, -35}, Point{42, 17, -33, -35},
        Point{45, 44, -34, -46}, Point{27, 0, -36, -19}, Point{30, 0, 0, 0}, Point{33, 0, 12, -17},
        Point{48, -25, 34, -36}, Point{54, 25, 34, -36}}) {
    // The nose, at z = 0 in front of the rest, moves right for a positive yaw and up for a
    // positive pitch.
    const double c = std::cos(yaw * kRadian);
    const double s = std::sin(yaw * kRadian);
    const double x = c * p.x + s * p.z;
    const double z = -s * p.x + c * p.z;
    const double y = std::cos(pitch * kRadian) * p.y - std::sin(pitch * kRadian) * z;
    const double cr = std::cos(roll * kRadian);
    const double sr = std::sin(roll * kRadian);
    landmarks[p.landmark] = {300 + 2 * (cr * x - sr * y), 300 + 2 * (sr * x + cr * y)};
  }
  return landmarks;
}

TEST(PoseOf, TellsEachRotationFromTheOthers) {
  for (const double angle : {-30.0, -10.0, 0.0, 10.0, 30.0}) {
    const Pose rolled = PoseOf(HeadTurned(angle, 0, 0));
    EXPECT_NEAR(rolled.roll, angle, 0.1);
    EXPECT_NEAR(*rolled.yaw, 0, 0.1);
    EXPECT_NEAR(*rolled.pitch, 0, 0.1);
    EXPECT_NEAR(*PoseOf(HeadTurned(0, angle, 0)).yaw, angle, 0.1);
    EXPECT_NEAR(*PoseOf(HeadTurned(0, 0, angle)).pitch, angle, 0.1);
  }
}

TEST(PoseOf, FiveLandmarksGiveTheRollOnly) {
  const Pose pose = PoseOf({{250, 160}, {220, 158}, {150, 150}, {180, 152}, {200, 210}});
  EXPECT_NEAR(pose.roll, 5.7, 0.1);
  EXPECT_FALSE(pose.yaw.has_value());
  EXPECT_FALSE(pose.pitch.has_value());
}

}  // namespace
}  // namespace entryexit::face
