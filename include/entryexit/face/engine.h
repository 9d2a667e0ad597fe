#ifndef ENTRYEXIT_FACE_ENGINE_H_
#define ENTRYEXIT_FACE_ENGINE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "entryexit/face/engine_config.h"
#include "entryexit/face/export.h"
#include "entryexit/ports/face_engine.h"

namespace entryexit::face {

// Loads the configured model, checks its digest, and embeds the model's golden captures, which must
// come out as they were recorded. Blocks for about two seconds. Limits OpenBLAS and OpenCV to
// one thread per worker, for the whole process.
// Errors: CONFIG_INVALID (manifest, calibration, landmarks file, a value out of range),
// MODEL_UNKNOWN, MODEL_FILE_MISSING, MODEL_DIGEST_MISMATCH, MODEL_FILE_INVALID, GOLDEN_DRIFT.
ENTRYEXIT_FACE_EXPORT absl::StatusOr<std::unique_ptr<ports::FaceEngine>> CreateFaceEngine(
    const EngineConfig& config);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_FACE_ENGINE_H_
