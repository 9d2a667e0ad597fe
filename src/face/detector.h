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
// 5/6 of the size of the one before: level 0 is the picture itself. Levels can be searched in any
// order; those that are not searched cost little. Not thread-safe.
class FaceDetector {
 public:
  FaceDetector();
  ~FaceDetector();

  // Starts on `gray` (8-bit, one channel), whose levels finer than `finest_level` will not be
  // searched. Refers to its pixels until the next call.
  void Load(const cv::Mat& gray, int finest_level);

  // Of the picture's pyramid.
  int levels() const;

  // Requires: finest_level <= level < levels(); not searched yet. `threshold` 0 is the detector's
  // own; negative finds more, and more that is none.
  void Search(int level, double threshold);

  // What is found in the levels that were searched, surest first: when all were, as by dlib, but
  // for the rounding of confidences.
  std::vector<DetectedFace> Faces() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_DETECTOR_H_
