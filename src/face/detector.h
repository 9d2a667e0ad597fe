#ifndef ENTRYEXIT_SRC_FACE_DETECTOR_H_
#define ENTRYEXIT_SRC_FACE_DETECTOR_H_

#include <memory>
#include <opencv2/core.hpp>
#include <vector>

namespace entryexit::face {

struct DetectedFace {
  cv::Rect2d box;     // px of the picture that was searched; may reach past its border
  double confidence;  // above the threshold; higher is surer
};

// dlib's HOG detector of frontal faces. Its window is 80 px wide: smaller faces are not found. Not
// thread-safe.
class FaceDetector {
 public:
  FaceDetector();
  ~FaceDetector();

  // Faces in `gray` (8-bit, one channel), surest first. `threshold` 0 is the detector's own;
  // negative finds more, and more that is none.
  std::vector<DetectedFace> Detect(const cv::Mat& gray, double threshold);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_DETECTOR_H_
