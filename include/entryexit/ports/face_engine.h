#ifndef ENTRYEXIT_PORTS_FACE_ENGINE_H_
#define ENTRYEXIT_PORTS_FACE_ENGINE_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "entryexit/core/calibration.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/face.h"

namespace entryexit::ports {

// Turns a capture into a face template. Thread-safe: calls beyond the number of workers wait for
// one to come free.
class FaceEngine {
 public:
  virtual ~FaceEngine() = default;

  // Decodes `image` (the bytes of a JPEG, PNG or WebP file), finds the face, judges the capture
  // and, when it is usable, extracts the template. Blocks; CPU-bound.
  // Returns an observation with findings and no embedding for a picture that is sound but unfit.
  // Errors: IMAGE_EMPTY, IMAGE_TOO_LARGE, IMAGE_TOO_MANY_PIXELS, IMAGE_UNSUPPORTED_FORMAT,
  // IMAGE_CORRUPT; DEADLINE_EXCEEDED when no worker came free in time, or when the deadline passed
  // before the work was done; INTERNAL.
  virtual absl::StatusOr<core::FaceObservation> Observe(std::string_view image,
                                                        core::Deadline deadline) const = 0;

  // The model whose templates Observe makes.
  virtual const core::ModelRef& model() const = 0;

  // That model's measured error rates, of the kind of pairs that the configuration chose.
  virtual const core::Calibration& calibration() const = 0;
};

}  // namespace entryexit::ports

#endif  // ENTRYEXIT_PORTS_FACE_ENGINE_H_
