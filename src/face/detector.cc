#include "detector.h"

#include <dlib/image_processing/frontal_face_detector.h>
#include <dlib/opencv/cv_image.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "pyramid.h"

namespace entryexit::face {
namespace {

using Pyramid = dlib::pyramid_down<6>;  // as in dlib::frontal_face_detector
using Scanner = dlib::frontal_face_detector::image_scanner_type;
using GrayImage = dlib::cv_image<unsigned char>;

DetectedFace ToDetectedFace(const dlib::rect_detection& face) {
  const dlib::rectangle& box = face.rect;
  return {cv::Rect2d(static_cast<double>(box.left()), static_cast<double>(box.top()),
                     static_cast<double>(box.width()), static_cast<double>(box.height())),
          face.detection_confidence};
}

}  // namespace

// dlib's own search over all levels starts with the finest, where it spends most of its time. This
// one goes over the same pictures with the same filters, but is told where to start.
struct FaceDetector::Impl {
  Impl() {
    scanner.copy_configuration(detector.get_scanner());
    scanner.set_max_pyramid_levels(1);
  }

  // How many pictures dlib's pyramid has.
  int LevelsOf(const cv::Mat& gray) const {
    const Pyramid pyramid;
    int levels = 0;
    dlib::rectangle level(static_cast<unsigned long>(gray.cols),
                          static_cast<unsigned long>(gray.rows));
    do {
      level = pyramid.rect_down(level);
      ++levels;
    } while (level.width() >= scanner.get_min_pyramid_layer_width() &&
             level.height() >= scanner.get_min_pyramid_layer_height());
    return levels;
  }

  // Appends what is in `gray`, the picture of this level, in px of the finest one.
  void Search(const cv::Mat& gray, int level, double threshold,
              std::vector<dlib::rect_detection>& found) {
    const Pyramid pyramid;
    scanner.load(GrayImage(gray));
    for (unsigned long i = 0; i < detector.num_detectors(); ++i) {
      const auto& weights = detector.get_processed_w(i);
      const double own_threshold = weights.w(scanner.get_num_dimensions());
      std::vector<std::pair<double, dlib::rectangle>> faces;
      scanner.detect(weights.get_detect_argument(), faces, own_threshold + threshold);
      for (const auto& [value, box] : faces) {
        dlib::rect_detection& face = found.emplace_back();
        face.detection_confidence = value - own_threshold;
        face.rect = pyramid.rect_up(box, static_cast<unsigned>(level));
      }
    }
  }

  // Those that no surer one covers, surest first.
  std::vector<DetectedFace> Distinct(std::vector<dlib::rect_detection> found) const {
    const dlib::test_box_overlap overlap = detector.get_overlap_tester();
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

  const dlib::frontal_face_detector detector = dlib::get_frontal_face_detector();
  Scanner scanner;  // for one level
};

FaceDetector::FaceDetector() : impl_(std::make_unique<Impl>()) {}
FaceDetector::~FaceDetector() = default;

std::vector<DetectedFace> FaceDetector::Detect(const cv::Mat& gray, int skipped_levels,
                                               double threshold) {
  std::vector<dlib::rect_detection> found;
  const int levels = impl_->LevelsOf(gray);
  cv::Mat picture = gray;
  for (int level = 0; level < levels; ++level) {
    if (level > 0) picture = NextLevel(picture);
    if (level >= skipped_levels) impl_->Search(picture, level, threshold, found);
  }
  return impl_->Distinct(std::move(found));
}

}  // namespace entryexit::face
