#include "face_search.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace entryexit::face {
namespace {

constexpr double kDetectorWindowPx = 80;
constexpr double kPyramidStep = 5.0 / 6.0;

// The thorough search enlarges up to twice, a border of a fifth on each side included, but no
// further than this many pixels: it bounds what a capture without a face can cost.
constexpr double kThoroughPixels = 2.3e6;
constexpr double kThoroughEnlargement = 2;
constexpr double kThoroughBorder = 0.2;
constexpr double kThoroughThreshold = -0.3;

// Boxes of the reduced picture in px of the whole one. A pixel's centre is half a pixel from its
// corner in both.
void Enlarge(std::vector<DetectedFace>& faces, double scale) {
  for (DetectedFace& face : faces) {
    face.box = {(face.box.x + 0.5) / scale - 0.5, (face.box.y + 0.5) / scale - 0.5,
                face.box.width / scale, face.box.height / scale};
  }
}

void SortByWidth(std::vector<DetectedFace>& faces) {
  std::ranges::sort(faces, std::ranges::greater(),
                    [](const DetectedFace& face) { return face.box.width; });
}

}  // namespace

double DetectionScale(int height, double min_face_share) {
  const double wanted = kDetectorWindowPx / (min_face_share * height);
  double scale = 1;
  while (scale * kPyramidStep >= wanted) scale *= kPyramidStep;
  return scale;
}

cv::Mat ReducedGray(const cv::Mat& bgr, double scale) {
  cv::Mat reduced = bgr;
  const cv::Size size(std::max(1, static_cast<int>(std::lround(bgr.cols * scale))),
                      std::max(1, static_cast<int>(std::lround(bgr.rows * scale))));
  // Averaging 2 x 2 has a fast path in OpenCV, any other factor has not; what remains is less than
  // a half, for which bilinear sampling misses no pixel.
  while (reduced.cols >= 2 * size.width && reduced.rows >= 2 * size.height) {
    cv::Mat half;
    cv::resize(reduced, half, cv::Size(reduced.cols / 2, reduced.rows / 2), 0, 0, cv::INTER_AREA);
    reduced = half;
  }
  cv::Mat gray;
  cv::cvtColor(reduced, gray, cv::COLOR_BGR2GRAY);
  if (gray.size() != size) cv::resize(gray, gray, size, 0, 0, cv::INTER_LINEAR);
  return gray;
}

std::vector<DetectedFace> FaceSearch::Find(const cv::Mat& bgr) {
  const double scale = DetectionScale(bgr.rows, min_face_share_);
  std::vector<DetectedFace> faces = detector_.Detect(ReducedGray(bgr, scale), 0);
  Enlarge(faces, scale);
  SortByWidth(faces);
  return faces;
}

std::vector<DetectedFace> FaceSearch::FindThoroughly(const cv::Mat& bgr) {
  const int border_x = static_cast<int>(bgr.cols * kThoroughBorder);
  const int border_y = static_cast<int>(bgr.rows * kThoroughBorder);
  cv::Mat gray;
  cv::cvtColor(bgr, gray, cv::COLOR_BGR2GRAY);
  cv::copyMakeBorder(gray, gray, border_y, border_y, border_x, border_x, cv::BORDER_REPLICATE);
  const double scale = std::min(kThoroughEnlargement,
                                std::sqrt(kThoroughPixels / static_cast<double>(gray.total())));
  cv::resize(gray, gray, cv::Size(), scale, scale, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  std::vector<DetectedFace> faces = detector_.Detect(gray, kThoroughThreshold);
  Enlarge(faces, scale);
  for (DetectedFace& face : faces) face.box -= cv::Point2d(border_x, border_y);
  SortByWidth(faces);
  return faces;
}

}  // namespace entryexit::face
