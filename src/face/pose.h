#ifndef ENTRYEXIT_SRC_FACE_POSE_H_
#define ENTRYEXIT_SRC_FACE_POSE_H_

#include <optional>

#include "landmarks.h"

namespace entryexit::face {

struct Pose {
  double roll = 0;              // degrees; positive: clockwise in the picture
  std::optional<double> yaw;    // degrees; positive: turned to the person's own left
  std::optional<double> pitch;  // degrees; positive: looking up
};

// The pose of a head, good to about 5 degrees. Five landmarks give the roll only. Thread-safe.
// Requires: 68 or 5 landmarks.
Pose PoseOf(const Landmarks& landmarks);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_POSE_H_
