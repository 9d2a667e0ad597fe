#ifndef ENTRYEXIT_SRC_FACE_GOLDEN_H_
#define ENTRYEXIT_SRC_FACE_GOLDEN_H_

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "batches.h"
#include "entryexit/core/face.h"
#include "pipeline.h"

// Captures whose embeddings are known: an engine that gives others would compare new templates with
// stored ones of, in effect, another model.
namespace entryexit::face {

struct GoldenCapture {
  std::filesystem::path file;
  core::Embedding embedding;
};

struct GoldenSet {
  double tolerance = 0;  // greatest Euclidean distance from the recorded embedding
  std::vector<GoldenCapture> captures;
};

// Reads a file such as models/golden/entryexit-resnet-v1.yaml. Errors: CONFIG_INVALID.
absl::StatusOr<GoldenSet> LoadGoldenSet(const std::filesystem::path& path);

// Each capture's face is embedded alone, and as many times at once as each of `batches` says.
// Errors: GOLDEN_DRIFT, with the measured distance; MODEL_FILE_INVALID when a capture is missing.
absl::Status CheckGoldenSet(const GoldenSet& golden, Pipeline& pipeline, const BatchSizes& batches);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_GOLDEN_H_
