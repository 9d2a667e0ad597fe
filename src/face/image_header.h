#ifndef ENTRYEXIT_SRC_FACE_IMAGE_HEADER_H_
#define ENTRYEXIT_SRC_FACE_IMAGE_HEADER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace entryexit::face {

enum class ImageFormat { kJpeg, kPng, kWebp };

struct ImageHeader {
  ImageFormat format;
  uint64_t width;  // px, as stored (before EXIF orientation); above 0
  uint64_t height;
  // The decoder keeps the whole picture in a second form besides its pixels, which takes up to
  // three times their memory: the coefficients of a JPEG in several scans, most kinds of WebP.
  bool held_twice = false;
  int exif_orientation = 1;  // 1..8
};

// Every scan of a progressive JPEG sends the decoder over the whole picture, and an empty one is a
// dozen bytes. Encoders write about ten.
inline constexpr int kMaxJpegScans = 64;

// Reads format and size without decoding a pixel, and checks that the file runs to its end mark:
// lenient decoders would make a half grey picture of a truncated one. Thread-safe.
// Errors: IMAGE_EMPTY, IMAGE_UNSUPPORTED_FORMAT, IMAGE_CORRUPT.
absl::StatusOr<ImageHeader> ReadImageHeader(std::string_view bytes);

// `png` (which ReadImageHeader accepted) with nothing but the chunks without which there is no
// picture: texts and colour profiles are compressed, and a decoder inflates each, so that a small
// file takes gigabytes. Thread-safe.
std::string PictureChunks(std::string_view png);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_IMAGE_HEADER_H_
