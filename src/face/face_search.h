#ifndef ENTRYEXIT_SRC_FACE_FACE_SEARCH_H_
#define ENTRYEXIT_SRC_FACE_FACE_SEARCH_H_

#include <opencv2/core.hpp>
#include <vector>

#include "detector.h"

namespace entryexit::face {

// The factor by which a picture of this height is reduced for the detector so that faces of
// `min_face_share` of the height still fill its window; at most 1. A power of 5/6, the step of the
// detector's own pyramid: the search then sees the levels that it would have reached on the whole
// picture, only not the finest, and finds the same boxes. Thread-safe.
double DetectionScale(int height, double min_face_share);

// `bgr` in grey, reduced by `scale` (at most 1) without aliasing. Thread-safe.
cv::Mat ReducedGray(const cv::Mat& bgr, double scale);

// Looks for the faces of a picture. Not thread-safe.
class FaceSearch {
 public:
  explicit FaceSearch(double min_face_share) : min_face_share_(min_face_share) {}

  // Faces that fill at least the configured share of the height, px of `bgr`, widest first. Fast.
  std::vector<DetectedFace> Find(const cv::Mat& bgr);

  // Faces that Find misses: small, reaching past the border, blurred. For telling what is wrong
  // with a capture: about ten times slower, and what has a confidence below 0 may be no face.
  std::vector<DetectedFace> FindThoroughly(const cv::Mat& bgr);

 private:
  double min_face_share_;
  FaceDetector detector_;
};

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_FACE_SEARCH_H_
