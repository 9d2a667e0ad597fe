#include "landmarks.h"

#include <dlib/image_processing/shape_predictor.h>
#include <dlib/opencv/cv_image.h>
#include <fmt/format.h>

#include <exception>

#include "entryexit/core/reason.h"

namespace entryexit::face {

using core::MakeError;
using core::Reason;

struct LandmarkFinder::Impl {
  dlib::shape_predictor predictor;
};

LandmarkFinder::LandmarkFinder(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
LandmarkFinder::~LandmarkFinder() = default;

absl::StatusOr<std::shared_ptr<const LandmarkFinder>> LandmarkFinder::Load(
    const std::filesystem::path& path) {
  auto impl = std::make_unique<Impl>();
  try {
    dlib::deserialize(path.string()) >> impl->predictor;
  } catch (const std::exception& error) {
    return MakeError(Reason::kConfigInvalid,
                     fmt::format("{}: no dlib shape predictor can be read from it ({}); the Debian "
                                 "package libdlib-data has one with 68 points",
                                 path.string(), error.what()));
  }
  const size_t points = impl->predictor.num_parts();
  if (points != 68 && points != 5) {
    return MakeError(Reason::kConfigInvalid,
                     fmt::format("{}: the shape predictor has {} points; 68 or 5 are needed",
                                 path.string(), points));
  }
  return std::shared_ptr<const LandmarkFinder>(new LandmarkFinder(std::move(impl)));
}

Landmarks LandmarkFinder::Find(const cv::Mat& bgr, const cv::Rect& box) const {
  const dlib::rectangle face(box.x, box.y, box.x + box.width - 1, box.y + box.height - 1);
  const dlib::full_object_detection shape =
      impl_->predictor(dlib::cv_image<dlib::bgr_pixel>(bgr), face);
  Landmarks points(shape.num_parts());
  for (size_t i = 0; i < points.size(); ++i) {
    const dlib::point& part = shape.part(i);
    points[i] = {static_cast<double>(part.x()), static_cast<double>(part.y())};
  }
  return points;
}

size_t LandmarkFinder::num_points() const { return impl_->predictor.num_parts(); }

}  // namespace entryexit::face
