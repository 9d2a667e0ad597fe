#include "png.h"

#include <png.h>  // NOLINT(readability-duplicate-include): libpng's, not ours

#include <memory>
#include <opencv2/imgproc.hpp>
#include <string>

namespace entryexit::face {

cv::Mat DecodePng(std::string_view bytes, const ImageHeader& header) {
  const std::string picture_only = PictureChunks(bytes);
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, decltype(&png_image_free)> freed(&png, &png_image_free);
  if (png_image_begin_read_from_memory(&png, picture_only.data(), picture_only.size()) == 0) {
    return {};
  }
  if (png.width != header.width || png.height != header.height) return {};
  // Without this, libpng takes deep pictures for linear light.
  png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  // Asked for no transparency, libpng would lay the picture on a background.
  const bool transparent = (png.format & PNG_FORMAT_FLAG_ALPHA) != 0;
  png.format = transparent ? PNG_FORMAT_BGRA : PNG_FORMAT_BGR;
  cv::Mat pixels(static_cast<int>(png.height), static_cast<int>(png.width),
                 transparent ? CV_8UC4 : CV_8UC3);
  if (png_image_finish_read(&png, nullptr, pixels.data, 0, nullptr) == 0) return {};
  if (transparent) cv::cvtColor(pixels, pixels, cv::COLOR_BGRA2BGR);
  return pixels;
}

}  // namespace entryexit::face
