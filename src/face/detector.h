#ifndef ENTRYEXIT_SRC_FACE_DETECTOR_H_
#define ENTRYEXIT_SRC_FACE_DETECTOR_H_

#include <memory>
#include <opencv2/core.hpp>
#include <vector>

namespace entryexit::face {

struct DetectedFace {
  cv::Rect2d box;     // px of the picture that was given; may reach past its border
  double confidence;  // above the threshold; higher is surer
};

// dlib's HOG detector of frontal faces. It moves a window of 80 px over a pyramid of pictures, each
// 5/6 of the size of the one before. Not thread-safe.
class FaceDetector {
 public:
  FaceDetector();
  ~FaceDetector();

  // Faces in `gray` (8-bit, one channel), surest first. The `skipped_levels` finest pictures of the
  // pyramid are made but not searched, which takes most of the time: what is found in the others
  // comes out as from the whole pyramid, to the pixel. `threshold` 0 is the detector's own;
  // negative finds more, and more that is none.
  std::vector<DetectedFace> Detect(const cv::Mat& gray, int skipped_levels, double threshold);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_DETECTOR_H_
