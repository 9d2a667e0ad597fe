#include "image_header.h"

#include <string>

#include "entryexit/core/reason.h"

namespace entryexit::face {
namespace {

using core::MakeError;
using core::Reason;

absl::Status Corrupt(const std::string& what) { return MakeError(Reason::kImageCorrupt, what); }

uint64_t ByteAt(std::string_view bytes, size_t at) { return static_cast<uint8_t>(bytes[at]); }

// Requires: at + count <= bytes.size().
uint64_t BigEndian(std::string_view bytes, size_t at, int count) {
  uint64_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | ByteAt(bytes, at + static_cast<size_t>(i));
  return value;
}

uint64_t LittleEndian(std::string_view bytes, size_t at, int count) {
  uint64_t value = 0;
  for (int i = count - 1; i >= 0; --i) {
    value = value << 8 | ByteAt(bytes, at + static_cast<size_t>(i));
  }
  return value;
}

absl::StatusOr<ImageHeader> WithSize(ImageFormat format, uint64_t width, uint64_t height) {
  if (width == 0 || height == 0) return Corrupt("the picture's width or height is 0");
  return ImageHeader{format, width, height};
}

// SOF0..SOF15 without DHT, JPG and DAC, which share the range.
bool IsStartOfFrame(uint64_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

// The position of the next marker's code within entropy-coded data, in which FF 00 is a stuffed
// byte and FF D0..D7 are restarts; npos when the file ends first.
size_t SkipEntropyCodedData(std::string_view bytes, size_t at) {
  for (at = bytes.find('\xFF', at); at != bytes.npos && at + 1 < bytes.size();
       at = bytes.find('\xFF', at + 1)) {
    const uint64_t code = ByteAt(bytes, at + 1);
    if (code != 0x00 && code != 0xFF && !(code >= 0xD0 && code <= 0xD7)) return at + 1;
  }
  return bytes.npos;
}

// Every scan of a progressive JPEG sends the decoder over the whole picture, and an empty one is a
// dozen bytes. Encoders write about ten.
constexpr int kMaxJpegScans = 64;

absl::StatusOr<ImageHeader> ReadJpeg(std::string_view bytes) {
  constexpr uint64_t kEndOfImage = 0xD9;
  constexpr uint64_t kStartOfScan = 0xDA;
  const absl::Status truncated = Corrupt("the JPEG stops before its end mark");
  uint64_t width = 0;
  uint64_t height = 0;
  int scans = 0;
  size_t at = 2;
  while (true) {
    while (at < bytes.size() && ByteAt(bytes, at) == 0xFF) ++at;
    if (at >= bytes.size()) return truncated;
    const uint64_t marker = ByteAt(bytes, at++);
    if (marker == kEndOfImage) break;
    if (at + 2 > bytes.size()) return truncated;
    const uint64_t length = BigEndian(bytes, at, 2);
    if (length < 2) return Corrupt("a JPEG segment is shorter than its own length field");
    if (length > bytes.size() - at) return truncated;
    if (IsStartOfFrame(marker)) {
      if (length < 8) return Corrupt("the JPEG frame header is too short");
      // The decoder goes by the first one, so a second could only hide its size from us.
      if (width != 0) return Corrupt("the JPEG has two frame headers");
      height = BigEndian(bytes, at + 3, 2);
      width = BigEndian(bytes, at + 5, 2);
    }
    at += length;
    if (marker == kStartOfScan) {
      if (++scans > kMaxJpegScans) return Corrupt("the JPEG has more scans than any encoder makes");
      at = SkipEntropyCodedData(bytes, at);
      if (at == bytes.npos) return truncated;
    } else if (at < bytes.size() && ByteAt(bytes, at) != 0xFF) {
      return Corrupt("a JPEG segment does not end where it says");
    }
  }
  return WithSize(ImageFormat::kJpeg, width, height);
}

constexpr size_t kPngSignature = 8;
constexpr size_t kPngChunkOverhead = 12;  // length, type, checksum

// Requires: a chunk starts at `at`.
std::string_view PngChunkType(std::string_view bytes, size_t at) { return bytes.substr(at + 4, 4); }

absl::StatusOr<ImageHeader> ReadPng(std::string_view bytes) {
  const absl::Status truncated = Corrupt("the PNG stops before its end mark");
  if (bytes.size() < kPngSignature + kPngChunkOverhead + 13) return truncated;
  if (PngChunkType(bytes, kPngSignature) != "IHDR") return Corrupt("the PNG has no header chunk");
  const uint64_t width = BigEndian(bytes, 16, 4);
  const uint64_t height = BigEndian(bytes, 20, 4);
  for (size_t at = kPngSignature; at + kPngChunkOverhead <= bytes.size();) {
    const uint64_t length = BigEndian(bytes, at, 4);
    if (length > bytes.size() - at - kPngChunkOverhead) return truncated;
    if (PngChunkType(bytes, at) == "IEND") return WithSize(ImageFormat::kPng, width, height);
    at += kPngChunkOverhead + length;
  }
  return truncated;
}

absl::StatusOr<ImageHeader> ReadWebp(std::string_view bytes) {
  constexpr size_t kPayload = 20;  // after "RIFF", size, "WEBP", first chunk's type and size
  if (bytes.size() < kPayload + 10 || LittleEndian(bytes, 4, 4) + 8 > bytes.size()) {
    return Corrupt("the WebP file is shorter than it says");
  }
  const std::string_view type = bytes.substr(12, 4);
  if (type == "VP8 ") {
    return WithSize(ImageFormat::kWebp, LittleEndian(bytes, kPayload + 6, 2) & 0x3FFF,
                    LittleEndian(bytes, kPayload + 8, 2) & 0x3FFF);
  }
  if (type == "VP8L") {
    const uint64_t bits = LittleEndian(bytes, kPayload + 1, 4);
    return WithSize(ImageFormat::kWebp, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1);
  }
  if (type == "VP8X") {
    return WithSize(ImageFormat::kWebp, LittleEndian(bytes, kPayload + 4, 3) + 1,
                    LittleEndian(bytes, kPayload + 7, 3) + 1);
  }
  return Corrupt("the WebP file starts with a chunk that is no picture");
}

}  // namespace

absl::StatusOr<ImageHeader> ReadImageHeader(std::string_view bytes) {
  if (bytes.empty()) return MakeError(Reason::kImageEmpty, "the image has 0 bytes");
  if (bytes.starts_with("\xFF\xD8\xFF")) return ReadJpeg(bytes);
  if (bytes.starts_with("\x89PNG\r\n\x1A\n")) return ReadPng(bytes);
  if (bytes.starts_with("RIFF") && bytes.find("WEBP") == 8) return ReadWebp(bytes);
  return MakeError(Reason::kImageUnsupportedFormat,
                   "the bytes are neither a JPEG nor a PNG nor a WebP file");
}

std::string PictureChunks(std::string_view png) {
  std::string kept(png.substr(0, kPngSignature));
  std::string_view type;
  for (size_t at = kPngSignature; type != "IEND";) {
    const size_t size = kPngChunkOverhead + BigEndian(png, at, 4);
    type = PngChunkType(png, at);
    const bool critical = type[0] >= 'A' && type[0] <= 'Z';
    if (critical || type == "tRNS" || type == "eXIf") kept += png.substr(at, size);
    at += size;
  }
  return kept;
}

}  // namespace entryexit::face
