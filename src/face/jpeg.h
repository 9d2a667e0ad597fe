#ifndef ENTRYEXIT_SRC_FACE_JPEG_H_
#define ENTRYEXIT_SRC_FACE_JPEG_H_

#include <opencv2/core.hpp>
#include <string_view>

#include "image_header.h"

namespace entryexit::face {

// Decodes a JPEG, whose header was read as `header`, to 8-bit BGR, not turned. Empty when libjpeg
// cannot read it, or finds another size, several scans where the header says one, or more than
// kMaxJpegScans. Thread-safe.
cv::Mat DecodeJpeg(std::string_view bytes, const ImageHeader& header);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_JPEG_H_
