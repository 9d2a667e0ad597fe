#include "entryexit/app/record_admission_change.h"

#include <fmt/format.h>

#include <utility>

#include "app/audited.h"
#include "app/requests.h"
#include "app/text.h"
#include "app/traveler_state.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::app {
namespace {

using core::AdmissionDecision;
using core::MakeError;
using core::Reason;

constexpr int kMaxRevision = 1000;
// No stay that is still of interest began before then: the year was mistyped.
constexpr core::Date kEarliestFiling{std::chrono::year(1990) / 1 / 1};

absl::Status CheckDecisionDay(const AdmissionChangeRequest& request, core::Timestamp now) {
  const bool decided = request.decision != AdmissionDecision::kPending &&
                       request.decision != AdmissionDecision::kRecordedInError;
  if (!decided && request.decided_on) {
    return MakeError(Reason::kInvalidField,
                     "decided_on must be absent unless the application was decided");
  }
  if (!decided) return absl::OkStatus();
  if (!request.decided_on) return MakeError(Reason::kMissingField, "decided_on is missing");
  if (*request.decided_on < request.filed_on) {
    return MakeError(Reason::kInvalidField, "decided_on lies before filed_on");
  }
  return CheckNotInFuture(*request.decided_on, now, "decided_on");
}

// The last lawful day granted, which the authority sets whatever the rule for arrivals in that
// class (8 CFR 217.3(a) lets visa waiver travelers stay on in an emergency); none when no day ends
// the stay.
absl::StatusOr<std::optional<core::Date>> GrantedUntil(const AdmissionChangeRequest& request,
                                                       core::RuleKind rule) {
  if (std::holds_alternative<core::DaysFromArrival>(request.authorization)) {
    return MakeError(Reason::kInvalidField,
                     "granted.days_from_arrival is for arrivals: give authorized_until");
  }
  if (const auto* date = std::get_if<core::Date>(&request.authorization)) {
    if (*date < request.filed_on) {
      return MakeError(Reason::kInvalidField, "granted.authorized_until lies before filed_on");
    }
    if (*date <= *request.decided_on + std::chrono::days(core::kMaxDays)) return *date;
    return MakeError(Reason::kInvalidField,
                     fmt::format("granted.authorized_until lies more than {} days after decided_on",
                                 core::kMaxDays));
  }
  if (rule == core::RuleKind::kDurationOfStatus || rule == core::RuleKind::kExempt) {
    return std::optional<core::Date>();
  }
  if (std::holds_alternative<core::DurationOfStatus>(request.authorization)) {
    return MakeError(Reason::kInvalidField,
                     fmt::format("duration_of_status is not for class '{}', whose stays end",
                                 request.class_of_admission));
  }
  return MakeError(Reason::kMissingField, "granted.authorized_until is missing");
}

// What was granted; none unless the application was.
absl::StatusOr<std::optional<core::Admission>> Granted(const AdmissionChangeRequest& request,
                                                       const core::AdmissionPolicy& policy) {
  const std::string& code = request.class_of_admission;
  const bool is_granted = request.decision == AdmissionDecision::kGranted;
  if (is_granted && code.empty()) {
    return MakeError(Reason::kMissingField, "granted.class_of_admission is missing");
  }
  if (!is_granted && !code.empty()) {
    return MakeError(Reason::kInvalidField,
                     "granted must be absent unless the decision is GRANTED");
  }
  if (!is_granted) return std::optional<core::Admission>();
  const auto rule = core::RuleFor(policy, code, *request.decided_on);
  if (!rule.ok()) return rule.status();
  const auto until = GrantedUntil(request, rule->kind);
  if (!until.ok()) return until.status();
  return std::optional(core::Admission{code, *until, std::nullopt});
}

absl::StatusOr<core::AdmissionChange> ChangeOf(const AdmissionChangeRequest& request,
                                               const core::AdmissionPolicy& policy,
                                               core::Timestamp now) {
  if (!core::IsPlainId(request.application_id)) {
    return MakeError(Reason::kInvalidField, "application_id must be 1 to 64 of A-Z a-z 0-9 . _ -");
  }
  if (request.revision < 1 || request.revision > kMaxRevision) {
    return MakeError(Reason::kInvalidField, fmt::format("revision must be 1 to {}, not {}",
                                                        kMaxRevision, request.revision));
  }
  if (request.filed_on < kEarliestFiling) {
    return MakeError(Reason::kInvalidField, "filed_on lies before 1990-01-01");
  }
  absl::Status status = CheckNotInFuture(request.filed_on, now, "filed_on");
  if (status.ok()) status = CheckDecisionDay(request, now);
  if (!status.ok()) return status;
  absl::StatusOr<std::optional<core::Admission>> granted = Granted(request, policy);
  if (!granted.ok()) return granted.status();
  return core::AdmissionChange{.application_id = request.application_id,
                               .revision = request.revision,
                               .kind = request.kind,
                               .filed_on = request.filed_on,
                               .decision = request.decision,
                               .decided_on = request.decided_on,
                               .granted = *std::move(granted)};
}

// What was reported; what the policy makes of it is no part of it.
std::string ContentDigest(const AdmissionChangeRequest& request) {
  const auto text = [](std::optional<core::Date> day) {
    return day ? std::to_string(day->time_since_epoch().count()) : "-";
  };
  const auto* until = std::get_if<core::Date>(&request.authorization);
  return crypto::Sha256Hex(fmt::format(
      "ADMISSION_CHANGE\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}",
      request.traveler_id.value(), request.application_id, request.revision,
      core::NameOf(request.kind), text(request.filed_on), core::NameOf(request.decision),
      text(request.decided_on), request.class_of_admission, request.authorization.index(),
      text(until != nullptr ? std::optional(*until) : std::nullopt)));
}

// Writes the last of the changes in `state` and what follows from it.
absl::Status WriteLatest(ports::Transaction& transaction, const TravelerState& state,
                         const std::vector<ports::StayRecord>& stays, const std::string& digest) {
  const ports::AdmissionChangeRecord& added = state.admission_changes.back();
  absl::Status status = transaction.AddAdmissionChange(added);
  if (status.ok()) status = transaction.ReplaceStays(state.traveler_id, stays, added.recorded_at);
  if (status.ok()) status = WriteCases(transaction, ReconcileCases(state, added.recorded_at));
  if (status.ok()) {
    status = transaction.AddRequest(
        {added.request_id, added.principal, digest, state.traveler_id, added.change_id.value()});
  }
  return status;
}

}  // namespace

absl::StatusOr<AdmissionChangeResult> RecordAdmissionChange::Record(
    const Call& call, const AdmissionChangeRequest& request) const {
  const core::Timestamp now = clock_.Now();
  const absl::StatusOr<core::AdmissionChange> change = ChangeOf(request, policy_, now);
  const std::string digest = ContentDigest(request);
  const core::AdmissionChangeId change_id(crypto::NewUuid());

  AdmissionChangeResult result;
  const auto record = [&](ports::Transaction& transaction, AuditNote& note) -> absl::Status {
    // All that follows is read under the traveler's lock: a crossing may be changing the stays
    // right now, or the same request may be under way a second time.
    absl::Status status = transaction.LockTraveler(request.traveler_id);
    if (!status.ok()) return status;
    const auto known = FindCarriedOut(transaction, request.request_id, call.principal.name, digest);
    if (!known.ok()) return known.status();
    // A retry is answered also when the policy has changed since.
    if (!*known && !change.ok()) return change.status();
    absl::StatusOr<TravelerState> state = LoadTraveler(transaction, request.traveler_id);
    if (!state.ok()) return state.status();
    if (!*known && state->documents.empty()) return MovedAway(state->corrections);
    if (*known) {
      result = {core::AdmissionChangeId((*known)->subject_id), StayRecordsOf(*state)};
      note.subject = result.change_id.value();
      return absl::OkStatus();
    }
    state->admission_changes.push_back({request.traveler_id, change_id, request.request_id,
                                        call.principal.name, RecordingTime(*state, now), *change});
    result = {change_id, StayRecordsOf(*state)};
    note.subject = change_id.value();
    return WriteLatest(transaction, *state, result.stays, digest);
  };
  AuditNote known;
  known.travelers = {request.traveler_id};
  known.request_id = request.request_id;
  if (absl::Status status = TransactAudited(store_, call, known, record); !status.ok()) {
    return status;
  }
  return result;
}

}  // namespace entryexit::app
