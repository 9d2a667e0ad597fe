#ifndef ENTRYEXIT_TESTS_UNIT_FACE_DLIB_DETECTOR_H_
#define ENTRYEXIT_TESTS_UNIT_FACE_DLIB_DETECTOR_H_

#include <opencv2/core.hpp>
#include <vector>

#include "src/face/detector.h"

namespace entryexit::face::testing {

// As FaceDetector::Detect, by dlib's own search over the whole pyramid.
std::vector<DetectedFace> DetectByDlib(const cv::Mat& gray, double threshold);

// As NextLevel, by dlib::pyramid_down<6>.
cv::Mat NextLevelByDlib(const cv::Mat& gray);

}  // namespace entryexit::face::testing

#endif  // ENTRYEXIT_TESTS_UNIT_FACE_DLIB_DETECTOR_H_
