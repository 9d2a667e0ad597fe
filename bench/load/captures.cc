#include "bench/load/captures.h"

#include <array>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "tests/e2e/world.h"

namespace entryexit::bench {
namespace {

constexpr std::array kFaceShares{0.25, 0.3, 0.4, 0.5, 0.6};

v1::PixelBox FaceIn(v1::LaneService::Stub& lane, const std::string& picture) {
  v1::AssessCaptureRequest request;
  request.set_image(picture);
  const auto assessed = testing::Call(lane, &v1::LaneService::Stub::AssessCapture, request);
  if (!assessed.status.ok() || !assessed.response.has_face()) {
    throw std::runtime_error("no face in a bundled capture: " + assessed.status.error_message());
  }
  return assessed.response.face();
}

std::string Place(v1::LaneService::Stub& lane, const std::string& source, const ImageSize& size,
                  double share) {
  const v1::PixelBox box = FaceIn(lane, source);
  const cv::Mat picture = cv::imdecode(std::vector<uchar>(source.begin(), source.end()), 1);
  // A little more than the share, so that the smallest is not a coin's toss.
  const double scale = 1.05 * share * size.height / box.width();
  const cv::Matx23d place(scale, 0, size.width / 2.0 - scale * (box.left() + box.width() / 2.0), 0,
                          scale, size.height / 2.0 - scale * (box.top() + box.height() / 2.0));
  cv::Mat canvas;
  cv::warpAffine(picture, canvas, place, cv::Size(size.width, size.height), cv::INTER_LINEAR,
                 cv::BORDER_REPLICATE);
  std::vector<uchar> jpeg;
  cv::imencode(".jpg", canvas, jpeg, {cv::IMWRITE_JPEG_QUALITY, 90});
  return {jpeg.begin(), jpeg.end()};
}

}  // namespace

std::vector<Face> MakeFaces(v1::LaneService::Stub& lane, const ImageSize& size, int people) {
  std::vector<Face> faces;
  for (int person = 1; person <= people; ++person) {
    const double share = kFaceShares.at(static_cast<size_t>(person) % kFaceShares.size());
    faces.push_back({Place(lane, testing::FaceImage(person, "arrival_1"), size, share),
                     Place(lane, testing::FaceImage(person, "departure_1"), size, share)});
  }
  return faces;
}

}  // namespace entryexit::bench
