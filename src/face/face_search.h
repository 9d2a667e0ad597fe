#ifndef ENTRYEXIT_SRC_FACE_FACE_SEARCH_H_
#define ENTRYEXIT_SRC_FACE_FACE_SEARCH_H_

#include <functional>
#include <opencv2/core.hpp>
#include <vector>

#include "detector.h"

namespace entryexit::face {

// How many of the finest levels of the detector's pyramid need no search when faces narrower than
// `narrowest_px` do not matter. More are skipped in a picture of very many pixels, which bounds
// what it can cost: that is in none of up to 16:9 whose narrowest face fills a tenth of its height.
// Thread-safe.
int LevelsToSkip(const cv::Size& picture, double narrowest_px);

// Looks for the faces of a picture in grey (8-bit, one channel). Not thread-safe.
class FaceSearch {
 public:
  // Given the faces found so far, widest first: how narrow those are that still matter, in px.
  using NarrowestPx = std::function<double(const std::vector<DetectedFace>&)>;

  // The faces that matter, widest first: looks for the widest ones first, since they cost least,
  // and ends at those that `narrowest_px` says.
  std::vector<DetectedFace> Find(const cv::Mat& gray, const NarrowestPx& narrowest_px);

  // Faces that Find misses: small, reaching past the border, blurred, in the dark or against the
  // light. For telling what is wrong with a capture: about ten times slower. What has a confidence
  // below 0 may be no face, and is left out when there is something surer.
  std::vector<DetectedFace> FindThoroughly(const cv::Mat& gray);

 private:
  FaceDetector detector_;
};

// Leaves out what has a confidence below 0 when there is something surer.
void DropDoubtful(std::vector<DetectedFace>& faces);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_FACE_SEARCH_H_
