#ifndef ENTRYEXIT_SRC_FACE_ALIGNMENT_H_
#define ENTRYEXIT_SRC_FACE_ALIGNMENT_H_

#include <opencv2/core.hpp>
#include <span>

#include "landmarks.h"

// How a face is cut out of a picture for a network. Crops are 8-bit BGR. All functions are
// thread-safe.
namespace entryexit::face {

// The rotation, uniform scale and translation that takes `from` nearest to `to` (least squares).
// Requires: the same number of points, at least two, in `from` not all in one place.
cv::Matx23d SimilarityBetween(std::span<const cv::Point2d> from, std::span<const cv::Point2d> to);

inline constexpr int kArcface112Px = 112;  // width and height of the crop
inline constexpr int kDlib150Px = 150;

// "arcface-112": 112 x 112, five of the 68 points at fixed places. Requires: 68 landmarks.
cv::Mat CutArcface112(const cv::Mat& bgr, const Landmarks& landmarks);

// "dlib-150": 150 x 150, as dlib's face chips with a padding of 0.25. Requires: 68 or 5 landmarks.
cv::Mat CutDlib150(const cv::Mat& bgr, const Landmarks& landmarks);

// 112 x 112 with the centres of the eyes at kLeftEye and kRightEye (as the picture shows them), for
// judging what must not depend on the face's size. Requires: 68 or 5 landmarks.
inline const cv::Point2d kLeftEye{38.3, 51.6};
inline const cv::Point2d kRightEye{73.5, 51.6};
cv::Mat CutByEyes(const cv::Mat& bgr, const Landmarks& landmarks);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_ALIGNMENT_H_
