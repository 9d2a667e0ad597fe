#include "decoder.h"

#include <fmt/format.h>

#include <opencv2/imgcodecs.hpp>

#include "entryexit/core/reason.h"
#include "image_header.h"

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
  // Both sides fit into 32 bits, so the product cannot overflow.
  if (header->width * header->height > limits.max_pixels) {
    return MakeError(Reason::kImageTooManyPixels,
                     fmt::format("the image has {} x {} pixels; at most {} in all are accepted",
                                 header->width, header->height, limits.max_pixels));
  }
  return header;
}

// Empty when OpenCV cannot read it.
cv::Mat Decode(std::string_view bytes) {
  // imdecode wants a mutable matrix but only reads it.
  const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8UC1,
                        const_cast<char*>(bytes.data()));
  return cv::imdecode(encoded, cv::IMREAD_COLOR);
}

}  // namespace

absl::StatusOr<cv::Mat> DecodeImage(std::string_view bytes, const ImageLimits& limits) {
  const absl::StatusOr<ImageHeader> header = CheckLimits(bytes, limits);
  if (!header.ok()) return header.status();
  try {
    cv::Mat picture =
        header->format == ImageFormat::kPng ? Decode(PictureChunks(bytes)) : Decode(bytes);
    if (!picture.empty()) return picture;
  } catch (const cv::Exception&) {
    // As for an empty result: what OpenCV cannot read is corrupt.
  }
  return MakeError(Reason::kImageCorrupt, "the image's data cannot be decoded");
}

}  // namespace entryexit::face
