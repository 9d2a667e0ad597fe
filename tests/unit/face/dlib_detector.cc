#include "tests/unit/face/dlib_detector.h"

#include <dlib/image_processing/frontal_face_detector.h>
#include <dlib/opencv/cv_image.h>

namespace entryexit::face::testing {

std::vector<DetectedFace> DetectByDlib(const cv::Mat& gray, double threshold) {
  static dlib::frontal_face_detector detector = dlib::get_frontal_face_detector();
  std::vector<dlib::rect_detection> found;
  detector(dlib::cv_image<unsigned char>(gray), found, threshold);
  std::vector<DetectedFace> faces;
  for (const dlib::rect_detection& face : found) {
    faces.push_back(
        {cv::Rect2d(static_cast<double>(face.rect.left()), static_cast<double>(face.rect.top()),
                    static_cast<double>(face.rect.width()),
                    static_cast<double>(face.rect.height())),
         face.detection_confidence});
  }
  return faces;
}

cv::Mat NextLevelByDlib(const cv::Mat& gray) {
  dlib::array2d<unsigned char> next;
  const dlib::pyramid_down<6> pyramid;
  pyramid(dlib::cv_image<unsigned char>(gray), next);
  return cv::Mat(static_cast<int>(next.nr()), static_cast<int>(next.nc()), CV_8UC1,
                 dlib::image_data(next), static_cast<size_t>(dlib::width_step(next)))
      .clone();
}

}  // namespace entryexit::face::testing
