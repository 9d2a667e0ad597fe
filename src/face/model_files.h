#ifndef ENTRYEXIT_SRC_FACE_MODEL_FILES_H_
#define ENTRYEXIT_SRC_FACE_MODEL_FILES_H_

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "entryexit/face/model_manifest.h"

namespace entryexit::face {

struct ModelBytes {
  std::string bytes;
  std::string sha256;
};

// Reads the model's file, and hands out the very bytes whose digest was checked.
// Errors: MODEL_FILE_MISSING, MODEL_FILE_INVALID, MODEL_DIGEST_MISMATCH.
absl::StatusOr<ModelBytes> ReadModel(const ModelManifest& manifest, const ModelDescription& model,
                                     const std::filesystem::path& installed_models);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_MODEL_FILES_H_
