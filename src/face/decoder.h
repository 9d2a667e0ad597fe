#ifndef ENTRYEXIT_SRC_FACE_DECODER_H_
#define ENTRYEXIT_SRC_FACE_DECODER_H_

#include <opencv2/core.hpp>
#include <string_view>

#include "absl/status/statusor.h"
#include "entryexit/face/engine_config.h"

namespace entryexit::face {

// Decodes to 8-bit BGR, upright (by EXIF orientation, in each format; transparency dropped). The
// limits are checked on the header: a picture beyond them costs no memory. Thread-safe.
// Errors: IMAGE_EMPTY, IMAGE_TOO_LARGE, IMAGE_TOO_MANY_PIXELS, IMAGE_UNSUPPORTED_FORMAT,
// IMAGE_CORRUPT.
absl::StatusOr<cv::Mat> DecodeImage(std::string_view bytes, const ImageLimits& limits);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_DECODER_H_
