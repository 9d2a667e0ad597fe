#include "webp.h"

#include <webp/decode.h>

namespace entryexit::face {

cv::Mat DecodeWebp(std::string_view bytes, const ImageHeader& header) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  int width = 0;
  int height = 0;
  if (WebPGetInfo(data, bytes.size(), &width, &height) == 0 ||
      static_cast<uint64_t>(width) != header.width ||
      static_cast<uint64_t>(height) != header.height) {
    return {};
  }
  cv::Mat bgr(height, width, CV_8UC3);
  const size_t size = bgr.total() * bgr.elemSize();
  const auto stride = static_cast<int>(bgr.step);
  if (WebPDecodeBGRInto(data, bytes.size(), bgr.data, size, stride) == nullptr) return {};
  return bgr;
}

}  // namespace entryexit::face
