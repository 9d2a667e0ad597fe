#include "face_search.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <opencv2/imgproc.hpp>

namespace entryexit::face {
namespace {

constexpr double kDetectorWindowPx = 80;
constexpr double kPyramidStep = 5.0 / 6.0;

// Neither search looks at more pixels than this: a capture of 1920 x 1080 has fewer.
constexpr double kMostPixels = 2.3e6;

// The thorough search enlarges up to twice, a border of a fifth on each side included.
constexpr double kThoroughEnlargement = 2;
constexpr double kThoroughBorder = 0.2;
constexpr double kThoroughThreshold = -0.3;

// In each of 8 x 8 parts of the picture the greys are spread over all there are, but noise and
// plain walls no further than the limit lets them.
constexpr double kContrastLimit = 2;
const cv::Size kContrastParts(8, 8);

// Boxes of the resized picture in px of the original. A pixel's centre is half a pixel from its
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

int LevelsToSkip(const cv::Size& picture, double narrowest_px) {
  const double pixels = static_cast<double>(picture.width) * picture.height;
  int levels = 0;
  double scale = 1;
  while (scale * kPyramidStep * narrowest_px >= kDetectorWindowPx ||
         scale * scale * pixels > kMostPixels) {
    scale *= kPyramidStep;
    ++levels;
  }
  return levels;
}

std::vector<DetectedFace> FaceSearch::Find(const cv::Mat& gray, const NarrowestPx& narrowest_px) {
  detector_.Load(gray, LevelsToSkip(gray.size(), kDetectorWindowPx));
  std::vector<DetectedFace> faces;
  for (int level = detector_.levels() - 1; level >= LevelsToSkip(gray.size(), narrowest_px(faces));
       --level) {
    detector_.Search(level, 0);
    faces = detector_.Faces();
    SortByWidth(faces);
  }
  return faces;
}

std::vector<DetectedFace> FaceSearch::FindThoroughly(const cv::Mat& gray) {
  constexpr double kBorders = 1 + 2 * kThoroughBorder;
  const double scale =
      std::min(kThoroughEnlargement,
               std::sqrt(kMostPixels / (kBorders * kBorders * static_cast<double>(gray.total()))));
  // The border comes last: around a whole picture of the greatest size it would cost as much again.
  cv::Mat resized;
  cv::resize(gray, resized, cv::Size(), scale, scale,
             scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  cv::createCLAHE(kContrastLimit, kContrastParts)->apply(resized, resized);
  const int border_x = static_cast<int>(resized.cols * kThoroughBorder);
  const int border_y = static_cast<int>(resized.rows * kThoroughBorder);
  cv::copyMakeBorder(resized, resized, border_y, border_y, border_x, border_x,
                     cv::BORDER_REPLICATE);
  detector_.Load(resized, 0);
  for (int level = 0; level < detector_.levels(); ++level) {
    detector_.Search(level, kThoroughThreshold);
  }
  std::vector<DetectedFace> faces = detector_.Faces();
  DropDoubtful(faces);
  for (DetectedFace& face : faces) face.box -= cv::Point2d(border_x, border_y);
  Enlarge(faces, scale);
  SortByWidth(faces);
  return faces;
}

void DropDoubtful(std::vector<DetectedFace>& faces) {
  const auto sure = [](const DetectedFace& face) { return face.confidence >= 0; };
  if (std::ranges::any_of(faces, sure)) std::erase_if(faces, std::not_fn(sure));
}

}  // namespace entryexit::face
