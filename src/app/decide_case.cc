#include "entryexit/app/decide_case.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/audited.h"
#include "app/requests.h"
#include "app/text.h"
#include "app/traveler_state.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::app {
namespace {

using core::CaseState;
using core::MakeError;
using core::Reason;

std::string ContentDigest(const DecisionRequest& request) {
  return crypto::Sha256Hex(fmt::format("DECIDE\x1f{}\x1f{}\x1f{}\x1f{}", request.case_id.value(),
                                       request.version, static_cast<int>(request.decision),
                                       request.reason));
}

absl::Status CheckDecidable(const ports::CaseRecord& record, int version_seen) {
  if (record.state != CaseState::kOpen) {
    return MakeError(Reason::kCaseClosed,
                     fmt::format("the case is not open: its state is {} (etag {})",
                                 core::NameOf(record.state), record.version));
  }
  if (record.version != version_seen) {
    return MakeError(Reason::kCaseChanged,
                     fmt::format("the case changed since you read it: its etag is {}, not {}",
                                 record.version, version_seen));
  }
  return absl::OkStatus();
}

// Whether the decision says that the departing face is the traveler's after all.
bool ConfirmsDeparture(const ports::CaseRecord& decided) {
  return decided.state == CaseState::kDismissed &&
         (decided.kind == core::CaseKind::kIdentityNoMatch ||
          decided.kind == core::CaseKind::kIdentityInconclusive);
}

// Writes the stays and cases as they are once the departure is known to be the traveler's, by the
// decision of the moment `at`, which `state` holds.
absl::Status WriteConfirmed(ports::Transaction& transaction, const TravelerState& state,
                            core::Timestamp at) {
  absl::Status status = transaction.ReplaceStays(state.traveler_id, StayRecordsOf(state), at);
  if (status.ok()) status = WriteCases(transaction, ReconcileCases(state, at));
  return status;
}

}  // namespace

absl::StatusOr<ports::CaseRecord> DecideCase::Decide(const Call& call,
                                                     const DecisionRequest& request) const {
  if (absl::Status status = CheckReasonText(request.reason); !status.ok()) return status;
  const core::Timestamp now = clock_.Now();
  const std::string digest = ContentDigest(request);

  ports::CaseRecord decided;
  const auto decide = [&](ports::Transaction& transaction, AuditNote& note) -> absl::Status {
    absl::StatusOr<ports::CaseRecord> record = transaction.GetCase(request.case_id);
    if (!record.ok()) return record.status();
    note.travelers = {record->traveler_id};
    // All that follows is read under the traveler's lock: a crossing may be changing the case right
    // now, or the same request may be under way a second time.
    absl::Status status = transaction.LockTraveler(record->traveler_id);
    if (!status.ok()) return status;
    const auto known = FindCarriedOut(transaction, request.request_id, call.principal.name, digest);
    if (!known.ok()) return known.status();
    record = transaction.GetCase(request.case_id);
    if (!record.ok()) return record.status();
    if (*known) {
      decided = *std::move(record);
      return absl::OkStatus();
    }
    status = CheckDecidable(*record, request.version);
    if (!status.ok()) return status;

    absl::StatusOr<TravelerState> state = LoadMovements(transaction, record->traveler_id);
    if (!state.ok()) return state.status();
    const core::Timestamp at = RecordingTime(*state, now);
    decided = *std::move(record);
    const bool upheld = request.decision == Decision::kUphold;
    decided.state = upheld ? CaseState::kUpheld : CaseState::kDismissed;
    ++decided.version;
    decided.updated_at = at;
    status = transaction.UpdateCase(decided);
    if (status.ok()) {
      status = transaction.AddCaseEvent(
          {decided.traveler_id, decided.case_id, decided.version,
           upheld ? ports::CaseEventKind::kUpheld : ports::CaseEventKind::kDismissed, at,
           call.principal.name, request.reason});
    }
    if (status.ok() && ConfirmsDeparture(decided)) {
      *std::ranges::find(state->cases, decided.case_id, &ports::CaseRecord::case_id) = decided;
      status = WriteConfirmed(transaction, *state, at);
    }
    if (status.ok()) {
      status = transaction.AddRequest({request.request_id, call.principal.name, digest,
                                       decided.traveler_id, decided.case_id.value()});
    }
    return status;
  };
  AuditNote known;
  known.subject = request.case_id.value();
  known.request_id = request.request_id;
  if (absl::Status status = TransactAudited(store_, call, known, decide); !status.ok()) {
    return status;
  }
  return decided;
}

}  // namespace entryexit::app
