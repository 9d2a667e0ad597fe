#include "bench/plain_pipeline.h"

#include <dlib/image_processing/frontal_face_detector.h>
#include <dlib/image_processing/shape_predictor.h>
#include <dlib/opencv/cv_image.h>

#include <algorithm>
#include <chrono>
#include <opencv2/imgcodecs.hpp>
#include <vector>

#include "entryexit/core/matching.h"
#include "src/face/alignment.h"
#include "src/face/files.h"
#include "src/face/landmarks.h"
#include "src/face/network.h"

namespace entryexit::bench {
namespace {

// Runs `step` and sets `stage` to the time it took.
template <typename Step>
auto Timed(std::chrono::nanoseconds& stage, const Step& step) {
  const auto start = std::chrono::steady_clock::now();
  auto result = step();
  stage = std::chrono::steady_clock::now() - start;
  return result;
}

}  // namespace

struct PlainPipeline::Impl {
  dlib::frontal_face_detector detector = dlib::get_frontal_face_detector();
  dlib::shape_predictor landmarks;
  std::unique_ptr<face::EmbeddingNetwork> network;
};

PlainPipeline::PlainPipeline(const std::filesystem::path& weights,
                             const std::filesystem::path& landmarks)
    : impl_(std::make_unique<Impl>()) {
  dlib::deserialize(landmarks.string()) >> impl_->landmarks;
  impl_->network = face::LoadEntryexitResnet(face::ReadFile(weights).value()).value();
}

PlainPipeline::~PlainPipeline() = default;

core::FaceObservation PlainPipeline::Observe(const std::string& image, face::StageTimes& times) {
  times = {};
  const cv::Mat bgr = Timed(times.decode, [&] {
    return cv::imdecode(std::vector<uchar>(image.begin(), image.end()), cv::IMREAD_COLOR);
  });
  core::FaceObservation observation;
  observation.image_width = bgr.cols;
  observation.image_height = bgr.rows;
  const std::vector<dlib::rectangle> faces =
      Timed(times.detect, [&] { return impl_->detector(dlib::cv_image<dlib::bgr_pixel>(bgr)); });
  if (faces.empty()) return observation;
  const dlib::rectangle& widest = *std::ranges::max_element(faces, {}, &dlib::rectangle::width);
  observation.face =
      core::PixelBox{static_cast<int>(widest.left()), static_cast<int>(widest.top()),
                     static_cast<int>(widest.width()), static_cast<int>(widest.height())};
  const face::Landmarks landmarks = Timed(times.landmarks, [&] {
    const dlib::full_object_detection shape =
        impl_->landmarks(dlib::cv_image<dlib::bgr_pixel>(bgr), widest);
    face::Landmarks points;
    for (unsigned long i = 0; i < shape.num_parts(); ++i) {
      points.emplace_back(static_cast<double>(shape.part(i).x()),
                          static_cast<double>(shape.part(i).y()));
    }
    return points;
  });
  const cv::Mat chip = Timed(times.align, [&] { return face::CutArcface112(bgr, landmarks); });
  observation.embedding =
      Timed(times.embed, [&] { return core::Normalised(impl_->network->Embed(chip)); });
  return observation;
}

}  // namespace entryexit::bench
