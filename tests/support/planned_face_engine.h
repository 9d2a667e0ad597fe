#ifndef ENTRYEXIT_TESTS_SUPPORT_PLANNED_FACE_ENGINE_H_
#define ENTRYEXIT_TESTS_SUPPORT_PLANNED_FACE_ENGINE_H_

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "entryexit/core/reason.h"
#include "entryexit/ports/face_engine.h"

namespace entryexit::testing {

// Answers what was planned for an image's content, and counts how often it was asked. Thread-safe
// once everything is planned. Held to face_engine_contract.h, as the real engine is.
class PlannedFaceEngine final : public ports::FaceEngine {
 public:
  void Plan(const std::string& image, core::Embedding embedding) {
    core::FaceObservation observation;
    observation.embedding = std::move(embedding);
    answers_.insert_or_assign(image, observation);
  }
  void Plan(const std::string& image, const std::vector<core::QualityIssue>& issues) {
    core::FaceObservation observation;
    for (const auto issue : issues) observation.findings.push_back({issue, 0, 1});
    answers_.insert_or_assign(image, observation);
  }
  void Plan(const std::string& image, core::Reason reason) {
    answers_.insert_or_assign(image, core::MakeError(reason, "planned"));
  }

  absl::StatusOr<core::FaceObservation> Observe(std::string_view image,
                                                core::Deadline) const override {
    if (image.empty()) return core::MakeError(core::Reason::kImageEmpty, "the image is empty");
    const std::lock_guard lock(mutex_);
    ++asked_[std::string(image)];
    const auto answer = answers_.find(std::string(image));
    if (answer == answers_.end()) {
      return core::MakeError(core::Reason::kImageUnsupportedFormat, "nothing was planned for this");
    }
    return answer->second;
  }
  const core::ModelRef& model() const override { return model_; }
  const core::Calibration& calibration() const override { return calibration_; }

  std::map<std::string, int> asked() const { return asked_; }

 private:
  const core::ModelRef model_{"planned-v1", std::string(64, '0'), "test"};
  const core::Calibration calibration_ =
      *core::Calibration::Create("matched", {{1e-4, 0.9}, {5e-4, 1.0}, {1e-2, 1.1}});
  std::map<std::string, absl::StatusOr<core::FaceObservation>> answers_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, int> asked_;
};

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_SUPPORT_PLANNED_FACE_ENGINE_H_
