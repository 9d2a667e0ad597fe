#ifndef ENTRYEXIT_TESTS_UNIT_FACE_BY_DLIB_H_
#define ENTRYEXIT_TESTS_UNIT_FACE_BY_DLIB_H_

#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "src/face/detector.h"
#include "src/face/landmarks.h"

namespace entryexit::face::testing {

// As FaceDetector::Detect, by dlib's own search over the whole pyramid.
std::vector<DetectedFace> DetectByDlib(const cv::Mat& gray, double threshold);

// As NextLevel, by dlib::pyramid_down<6>.
cv::Mat NextLevelByDlib(const cv::Mat& gray);

// As LandmarkFinder, by dlib::shape_predictor.
class LandmarksByDlib {
 public:
  explicit LandmarksByDlib(const std::filesystem::path& file);
  ~LandmarksByDlib();

  Landmarks Find(const cv::Mat& bgr, const cv::Rect& box) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

struct ForestSize {
  int points;
  int rounds;
  int trees;  // of a round
  int depth;  // of a tree
};

// A dlib::shape_predictor of random trees, as dlib serializes it. `last_depth` is that of the very
// last tree.
std::string RandomShapePredictor(const ForestSize& size, int last_depth, cv::RNG& random);

}  // namespace entryexit::face::testing

#endif  // ENTRYEXIT_TESTS_UNIT_FACE_BY_DLIB_H_
