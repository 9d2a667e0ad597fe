#include "decoder.h"

#include <fmt/format.h>

#include <utility>

#include "entryexit/core/reason.h"
#include "image_header.h"
#include "jpeg.h"
#include "png.h"
#include "webp.h"

namespace entryexit::face {
namespace {

using core::MakeError;
using core::Reason;

bool Accepted(ImageFormat format, const ImageLimits& limits) {
  switch (format) {
    case ImageFormat::kJpeg:
      return limits.accept_jpeg;
    case ImageFormat::kPng:
      return limits.accept_png;
    case ImageFormat::kWebp:
      return limits.accept_webp;
  }
  return false;
}

// The header of a picture that is within the limits.
absl::StatusOr<ImageHeader> CheckLimits(std::string_view bytes, const ImageLimits& limits) {
  if (bytes.size() > limits.max_image_bytes) {
    return MakeError(Reason::kImageTooLarge,
                     fmt::format("the image has {} bytes; at most {} are accepted", bytes.size(),
                                 limits.max_image_bytes));
  }
  absl::StatusOr<ImageHeader> header = ReadImageHeader(bytes);
  if (!header.ok()) return header;
  if (!Accepted(header->format, limits)) {
    return MakeError(Reason::kImageUnsupportedFormat,
                     "this image format is switched off in the configuration");
  }
  const uint64_t max_pixels = header->held_twice ? limits.max_pixels / 2 : limits.max_pixels;
  // Both sides fit into 32 bits, so the product cannot overflow.
  if (header->width * header->height > max_pixels) {
    return MakeError(Reason::kImageTooManyPixels,
                     fmt::format("the image has {} x {} pixels; at most {} in all are accepted{}",
                                 header->width, header->height, max_pixels,
                                 header->held_twice ? " of a WebP or progressive JPEG" : ""));
  }
  return header;
}

// As stored; empty when it cannot be read. The bytes go to the library of the format that their
// header shows, never to one that guesses: what this library does not know, another might.
cv::Mat Decode(std::string_view bytes, const ImageHeader& header) {
  switch (header.format) {
    case ImageFormat::kJpeg:
      return DecodeJpeg(bytes, header);
    case ImageFormat::kPng:
      return DecodePng(bytes, header);
    case ImageFormat::kWebp:
      return DecodeWebp(bytes, header);
  }
  return {};
}

// The picture upright, of one that was stored with this EXIF orientation.
cv::Mat Turned(cv::Mat picture, int orientation) {
  const bool mirror_x = orientation % 4 == 2 || orientation % 4 == 3;
  const bool mirror_y = orientation % 4 == 3 || orientation % 4 == 0;
  if (orientation >= 5) cv::transpose(picture, picture);
  if (mirror_x) cv::flip(picture, picture, 1);
  if (mirror_y) cv::flip(picture, picture, 0);
  return picture;
}

}  // namespace

absl::StatusOr<cv::Mat> DecodeImage(std::string_view bytes, const ImageLimits& limits) {
  const absl::StatusOr<ImageHeader> header = CheckLimits(bytes, limits);
  if (!header.ok()) return header.status();
  cv::Mat picture = Decode(bytes, *header);
  if (!picture.empty()) return Turned(std::move(picture), header->exif_orientation);
  return MakeError(Reason::kImageCorrupt, "the image's data cannot be decoded");
}

}  // namespace entryexit::face
