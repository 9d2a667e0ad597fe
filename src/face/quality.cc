#include "quality.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "alignment.h"
#include "gray.h"

namespace entryexit::face {
namespace {

using core::QualityFinding;
using core::QualityIssue;

// From brow to mouth and from cheek to cheek in the crop by eyes: skin, no background.
const cv::Rect kInnerFace(26, 36, 60, 66);

double ShareInside(const cv::Rect2d& box, const cv::Size& picture) {
  const cv::Rect2d frame(0, 0, picture.width, picture.height);
  return (box & frame).area() / box.area();
}

double Deviation(const cv::Mat& gray) {
  cv::Scalar mean;
  cv::Scalar deviation;
  cv::meanStdDev(gray, mean, deviation);
  return deviation[0];
}

// The lesser of both directions, since a moving hand or head smears along one; smoothed first, so
// that the noise of a sensor in the dark does not pass for detail.
double Sharpness(const cv::Mat& gray) {
  cv::Mat smooth;
  cv::GaussianBlur(gray, smooth, cv::Size(3, 3), 0);
  cv::Mat across;
  cv::Mat down;
  cv::Sobel(smooth, across, CV_16S, 1, 0);
  cv::Sobel(smooth, down, CV_16S, 0, 1);
  return std::min(Deviation(across), Deviation(down));
}

// The lesser of the two eyes: white, iris and lashes differ in luma, a bar or dark glass does not.
double EyeContrast(const cv::Mat& crop) {
  const auto around = [&crop](const cv::Point2d& eye) {
    constexpr int kHalfWidth = 10;
    constexpr int kHalfHeight = 6;
    const cv::Point centre(eye);
    return Deviation(crop(cv::Rect(centre.x - kHalfWidth, centre.y - kHalfHeight,
                                   2 * kHalfWidth + 1, 2 * kHalfHeight + 1)));
  };
  return std::min(around(kLeftEye), around(kRightEye));
}

}  // namespace

FaceMeasurements Measure(const cv::Mat& bgr, const cv::Rect2d& box, const Landmarks& landmarks) {
  const cv::Mat crop = GrayOf(CutByEyes(bgr, landmarks));
  FaceMeasurements face;
  face.width_px = box.width;
  face.share_inside = ShareInside(box, bgr.size());
  face.luma = cv::mean(crop(kInnerFace))[0];
  face.sharpness = Sharpness(crop(kInnerFace));
  face.eye_contrast = EyeContrast(crop);
  face.pose = PoseOf(landmarks);
  return face;
}

std::vector<QualityFinding> Judge(const FaceMeasurements& face, const QualityLimits& limits) {
  std::vector<QualityFinding> findings;
  const auto at_least = [&findings](QualityIssue issue, double measured, double limit) {
    if (measured < limit) findings.push_back({issue, measured, limit});
  };
  const auto at_most = [&findings](QualityIssue issue, double measured, double limit) {
    if (std::abs(measured) > limit) findings.push_back({issue, measured, limit});
  };
  at_least(QualityIssue::kFaceTooSmall, face.width_px, limits.min_face_px);
  at_least(QualityIssue::kFaceCutOff, face.share_inside, limits.min_share_inside);
  at_least(QualityIssue::kTooDark, face.luma, limits.min_luma);
  at_most(QualityIssue::kTooBright, face.luma, limits.max_luma);
  // A tiny or wrongly exposed face has no detail either; saying so too would mislead.
  const bool detail_expected = findings.empty();
  if (detail_expected) at_least(QualityIssue::kBlurred, face.sharpness, limits.min_sharpness);
  at_most(QualityIssue::kRoll, face.pose.roll, limits.max_roll_degrees);
  if (face.pose.yaw) at_most(QualityIssue::kYaw, *face.pose.yaw, limits.max_yaw_degrees);
  if (face.pose.pitch) at_most(QualityIssue::kPitch, *face.pose.pitch, limits.max_pitch_degrees);
  if (detail_expected) {
    at_least(QualityIssue::kEyesNotVisible, face.eye_contrast, limits.min_eye_contrast);
  }
  return findings;
}

}  // namespace entryexit::face
