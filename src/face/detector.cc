#include "detector.h"

#include <dlib/image_processing/frontal_face_detector.h>
#include <dlib/opencv/cv_image.h>

namespace entryexit::face {

struct FaceDetector::Impl {
  dlib::frontal_face_detector detector = dlib::get_frontal_face_detector();
};

FaceDetector::FaceDetector() : impl_(std::make_unique<Impl>()) {}
FaceDetector::~FaceDetector() = default;

std::vector<DetectedFace> FaceDetector::Detect(const cv::Mat& gray, double threshold) {
  std::vector<dlib::rect_detection> found;
  impl_->detector(dlib::cv_image<unsigned char>(gray), found, threshold);
  std::vector<DetectedFace> faces;
  faces.reserve(found.size());
  for (const dlib::rect_detection& face : found) {
    const dlib::rectangle& box = face.rect;
    faces.push_back(
        {cv::Rect2d(static_cast<double>(box.left()), static_cast<double>(box.top()),
                    static_cast<double>(box.width()), static_cast<double>(box.height())),
         face.detection_confidence});
  }
  return faces;
}

}  // namespace entryexit::face
