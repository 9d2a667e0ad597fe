#include "app/decision.h"

#include <algorithm>
#include <utility>

#include "app/templates.h"

namespace entryexit::app {
namespace {

using core::Outcome;
using ports::CaptureStatus;

Outcome OutcomeWithoutTemplate(CaptureStatus status) {
  switch (status) {
    case CaptureStatus::kExempt:
      return Outcome::kExempt;
    case CaptureStatus::kOptedOut:
      return Outcome::kOptedOut;
    case CaptureStatus::kLowQuality:
    case CaptureStatus::kTemplateStored:
    case CaptureStatus::kNotCaptured:  // is never compared
      break;
  }
  return Outcome::kLowQuality;
}

}  // namespace

absl::StatusOr<core::DecisionReceipt> DecideDeparture(
    const ports::CrossingRecord& departure, const std::vector<ports::TemplateRecord>& templates,
    const std::function<bool(const ports::TemplateRecord&)>& is_reference,
    const ports::Vault& vault, const DecisionRules& rules) {
  core::ComparedTemplate probe{departure.crossing_id, "", {}};
  std::vector<core::ComparedTemplate> references;
  // Its template may have been erased since.
  const bool has_probe = std::ranges::find(templates, departure.crossing_id,
                                           &ports::TemplateRecord::crossing_id) != templates.end();
  for (const ports::TemplateRecord& record : templates) {
    const bool is_probe = record.crossing_id == departure.crossing_id;
    if (!has_probe || (!is_probe && !is_reference(record))) continue;
    absl::StatusOr<core::ComparedTemplate> opened = OpenTemplate(record, vault);
    if (!opened.ok()) return opened.status();
    if (is_probe) {
      probe = *std::move(opened);
    } else {
      references.push_back(*std::move(opened));
    }
  }
  core::DecisionReceipt receipt =
      core::Compare(probe, references, rules.model, rules.policy, rules.calibration);
  if (!has_probe) receipt.outcome = OutcomeWithoutTemplate(departure.capture_status);
  return receipt;
}

}  // namespace entryexit::app
