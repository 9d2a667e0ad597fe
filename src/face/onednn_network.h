#ifndef ENTRYEXIT_SRC_FACE_ONEDNN_NETWORK_H_
#define ENTRYEXIT_SRC_FACE_ONEDNN_NETWORK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "batches.h"
#include "convolutions.h"
#include "network.h"

namespace entryexit::face {

class OnednnNetwork : public EmbeddingNetwork {
 public:
  // A network of the same model, for another thread. The weights are in memory once for both.
  // Throws what oneDNN throws.
  virtual std::unique_ptr<OnednnNetwork> Another() const = 0;
};

// The networks that LoadEntryexitResnet and LoadDlibResnet make, computed by oneDNN, and by our
// own code in part, on the calling thread alone. Their embeddings differ from dlib's by rounding
// only. EmbedAll takes the largest of `batches` that there are crops for at once, again and again,
// and what is left one by one; memory for each is taken here, once. Crops of another size than the
// architecture's throw std::invalid_argument. Loading is thread-safe. Errors: MODEL_FILE_INVALID;
// INTERNAL when oneDNN cannot run the network.
absl::StatusOr<std::unique_ptr<OnednnNetwork>> LoadEntryexitResnetIntoOnednn(
    const std::string& bytes, const BatchSizes& batches,
    Convolutions convolutions = Convolutions::kFastest);
absl::StatusOr<std::unique_ptr<OnednnNetwork>> LoadDlibResnetIntoOnednn(
    const std::string& bytes, const BatchSizes& batches,
    Convolutions convolutions = Convolutions::kFastest);

// The library that is loaded, e.g. "onednn-2.6".
std::string OnednnVersion();

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_ONEDNN_NETWORK_H_
