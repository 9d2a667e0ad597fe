#ifndef ENTRYEXIT_SRC_FACE_NETWORK_H_
#define ENTRYEXIT_SRC_FACE_NETWORK_H_

#include <memory>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/core/face.h"

namespace entryexit::face {

// A loaded embedding network. Not thread-safe.
class EmbeddingNetwork {
 public:
  virtual ~EmbeddingNetwork() = default;

  // The embeddings of aligned faces, in their order, as the network gives them. Crops are 8-bit
  // BGR, of the size that the model's alignment makes. Of several at once, each costs less.
  virtual std::vector<core::Embedding> EmbedAll(std::span<const cv::Mat> crops) = 0;

  core::Embedding Embed(const cv::Mat& crop) { return EmbedAll({&crop, 1}).front(); }
};

// Each loads one architecture from the bytes of a model file. Thread-safe.
// Errors: MODEL_FILE_INVALID.
absl::StatusOr<std::unique_ptr<EmbeddingNetwork>> LoadEntryexitResnet(const std::string& bytes);
absl::StatusOr<std::unique_ptr<EmbeddingNetwork>> LoadDlibResnet(const std::string& bytes);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_NETWORK_H_
