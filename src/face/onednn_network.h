#ifndef ENTRYEXIT_SRC_FACE_ONEDNN_NETWORK_H_
#define ENTRYEXIT_SRC_FACE_ONEDNN_NETWORK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "network.h"

namespace entryexit::face {

// The network that LoadEntryexitResnet makes, computed by oneDNN on the calling thread alone. Its
// embeddings differ from dlib's by rounding only. Crops must be 112 x 112. Thread-safe.
// Errors: MODEL_FILE_INVALID; INTERNAL when oneDNN cannot run the network.
absl::StatusOr<std::unique_ptr<EmbeddingNetwork>> LoadEntryexitResnetIntoOnednn(
    const std::string& bytes);

// The library that is loaded, e.g. "onednn-2.6".
std::string OnednnVersion();

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_ONEDNN_NETWORK_H_
