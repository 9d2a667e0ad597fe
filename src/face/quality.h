#ifndef ENTRYEXIT_SRC_FACE_QUALITY_H_
#define ENTRYEXIT_SRC_FACE_QUALITY_H_

#include <opencv2/core.hpp>
#include <vector>

#include "entryexit/core/face.h"
#include "entryexit/face/engine_config.h"
#include "landmarks.h"
#include "pose.h"

namespace entryexit::face {

// What the limits are held against; units as in QualityLimits.
struct FaceMeasurements {
  double width_px = 0;
  double share_inside = 0;
  double luma = 0;
  double sharpness = 0;
  double eye_contrast = 0;
  Pose pose;
};

// Thread-safe. `box` is the detector's, in the picture `bgr`.
FaceMeasurements Measure(const cv::Mat& bgr, const cv::Rect2d& box, const Landmarks& landmarks);

// One finding for each limit that is missed, in the order of core::QualityIssue. Thread-safe.
std::vector<core::QualityFinding> Judge(const FaceMeasurements& face, const QualityLimits& limits);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_QUALITY_H_
