#ifndef ENTRYEXIT_APP_DECISION_H_
#define ENTRYEXIT_APP_DECISION_H_

#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/core/calibration.h"
#include "entryexit/core/matching.h"
#include "entryexit/ports/store.h"
#include "entryexit/ports/vault.h"

namespace entryexit::app {

// Under which rules a departure is decided.
struct DecisionRules {
  const core::ModelRef& model;
  const core::Calibration& calibration;
  core::MatchPolicy policy;
};

// Decides `departure` from the traveler's stored templates: its own, and those arrivals' that
// `is_reference` chooses. The one way from storage to an outcome, when a departure is recorded and
// when the decision is replayed.
// Errors: KEY_UNAVAILABLE, STORED_DATA_INVALID.
absl::StatusOr<core::DecisionReceipt> DecideDeparture(
    const ports::CrossingRecord& departure, const std::vector<ports::TemplateRecord>& templates,
    const std::function<bool(const ports::TemplateRecord&)>& is_reference,
    const ports::Vault& vault, const DecisionRules& rules);

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_DECISION_H_
