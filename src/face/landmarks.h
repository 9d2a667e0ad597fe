#ifndef ENTRYEXIT_SRC_FACE_LANDMARKS_H_
#define ENTRYEXIT_SRC_FACE_LANDMARKS_H_

#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>
#include <vector>

#include "absl/status/statusor.h"

namespace entryexit::face {

// 68 or 5 points, px of the picture, in dlib's order.
using Landmarks = std::vector<cv::Point2d>;

// A dlib shape predictor. Thread-safe; one (70 MB) serves all workers.
class LandmarkFinder {
 public:
  // Errors: CONFIG_INVALID when the file is missing, is no shape predictor, or has neither 68 nor
  // 5 points.
  static absl::StatusOr<std::shared_ptr<const LandmarkFinder>> Load(
      const std::filesystem::path& path);
  ~LandmarkFinder();

  // Places the landmarks of the face in `box`, which the detector found in `bgr`.
  Landmarks Find(const cv::Mat& bgr, const cv::Rect& box) const;

  size_t num_points() const;

 private:
  struct Impl;
  explicit LandmarkFinder(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_LANDMARKS_H_
