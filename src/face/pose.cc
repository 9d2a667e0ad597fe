#include "pose.h"

#include <array>
#include <cmath>
#include <numbers>

namespace entryexit::face {
namespace {

struct ModelPoint {
  size_t landmark;
  double x, y, z;  // mm from the tip of the nose: to the picture's right, down, to the camera
};

// Points of an average head that hardly move when it speaks or smiles.
constexpr std::array<ModelPoint, 9> kHead{{{36, -44, -34, -46},
                                           {39, -17, -33, -35},
                                           {42, 17, -33, -35},
                                           {45, 44, -34, -46},
                                           {27, 0, -36, -19},
                                           {30, 0, 0, 0},
                                           {33, 0, 12, -17},
                                           {48, -25, 34, -36},
                                           {54, 25, 34, -36}}};

double Degrees(double radians) { return radians * 180 / std::numbers::pi; }

// The roll from the line through the eyes' outer corners, for want of more points.
Pose PoseOfFive(const Landmarks& landmarks) {
  const cv::Point2d across = landmarks[0] - landmarks[2];
  return {.roll = Degrees(std::atan2(across.y, across.x)), .yaw = {}, .pitch = {}};
}

}  // namespace

// Scaled orthographic projection: each picture coordinate is a linear function of the model's
// three, found by least squares; the two rows of that map, made unit vectors, are two rows of the
// rotation.
Pose PoseOf(const Landmarks& landmarks) {
  if (landmarks.size() == 5) return PoseOfFive(landmarks);
  cv::Mat_<double> model(static_cast<int>(kHead.size()), 4);
  cv::Mat_<double> picture(static_cast<int>(kHead.size()), 2);
  for (int i = 0; i < model.rows; ++i) {
    const ModelPoint& point = kHead.at(static_cast<size_t>(i));
    model(i, 0) = point.x;
    model(i, 1) = point.y;
    model(i, 2) = point.z;
    model(i, 3) = 1;
    picture(i, 0) = landmarks[point.landmark].x;
    picture(i, 1) = landmarks[point.landmark].y;
  }
  cv::Mat_<double> map;
  cv::solve(model, picture, map, cv::DECOMP_QR);
  const cv::Vec3d right = cv::normalize(cv::Vec3d(map(0, 0), map(1, 0), map(2, 0)));
  const cv::Vec3d down = cv::normalize(cv::Vec3d(map(0, 1), map(1, 1), map(2, 1)));
  const double towards = right.cross(down)[2];
  return {.roll = Degrees(std::atan2(down[0], down[1])),
          .yaw = Degrees(std::atan2(right[2], towards)),
          .pitch = Degrees(std::atan2(-down[2], std::hypot(right[2], towards)))};
}

}  // namespace entryexit::face
