#ifndef ENTRYEXIT_APP_REPLAY_DECISION_H_
#define ENTRYEXIT_APP_REPLAY_DECISION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/core/calibration.h"
#include "entryexit/ports/store.h"
#include "entryexit/ports/vault.h"

namespace entryexit::app {

struct Replay {
  ports::ComparisonRecord recorded;
  core::DecisionReceipt replayed;
  std::vector<std::string> differences;  // empty: identical
};

// Recomputes an outcome from the stored templates under the stored thresholds. Thread-safe.
class ReplayDecision {
 public:
  // `calibration` is the loaded model's. The arguments must outlive the object.
  ReplayDecision(ports::Store& store, const ports::Vault& vault, const core::ModelRef& model,
                 const core::Calibration& calibration)
      : store_(store), vault_(vault), model_(model), calibration_(calibration) {}

  // Blocks. Errors: COMPARISON_NOT_FOUND; MODEL_NOT_LOADED when the decision was made with another
  // model than the one loaded (its calibration is not at hand); EVIDENCE_ERASED when a template
  // that it was made from is no longer kept; KEY_UNAVAILABLE, STORED_DATA_INVALID; those of
  // Store::Transact.
  absl::StatusOr<Replay> ReplayComparison(const Call& call, const core::ComparisonId& id) const;
  // The latest comparison of a departure. Errors besides: CROSSING_NOT_FOUND.
  absl::StatusOr<Replay> ReplayCrossing(const Call& call, const core::CrossingId& id) const;

 private:
  absl::StatusOr<Replay> Recompute(ports::Transaction& transaction,
                                   const ports::ComparisonRecord& recorded) const;

  ports::Store& store_;
  const ports::Vault& vault_;
  const core::ModelRef& model_;
  const core::Calibration& calibration_;
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_REPLAY_DECISION_H_
