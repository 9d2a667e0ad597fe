#ifndef ENTRYEXIT_RPC_MEASURED_FACE_ENGINE_H_
#define ENTRYEXIT_RPC_MEASURED_FACE_ENGINE_H_

#include <chrono>

#include "entryexit/ports/face_engine.h"
#include "entryexit/rpc/metrics.h"

namespace entryexit::rpc {

// A face engine that tells the metrics how each capture fared. Thread-safe.
class MeasuredFaceEngine final : public ports::FaceEngine {
 public:
  // The arguments must outlive the object.
  MeasuredFaceEngine(const ports::FaceEngine& engine, Metrics& metrics)
      : engine_(engine), metrics_(metrics) {}

  absl::StatusOr<core::FaceObservation> Observe(std::string_view image,
                                                core::Deadline deadline) const override {
    const auto start = std::chrono::steady_clock::now();
    absl::StatusOr<core::FaceObservation> observation = engine_.Observe(image, deadline);
    if (observation.ok()) {
      metrics_.CaptureObserved(*observation, std::chrono::steady_clock::now() - start);
    }
    return observation;
  }

  const core::ModelRef& model() const override { return engine_.model(); }
  const core::Calibration& calibration() const override { return engine_.calibration(); }

 private:
  const ports::FaceEngine& engine_;
  Metrics& metrics_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_MEASURED_FACE_ENGINE_H_
