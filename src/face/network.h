#ifndef ENTRYEXIT_SRC_FACE_NETWORK_H_
#define ENTRYEXIT_SRC_FACE_NETWORK_H_

#include <memory>
#include <opencv2/core.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "entryexit/core/face.h"

namespace entryexit::face {

// A loaded embedding network. Not thread-safe.
class EmbeddingNetwork {
 public:
  virtual ~EmbeddingNetwork() = default;

  // The embedding of an aligned face, as the network gives it. `crop` is 8-bit BGR, of the size
  // that the model's alignment makes.
  virtual core::Embedding Embed(const cv::Mat& crop) = 0;
};

// Each loads one architecture from the bytes of a model file. Thread-safe.
// Errors: MODEL_FILE_INVALID.
absl::StatusOr<std::unique_ptr<EmbeddingNetwork>> LoadEntryexitResnet(const std::string& bytes);
absl::StatusOr<std::unique_ptr<EmbeddingNetwork>> LoadDlibResnet(const std::string& bytes);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_NETWORK_H_
