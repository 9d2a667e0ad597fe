// Captures: the header that limits are judged by, the decoder behind it, and the pyramid of a
// picture of whatever size it then has.
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <opencv2/core.hpp>
#include <string>

#include "src/face/decoder.h"
#include "src/face/gray.h"
#include "src/face/image_header.h"
#include "src/face/pyramid.h"
#include "tests/fuzz/require.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace entryexit::fuzz {
namespace {

constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1A\n";
constexpr std::size_t kChunkOverhead = 12;  // length, type, checksum

std::uint32_t BigEndian(const std::uint8_t* at) {
  return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 |
         at[3];
}

// Makes the checksums of a PNG's chunks right, without which a decoder looks at none of them.
void MendChecksums(std::uint8_t* data, std::size_t size) {
  if (!TextOf(data, size).starts_with(kPngSignature)) return;
  for (std::size_t at = kPngSignature.size(); at + kChunkOverhead <= size;) {
    const std::size_t length = BigEndian(data + at);
    if (length > size - at - kChunkOverhead) return;
    const auto sum =
        static_cast<std::uint32_t>(crc32(0, data + at + 4, static_cast<uInt>(length + 4)));
    for (std::size_t i = 0; i < 4; ++i) {
      data[at + 8 + length + i] = static_cast<std::uint8_t>(sum >> (24 - 8 * i));
    }
    at += kChunkOverhead + length;
  }
}

// Small, so that many pictures a second are decoded.
face::ImageLimits Limits() {
  face::ImageLimits limits;
  limits.max_image_bytes = 64 << 10;
  limits.max_pixels = 256 << 10;
  return limits;
}

void CheckPicture(const cv::Mat& picture, std::string_view bytes) {
  const auto header = face::ReadImageHeader(bytes);
  Require(header.ok(), "what is decoded has a header");
  Require(picture.type() == CV_8UC3, "a picture has three channels of 8 bits");
  const auto width = static_cast<std::uint64_t>(picture.cols);
  const auto height = static_cast<std::uint64_t>(picture.rows);
  // The limits were judged by the header. EXIF may lay the picture on its side.
  Require((width == header->width && height == header->height) ||
              (width == header->height && height == header->width),
          "a picture has the size that its header says");
}

void BuildPyramid(const cv::Mat& picture) {
  cv::Mat level = face::GrayOf(picture);
  while (level.cols >= 16 && level.rows >= 2) level = face::NextLevel(level);
}

}  // namespace
}  // namespace entryexit::fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned int seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  // Some with wrong ones, too.
  if (seed % 8 != 0) entryexit::fuzz::MendChecksums(data, size);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = entryexit::fuzz::TextOf(data, size);
  const auto picture = entryexit::face::DecodeImage(bytes, entryexit::fuzz::Limits());
  entryexit::fuzz::RequireReason(picture.status());
  if (picture.ok()) {
    entryexit::fuzz::CheckPicture(*picture, bytes);
    entryexit::fuzz::BuildPyramid(*picture);
  }
  return 0;
}
