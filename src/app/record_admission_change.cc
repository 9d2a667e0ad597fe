#include "entryexit/app/record_admission_change.h"

#include <fmt/format.h>

#include <utility>

#include "app/requests.h"
#include "app/traveler_state.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::app {
namespace {

using core::AdmissionDecision;
using core::MakeError;
using core::Reason;

// The day is that of the authority, wherever it sits: one ahead of UTC is no day in the future.
absl::Status CheckNotInFuture(core::Date day, core::Timestamp now, const char* field) {
  if (day <= std::chrono::floor<std::chrono::days>(now) + std::chrono::days(1)) {
    return absl::OkStatus();
  }
  return MakeError(Reason::kInvalidField, fmt::format("{} lies in the future", field));
}

absl::Status CheckDecisionDay(const AdmissionChangeRequest& request, core::Timestamp now) {
  const bool pending = request.decision == AdmissionDecision::kPending;
  if (pending && request.decided_on) {
    return MakeError(Reason::kInvalidField,
                     "decided_on must be absent while the application is "
                     "pending");
  }
  if (pending) return absl::OkStatus();
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
    if (*date >= request.filed_on) return *date;
    return MakeError(Reason::kInvalidField, "granted.authorized_until lies before filed_on");
  }
  if (rule == core::RuleKind::kDurationOfStatus || rule == core::RuleKind::kExempt) {
    return std::optional<core::Date>();
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
  absl::Status status = CheckNotInFuture(request.filed_on, now, "filed_on");
  if (status.ok()) status = CheckDecisionDay(request, now);
  if (!status.ok()) return status;
  absl::StatusOr<std::optional<core::Admission>> granted = Granted(request, policy);
  if (!granted.ok()) return granted.status();
  return core::AdmissionChange{request.application_id, request.kind,       request.filed_on,
                               request.decision,       request.decided_on, *std::move(granted)};
}

std::string ContentDigest(const core::TravelerId& traveler_id,
                          const core::AdmissionChange& change) {
  const auto text = [](std::optional<core::Date> day) {
    return day ? std::to_string(day->time_since_epoch().count()) : "-";
  };
  return crypto::Sha256Hex(
      fmt::format("ADMISSION_CHANGE\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}",
                  traveler_id.value(), change.application_id, core::NameOf(change.kind),
                  text(change.filed_on), core::NameOf(change.decision), text(change.decided_on),
                  change.granted ? change.granted->class_of_admission : "",
                  text(change.granted ? change.granted->authorized_until : std::nullopt)));
}

}  // namespace

absl::StatusOr<AdmissionChangeResult> RecordAdmissionChange::Record(
    const Call& call, const AdmissionChangeRequest& request) const {
  const core::Timestamp now = clock_.Now();
  const absl::StatusOr<core::AdmissionChange> change = ChangeOf(request, policy_, now);
  if (!change.ok()) return change.status();
  const std::string digest = ContentDigest(request.traveler_id, *change);
  const core::AdmissionChangeId change_id(crypto::NewUuid());

  AdmissionChangeResult result;
  const auto record = [&](ports::Transaction& transaction) -> absl::Status {
    // All that follows is read under the traveler's lock: a crossing may be changing the stays
    // right now, or the same request may be under way a second time.
    absl::Status status = transaction.LockTraveler(request.traveler_id);
    if (!status.ok()) return status;
    const auto known = FindCarriedOut(transaction, request.request_id, call.principal.name, digest);
    if (!known.ok()) return known.status();
    absl::StatusOr<TravelerState> state = LoadTraveler(transaction, request.traveler_id);
    if (!state.ok()) return state.status();
    if (*known) {
      result = {core::AdmissionChangeId((*known)->subject_id), StayRecordsOf(*state)};
      return absl::OkStatus();
    }
    const ports::AdmissionChangeRecord& added =
        state->admission_changes.emplace_back(ports::AdmissionChangeRecord{
            request.traveler_id, change_id, request.request_id, call.principal.name, now, *change});
    result = {change_id, StayRecordsOf(*state)};
    status = transaction.AddAdmissionChange(added);
    if (status.ok()) status = WriteStays(transaction, *state);
    if (status.ok()) status = WriteCases(transaction, ReconcileCases(*state, now));
    if (status.ok()) {
      status = transaction.AddRequest({request.request_id, call.principal.name, digest,
                                       request.traveler_id, change_id.value()});
    }
    return status;
  };
  if (absl::Status status = store_.Transact(call.deadline, record); !status.ok()) return status;
  return result;
}

}  // namespace entryexit::app
