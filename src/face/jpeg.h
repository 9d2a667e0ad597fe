#ifndef ENTRYEXIT_SRC_FACE_JPEG_H_
#define ENTRYEXIT_SRC_FACE_JPEG_H_

#include <opencv2/core.hpp>
#include <optional>
#include <string_view>

#include "image_header.h"

namespace entryexit::face {

// Decodes a JPEG, whose header was read as `header`, in grey or colour to 8-bit BGR, not turned.
// The pixels are those of cv::imdecode, which asks the same library for them and takes three times
// as long. Empty when the library cannot read it, or finds another size, several scans where the
// header says one, or more than kMaxJpegScans; nothing when its colours are of another kind (CMYK).
// Thread-safe.
std::optional<cv::Mat> DecodeJpeg(std::string_view bytes, const ImageHeader& header);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_JPEG_H_
