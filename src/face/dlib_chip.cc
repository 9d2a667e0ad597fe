#include <dlib/image_processing/full_object_detection.h>
#include <dlib/image_transforms/interpolation.h>
#include <dlib/opencv/cv_image.h>

#include <opencv2/imgproc.hpp>

#include "alignment.h"

namespace entryexit::face {

cv::Mat CutDlib150(const cv::Mat& bgr, const Landmarks& landmarks) {
  std::vector<dlib::point> parts;
  parts.reserve(landmarks.size());
  for (const cv::Point2d& point : landmarks) parts.emplace_back(dlib::dpoint(point.x, point.y));
  const dlib::chip_details details = dlib::get_face_chip_details(
      dlib::full_object_detection(dlib::rectangle(), parts), kDlib150Px, 0.25);
  cv::Mat crop(kDlib150Px, kDlib150Px, CV_8UC3);
  dlib::cv_image<dlib::bgr_pixel> picture(bgr);
  dlib::array2d<dlib::bgr_pixel> chip;
  dlib::extract_image_chip(picture, details, chip);
  for (long row = 0; row < chip.nr(); ++row) {
    for (long column = 0; column < chip.nc(); ++column) {
      const dlib::bgr_pixel& pixel = chip[row][column];
      crop.at<cv::Vec3b>(static_cast<int>(row), static_cast<int>(column)) = {
          pixel.blue, pixel.green, pixel.red};
    }
  }
  return crop;
}

}  // namespace entryexit::face
