#ifndef ENTRYEXIT_SRC_FACE_PNG_H_
#define ENTRYEXIT_SRC_FACE_PNG_H_

#include <opencv2/core.hpp>
#include <string_view>

#include "image_header.h"

namespace entryexit::face {

// Decodes a PNG, whose header was read as `header`, to 8-bit BGR, not turned; transparency and
// whatever else is no part of the picture itself are not looked at. Empty when libpng cannot read
// it, or finds another size. Thread-safe.
cv::Mat DecodePng(std::string_view bytes, const ImageHeader& header);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_PNG_H_
