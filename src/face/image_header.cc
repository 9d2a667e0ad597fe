#include "image_header.h"

#include <algorithm>
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

absl::StatusOr<ImageHeader> Checked(const ImageHeader& header) {
  if (header.width == 0 || header.height == 0) {
    return Corrupt("the picture's width or height is 0");
  }
  return header;
}

constexpr std::string_view kExifMark("Exif\0\0", 6);

// The orientation that a TIFF structure, as EXIF is one, states in its first directory; else 1.
int TiffOrientation(std::string_view tiff) {
  constexpr size_t kEntry = 12;
  constexpr uint64_t kOrientation = 0x0112;
  if (tiff.size() < 8) return 1;
  const auto number = tiff[0] == 'M' ? BigEndian : LittleEndian;
  const size_t directory = number(tiff, 4, 4);
  if (directory + 2 > tiff.size()) return 1;
  const size_t end = std::min(tiff.size(), directory + 2 + kEntry * number(tiff, directory, 2));
  for (size_t at = directory + 2; at + kEntry <= end; at += kEntry) {
    if (number(tiff, at, 2) != kOrientation) continue;
    const uint64_t value = number(tiff, at + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

// SOF0..SOF15 without DHT, JPG and DAC, which share the range.
bool IsStartOfFrame(uint64_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

bool IsProgressive(uint64_t start_of_frame) {
  return start_of_frame == 0xC2 || start_of_frame == 0xCA;
}

// Markers without a segment. Restarts stand within entropy-coded data and a start of the picture at
// the file's: elsewhere, decoders skip them and take what follows for a segment, where we would
// take a length, and would look at another file than they do.
bool StandsAlone(uint64_t marker) { return marker <= 0x01 || (marker >= 0xD0 && marker <= 0xD8); }

// The position of the next marker's code within entropy-coded data, in which FF 00 is a stuffed
// byte and FF D0..D7 are restarts; npos when the file ends first.
size_t SkipEntropyCodedData(std::string_view bytes, size_t at) {
  for (at = bytes.find('\xFF', at); at != std::string_view::npos && at + 1 < bytes.size();
       at = bytes.find('\xFF', at + 1)) {
    const uint64_t code = ByteAt(bytes, at + 1);
    if (code != 0x00 && code != 0xFF && !(code >= 0xD0 && code <= 0xD7)) return at + 1;
  }
  return std::string_view::npos;
}

// What the segments of a JPEG say. A segment starts with its length field.
struct JpegSegments {
  absl::Status AddFrame(uint64_t marker, std::string_view segment) {
    if (segment.size() < 8) return Corrupt("the JPEG frame header is too short");
    // The decoder goes by the first one, so a second could only hide its size from us.
    if (header.width != 0) return Corrupt("the JPEG has two frame headers");
    header.height = BigEndian(segment, 3, 2);
    header.width = BigEndian(segment, 5, 2);
    components = ByteAt(segment, 7);
    header.held_twice = IsProgressive(marker);
    return absl::OkStatus();
  }

  absl::Status AddScan(std::string_view segment) {
    if (segment.size() < 3) return Corrupt("the JPEG scan header is too short");
    if (ByteAt(segment, 2) < components) header.held_twice = true;
    if (++scans > kMaxJpegScans) return Corrupt("the JPEG has more scans than any encoder makes");
    return absl::OkStatus();
  }

  void AddApplicationData(std::string_view segment) {
    const std::string_view exif = segment.substr(2);
    if (has_exif || !exif.starts_with(kExifMark)) return;
    has_exif = true;
    header.exif_orientation = TiffOrientation(exif.substr(kExifMark.size()));
  }

  ImageHeader header{.format = ImageFormat::kJpeg, .width = 0, .height = 0};
  uint64_t components = 0;
  int scans = 0;
  bool has_exif = false;
};

absl::StatusOr<ImageHeader> ReadJpeg(std::string_view bytes) {
  constexpr uint64_t kEndOfImage = 0xD9;
  constexpr uint64_t kStartOfScan = 0xDA;
  constexpr uint64_t kApplicationData1 = 0xE1;
  const absl::Status truncated = Corrupt("the JPEG stops before its end mark");
  JpegSegments segments;
  size_t at = 2;
  while (true) {
    while (at < bytes.size() && ByteAt(bytes, at) == 0xFF) ++at;
    if (at >= bytes.size()) return truncated;
    const uint64_t marker = ByteAt(bytes, at++);
    if (marker == kEndOfImage) return Checked(segments.header);
    if (StandsAlone(marker)) return Corrupt("a JPEG marker stands where none may");
    if (at + 2 > bytes.size()) return truncated;
    const uint64_t length = BigEndian(bytes, at, 2);
    if (length < 2) return Corrupt("a JPEG segment is shorter than its own length field");
    if (length > bytes.size() - at) return truncated;
    const std::string_view segment = bytes.substr(at, length);
    at += length;
    absl::Status status;
    if (IsStartOfFrame(marker)) status = segments.AddFrame(marker, segment);
    if (marker == kStartOfScan) status = segments.AddScan(segment);
    if (marker == kApplicationData1) segments.AddApplicationData(segment);
    if (!status.ok()) return status;
    if (marker == kStartOfScan) {
      at = SkipEntropyCodedData(bytes, at);
      if (at == std::string_view::npos) return truncated;
    } else if (at < bytes.size() && ByteAt(bytes, at) != 0xFF) {
      return Corrupt("a JPEG segment does not end where it says");
    }
  }
}

constexpr size_t kPngSignature = 8;
constexpr size_t kPngChunkOverhead = 12;  // length, type, checksum

// Requires: a chunk starts at `at`.
std::string_view PngChunkType(std::string_view bytes, size_t at) { return bytes.substr(at + 4, 4); }

absl::StatusOr<ImageHeader> ReadPng(std::string_view bytes) {
  const absl::Status truncated = Corrupt("the PNG stops before its end mark");
  if (bytes.size() < kPngSignature + kPngChunkOverhead + 13) return truncated;
  if (PngChunkType(bytes, kPngSignature) != "IHDR") return Corrupt("the PNG has no header chunk");
  ImageHeader header{.format = ImageFormat::kPng,
                     .width = BigEndian(bytes, 16, 4),
                     .height = BigEndian(bytes, 20, 4)};
  for (size_t at = kPngSignature; at + kPngChunkOverhead <= bytes.size();) {
    const uint64_t length = BigEndian(bytes, at, 4);
    if (length > bytes.size() - at - kPngChunkOverhead) return truncated;
    const std::string_view type = PngChunkType(bytes, at);
    if (type == "IEND") return Checked(header);
    if (type == "eXIf") header.exif_orientation = TiffOrientation(bytes.substr(at + 8, length));
    at += kPngChunkOverhead + length;
  }
  return truncated;
}

constexpr size_t kWebpChunks = 12;      // after "RIFF", size, "WEBP"
constexpr size_t kWebpChunkHeader = 8;  // type, size

int WebpOrientation(std::string_view bytes) {
  for (size_t at = kWebpChunks; at + kWebpChunkHeader <= bytes.size();) {
    const size_t size = LittleEndian(bytes, at + 4, 4);
    if (bytes.substr(at, 4) == "EXIF") {
      std::string_view exif = bytes.substr(at + kWebpChunkHeader, size);
      // Not part of WebP's EXIF, but some writers keep it from the JPEG's.
      if (exif.starts_with(kExifMark)) exif.remove_prefix(kExifMark.size());
      return TiffOrientation(exif);
    }
    at += kWebpChunkHeader + size + size % 2;
  }
  return 1;
}

absl::StatusOr<ImageHeader> ReadWebp(std::string_view bytes) {
  constexpr size_t kPayload = kWebpChunks + kWebpChunkHeader;
  if (bytes.size() < kPayload + 10 || LittleEndian(bytes, 4, 4) + 8 > bytes.size()) {
    return Corrupt("the WebP file is shorter than it says");
  }
  ImageHeader header{.format = ImageFormat::kWebp, .width = 0, .height = 0, .held_twice = true};
  const std::string_view type = bytes.substr(kWebpChunks, 4);
  if (type == "VP8 ") {
    header.width = LittleEndian(bytes, kPayload + 6, 2) & 0x3FFF;
    header.height = LittleEndian(bytes, kPayload + 8, 2) & 0x3FFF;
  } else if (type == "VP8L") {
    const uint64_t bits = LittleEndian(bytes, kPayload + 1, 4);
    header.width = (bits & 0x3FFF) + 1;
    header.height = (bits >> 14 & 0x3FFF) + 1;
  } else if (type == "VP8X") {
    header.width = LittleEndian(bytes, kPayload + 4, 3) + 1;
    header.height = LittleEndian(bytes, kPayload + 7, 3) + 1;
    header.exif_orientation = WebpOrientation(bytes);
  } else {
    return Corrupt("the WebP file starts with a chunk that is no picture");
  }
  return Checked(header);
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
    if (critical) kept += png.substr(at, size);
    at += size;
  }
  return kept;
}

}  // namespace entryexit::face
