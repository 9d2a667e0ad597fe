#ifndef ENTRYEXIT_SRC_FACE_WEBP_H_
#define ENTRYEXIT_SRC_FACE_WEBP_H_

#include <opencv2/core.hpp>
#include <string_view>

#include "image_header.h"

namespace entryexit::face {

// Decodes a WebP, whose header was read as `header`, to 8-bit BGR, not turned; transparency is
// dropped. Empty when libwebp cannot read it, or finds another size, or a film. Thread-safe.
cv::Mat DecodeWebp(std::string_view bytes, const ImageHeader& header);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_WEBP_H_
