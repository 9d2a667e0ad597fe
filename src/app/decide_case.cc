#include "entryexit/app/decide_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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
using ports::CaseEventKind;

constexpr size_t kMaxDoneBy = 20;

std::string ContentDigest(const DecisionRequest& request) {
  std::string content =
      fmt::format("DECIDE\x1f{}\x1f{}\x1f{}\x1f{}", request.case_id.value(), request.version,
                  static_cast<int>(request.decision), request.reason);
  for (const core::RequestId& id : request.done_by) content += "\x1f" + id.value();
  return crypto::Sha256Hex(content);
}

// One id is one person, in whichever role.
bool IsNamed(const std::string& principal_name, const std::string& id) {
  return principal_name.substr(principal_name.find('/') + 1) == id;
}

core::Decider DeciderOf(const Principal& principal, const ports::CaseRecord& record) {
  return {principal.role == Role::kSupervisor,
          record.first_officer && IsNamed(*record.first_officer, principal.id)};
}

// The state that the decision brings the case into.
absl::StatusOr<CaseState> DecidedState(const Principal& principal, const ports::CaseRecord& record,
                                       const DecisionRequest& request) {
  if (record.version != request.version) {
    return MakeError(Reason::kCaseChanged,
                     fmt::format("the case changed since you read it: its state is {}, its etag is "
                                 "{}, not {}",
                                 core::NameOf(record.state), record.version, request.version));
  }
  absl::StatusOr<CaseState> state =
      core::StateAfter(record.kind, record.state, request.decision, DeciderOf(principal, record));
  if (state.ok()) return state;
  return MakeError(
      *core::ReasonOf(state.status()),
      fmt::format("{} (its state is {}, its etag is {})", std::string(state.status().message()),
                  core::NameOf(record.state), record.version));
}

CaseEventKind EventOf(CaseState before, CaseState after, core::CaseDecision decision) {
  switch (after) {
    case CaseState::kAwaitsSecondOfficer:
      return decision == core::CaseDecision::kUphold ? CaseEventKind::kUpheldByOne
                                                     : CaseEventKind::kDismissedByOne;
    case CaseState::kUpheld:
      return CaseEventKind::kUpheld;
    case CaseState::kDismissed:
      return CaseEventKind::kDismissed;
    case CaseState::kOpen:
    case CaseState::kWithdrawn:
      break;
  }
  return before == CaseState::kAwaitsSecondOfficer ? CaseEventKind::kNotConfirmed
                                                   : CaseEventKind::kReopened;
}

// Whether the events of a traveler's case tell of a decision by `principal` later than `since`.
absl::StatusOr<bool> DecidedSince(ports::Transaction& transaction, const ports::CaseRecord& record,
                                  const std::string& principal, core::Timestamp since) {
  const auto events = transaction.CaseEvents(record.traveler_id, record.case_id);
  if (!events.ok()) return events.status();
  return std::ranges::any_of(*events, [&](const ports::CaseEvent& event) {
    return event.principal == principal && event.at > since;
  });
}

// Whether `done` is a correction, an admission change, a move of a document or a decision that was
// recorded of the traveler later than `since`.
absl::StatusOr<bool> CorrectedSince(ports::Transaction& transaction, const TravelerState& state,
                                    const ports::RequestRecord& done, core::Timestamp since) {
  const auto counts = [&](const auto& record) {
    return record.request_id == done.request_id && record.recorded_at > since;
  };
  if (std::ranges::any_of(state.corrections, counts) ||
      std::ranges::any_of(state.admission_changes, counts)) {
    return true;
  }
  // Of a document that was moved here the former traveler's corrections tell.
  if (done.subject_id == state.traveler_id.value()) {
    const auto corrections = transaction.AllCorrections(done.traveler_id);
    if (!corrections.ok()) return corrections.status();
    return std::ranges::any_of(*corrections, counts);
  }
  const auto decided =
      std::ranges::find(state.cases, core::CaseId(done.subject_id), &ports::CaseRecord::case_id);
  if (decided == state.cases.end() || decided->kind == core::CaseKind::kCorrectionRequest) {
    return false;
  }
  return DecidedSince(transaction, *decided, done.principal, since);
}

absl::Status NotGranted(CaseState before, core::CaseDecision decision) {
  if (before == CaseState::kAwaitsSecondOfficer && decision == core::CaseDecision::kUphold) {
    return MakeError(Reason::kInvalidField,
                     "done_by_request_ids: to disagree with the first officer opens the request "
                     "again; leave them out, and grant it by a decision after that");
  }
  return MakeError(Reason::kInvalidField,
                   "done_by_request_ids is for decisions that grant a request");
}

// What grants a request must have been done since, and to this traveler.
absl::Status CheckDoneBy(ports::Transaction& transaction, const TravelerState& state,
                         const ports::CaseRecord& record, CaseState next,
                         const DecisionRequest& request) {
  const bool is_request = record.kind == core::CaseKind::kCorrectionRequest;
  const bool grants = is_request && next == CaseState::kUpheld;
  if (grants && request.done_by.empty()) {
    return MakeError(Reason::kMissingField,
                     "done_by_request_ids is missing: name what made the correction");
  }
  if (!grants && !request.done_by.empty()) {
    return NotGranted(is_request ? record.state : CaseState::kOpen, request.decision);
  }
  if (request.done_by.size() > kMaxDoneBy) {
    return MakeError(Reason::kInvalidField,
                     fmt::format("done_by_request_ids has more than {}", kMaxDoneBy));
  }
  for (const core::RequestId& id : request.done_by) {
    const auto done = transaction.FindRequest(id);
    if (!done.ok()) return done.status();
    absl::StatusOr<bool> corrected = false;
    if (*done) corrected = CorrectedSince(transaction, state, **done, record.opened_at);
    if (!corrected.ok()) return corrected.status();
    if (*corrected) continue;
    return MakeError(
        Reason::kInvalidField,
        fmt::format("done_by_request_ids: request {} is no correction, admission change, document "
                    "move or decision on another case of this traveler since the request was filed",
                    id.value()));
  }
  return absl::OkStatus();
}

// Of two requests about one crossing only one is open.
absl::Status CheckReopening(const TravelerState& state, const ports::CaseRecord& record,
                            core::CaseDecision decision) {
  if (record.kind != core::CaseKind::kCorrectionRequest ||
      decision != core::CaseDecision::kReopen) {
    return absl::OkStatus();
  }
  return CheckNoRequestWaits(state, record.crossing_id);
}

// Whether the decision bears on what is known of the departure: that the face is the traveler's
// after all, or no longer so.
bool BearsOnDeparture(const ports::CaseRecord& record, CaseState before) {
  const bool of_identity = record.kind == core::CaseKind::kIdentityNoMatch ||
                           record.kind == core::CaseKind::kIdentityInconclusive;
  return of_identity && (before == CaseState::kDismissed || record.state == CaseState::kDismissed);
}

// Writes stays and cases as they follow from `state`, which holds the decision of the moment `at`.
absl::Status WriteConsequences(ports::Transaction& transaction, const TravelerState& state,
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
    const absl::StatusOr<CaseState> next = DecidedState(call.principal, *record, request);
    if (!next.ok()) return next.status();
    absl::StatusOr<TravelerState> state = LoadMovements(transaction, record->traveler_id);
    if (!state.ok()) return state.status();
    status = CheckDoneBy(transaction, *state, *record, *next, request);
    if (status.ok()) status = CheckReopening(*state, *record, request.decision);
    if (!status.ok()) return status;

    const core::Timestamp at = RecordingTime(*state, now);
    decided = *std::move(record);
    const CaseState before = std::exchange(decided.state, *next);
    decided.first_officer.reset();
    if (*next == CaseState::kAwaitsSecondOfficer) decided.first_officer = call.principal.name;
    ++decided.version;
    decided.updated_at = at;
    status = transaction.UpdateCase(decided);
    if (status.ok()) {
      status = transaction.AddCaseEvent({decided.traveler_id, decided.case_id, decided.version,
                                         EventOf(before, *next, request.decision), at,
                                         call.principal.name, request.reason, request.done_by});
    }
    if (status.ok() && BearsOnDeparture(decided, before)) {
      *std::ranges::find(state->cases, decided.case_id, &ports::CaseRecord::case_id) = decided;
      status = WriteConsequences(transaction, *state, at);
    }
    if (status.ok()) {
      status = transaction.AddRequest({request.request_id, call.principal.name, digest,
                                       decided.traveler_id, decided.case_id.value()});
    }
    if (!status.ok()) return status;
    // Also whether the record is disputed may be otherwise now.
    record = transaction.GetCase(request.case_id);
    if (!record.ok()) return record.status();
    decided = *std::move(record);
    return absl::OkStatus();
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
