#ifndef ENTRYEXIT_SRC_FACE_GRAY_H_
#define ENTRYEXIT_SRC_FACE_GRAY_H_

#include <opencv2/core.hpp>

namespace entryexit::face {

// The luma of `bgr`. Requires: 8-bit, three channels. Equal to what cv::cvtColor makes, pixel by
// pixel, in half of the time. Thread-safe.
cv::Mat GrayOf(const cv::Mat& bgr);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_GRAY_H_
