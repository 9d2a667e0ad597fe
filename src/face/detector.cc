#include "detector.h"

#include <dlib/image_processing/frontal_face_detector.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "hog.h"
#include "pyramid.h"

namespace entryexit::face {
namespace {

using Pyramid = dlib::pyramid_down<6>;  // as in dlib::frontal_face_detector

DetectedFace ToDetectedFace(const dlib::rect_detection& face) {
  const dlib::rectangle& box = face.rect;
  return {cv::Rect2d(static_cast<double>(box.left()), static_cast<double>(box.top()),
                     static_cast<double>(box.width()), static_cast<double>(box.height())),
          face.detection_confidence};
}

std::array<float, kHogWindow> ToArray(const dlib::matrix<float, 0, 1>& values) {
  std::array<float, kHogWindow> array{};
  std::copy_n(values.begin(), std::min<long>(values.size(), kHogWindow), array.begin());
  return array;
}

HogScanner MakeScanner(const dlib::frontal_face_detector& detector) {
  std::vector<HogFilter> filters;
  std::vector<double> thresholds;
  for (unsigned long i = 0; i < detector.num_detectors(); ++i) {
    const auto& weights = detector.get_processed_w(i);
    thresholds.push_back(weights.w(detector.get_scanner().get_num_dimensions()));
    const auto& bank = weights.get_detect_argument();
    for (size_t plane = 0; plane < bank.row_filters.size(); ++plane) {
      for (size_t term = 0; term < bank.row_filters[plane].size(); ++term) {
        filters.push_back({.detector = static_cast<int>(i),
                           .plane = static_cast<int>(plane),
                           .down = ToArray(bank.col_filters[plane][term]),
                           .across = ToArray(bank.row_filters[plane][term])});
      }
    }
  }
  return {std::move(filters), std::move(thresholds)};
}

// The window of `hit`, px of the level.
dlib::rectangle BoxOf(const HogHit& hit) {
  const dlib::point first(hit.column, hit.row);
  return dlib::fhog_to_image(
      dlib::rectangle(first, first + dlib::point(kHogWindow - 1, kHogWindow - 1)), kHogCellPx,
      kHogWindow, kHogWindow);
}

}  // namespace

// dlib's own search starts with the finest level, where it spends most of its time, and goes over
// all of them. This one goes over the same pictures with the same filters, but is told which.
struct FaceDetector::Impl {
  // How many pictures dlib's pyramid has.
  int LevelsOf(const cv::Mat& gray) const {
    const auto& dlib_scanner = detector.get_scanner();
    const Pyramid step;
    int levels = 0;
    dlib::rectangle level(static_cast<unsigned long>(gray.cols),
                          static_cast<unsigned long>(gray.rows));
    do {
      level = step.rect_down(level);
      ++levels;
    } while (level.width() >= dlib_scanner.get_min_pyramid_layer_width() &&
             level.height() >= dlib_scanner.get_min_pyramid_layer_height());
    return levels;
  }

  const dlib::frontal_face_detector detector = dlib::get_frontal_face_detector();
  HogScanner scanner = MakeScanner(detector);
  std::vector<cv::Mat> pyramid;  // empty where a level is not to be searched
  std::vector<dlib::rect_detection> found;
};

FaceDetector::FaceDetector() : impl_(std::make_unique<Impl>()) {}
FaceDetector::~FaceDetector() = default;

void FaceDetector::Load(const cv::Mat& gray, int finest_level) {
  impl_->found.clear();
  impl_->pyramid.assign(static_cast<size_t>(impl_->LevelsOf(gray)), cv::Mat());
  cv::Mat picture = gray;
  for (int level = 0; level < levels(); ++level) {
    if (level > 0) picture = NextLevel(picture);
    if (level >= finest_level) impl_->pyramid[static_cast<size_t>(level)] = picture;
  }
}

int FaceDetector::levels() const { return static_cast<int>(impl_->pyramid.size()); }

void FaceDetector::Search(int level, double threshold) {
  const Pyramid step;
  const cv::Mat& picture = impl_->pyramid.at(static_cast<size_t>(level));
  const auto& dlib_scanner = impl_->detector.get_scanner();
  for (const HogHit& hit : impl_->scanner.Scan(picture, threshold)) {
    const auto index = static_cast<unsigned long>(hit.detector);
    dlib::rect_detection& face = impl_->found.emplace_back();
    face.detection_confidence =
        hit.sum - impl_->detector.get_processed_w(index).w(dlib_scanner.get_num_dimensions());
    face.rect = step.rect_up(BoxOf(hit), static_cast<unsigned>(level));
  }
}

std::vector<DetectedFace> FaceDetector::Faces() const {
  const dlib::test_box_overlap overlap = impl_->detector.get_overlap_tester();
  std::vector<dlib::rect_detection> found = impl_->found;
  std::ranges::sort(found, std::ranges::greater(), &dlib::rect_detection::detection_confidence);
  std::vector<dlib::rect_detection> distinct;
  for (const dlib::rect_detection& face : found) {
    const bool covered = std::ranges::any_of(distinct, [&](const dlib::rect_detection& surer) {
      return overlap(surer.rect, face.rect);
    });
    if (!covered) distinct.push_back(face);
  }
  std::vector<DetectedFace> faces;
  std::ranges::transform(distinct, std::back_inserter(faces), ToDetectedFace);
  return faces;
}

}  // namespace entryexit::face
