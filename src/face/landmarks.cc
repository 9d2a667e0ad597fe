#include "landmarks.h"

#include <fmt/format.h>

#include <exception>

#include "entryexit/core/reason.h"
#include "landmark_forest.h"

namespace entryexit::face {

using core::MakeError;
using core::Reason;

struct LandmarkFinder::Impl {
  LandmarkForest forest;
};

LandmarkFinder::LandmarkFinder(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
LandmarkFinder::~LandmarkFinder() = default;

absl::StatusOr<std::shared_ptr<const LandmarkFinder>> LandmarkFinder::Load(
    const std::filesystem::path& path) {
  auto impl = std::make_unique<Impl>();
  try {
    dlib::deserialize(path.string()) >> impl->forest;
  } catch (const std::exception& error) {
    return MakeError(Reason::kConfigInvalid,
                     fmt::format("{}: no dlib shape predictor can be read from it ({}); the Debian "
                                 "package libdlib-data has one with 68 points",
                                 path.string(), error.what()));
  }
  const size_t points = impl->forest.num_points();
  if (points != 68 && points != 5) {
    return MakeError(Reason::kConfigInvalid,
                     fmt::format("{}: the shape predictor has {} points; 68 or 5 are needed",
                                 path.string(), points));
  }
  return std::shared_ptr<const LandmarkFinder>(new LandmarkFinder(std::move(impl)));
}

Landmarks LandmarkFinder::Find(const cv::Mat& bgr, const cv::Rect& box) const {
  const dlib::rectangle face(box.x, box.y, box.x + box.width - 1, box.y + box.height - 1);
  Landmarks points;
  for (const dlib::point& point : impl_->forest.Find(bgr, face)) {
    points.emplace_back(static_cast<double>(point.x()), static_cast<double>(point.y()));
  }
  return points;
}

size_t LandmarkFinder::num_points() const { return impl_->forest.num_points(); }

}  // namespace entryexit::face
