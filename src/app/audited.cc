#include "app/audited.h"

#include <fmt/format.h>

#include <algorithm>

#include "entryexit/core/audit.h"
#include "entryexit/core/reason.h"

namespace entryexit::app {
namespace {

using core::Reason;

// What is no UUID names nobody.
std::optional<core::TravelerId> IfUuid(const core::TravelerId& id) {
  return core::IsUuid(id.value()) ? std::optional(id) : std::nullopt;
}

absl::Status AddRecords(ports::Transaction& transaction, const Call& call, const AuditNote& note,
                        const std::string& outcome) {
  core::AuditEntry entry;
  entry.principal = call.principal.name;
  entry.method = call.method;
  entry.purpose = call.purpose;
  entry.case_id = call.case_id;
  entry.subject = note.subject;
  entry.outcome = outcome;
  entry.request_id = note.request_id;
  if (note.travelers.empty()) return transaction.AddAuditRecord(entry);
  for (const core::TravelerId& traveler : note.travelers) {
    entry.traveler_id = IfUuid(traveler);
    if (absl::Status status = transaction.AddAuditRecord(entry); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// A case opens no other person's records; where none are known, as with lists, it must be one.
absl::Status CheckCase(ports::Transaction& transaction, const Call& call, const AuditNote& note) {
  if (!call.case_id) return absl::OkStatus();
  const auto record = transaction.GetCase(*call.case_id);
  if (!record.ok()) return record.status();
  const auto& travelers = note.travelers;
  if (travelers.empty() || std::ranges::find(travelers, record->traveler_id) != travelers.end()) {
    return absl::OkStatus();
  }
  return core::MakeError(
      Reason::kCaseOfAnotherTraveler,
      fmt::format("case {} is not one of this traveler's", call.case_id->value()));
}

// Whether the work was refused for what was asked, and not for want of a database or of time: of
// that the caller learns nothing, and there is none to record it in.
bool IsRefusal(const absl::Status& status) {
  constexpr Reason kTroubles[] = {Reason::kDatabaseUnavailable, Reason::kDatabaseReadOnly,
                                  Reason::kDatabaseFull,        Reason::kDatabaseConflict,
                                  Reason::kDeadlineExceeded,    Reason::kCancelled};
  const std::optional<Reason> reason = core::ReasonOf(status);
  return !reason || std::ranges::find(kTroubles, *reason) == std::end(kTroubles);
}

}  // namespace

absl::Status TransactAudited(ports::Store& store, const Call& call, const AuditNote& known,
                             const AuditedWork& work) {
  AuditNote note;
  absl::Status status =
      store.Transact(call.deadline, [&](ports::Transaction& transaction) -> absl::Status {
        note = known;
        absl::Status done = work(transaction, note);
        if (done.ok()) done = CheckCase(transaction, call, note);
        if (!done.ok() || !note.leaves_record) return done;
        return AddRecords(transaction, call, note, core::kAuditOk);
      });
  if (status.ok() || !IsRefusal(status)) return status;
  const Reason reason = core::ReasonOf(status).value_or(Reason::kInternal);
  absl::Status recorded = RecordInAudit(store, call, note, std::string(core::NameOf(reason)));
  return recorded.ok() ? status : recorded;
}

absl::Status RecordInAudit(ports::Store& store, const Call& call, const AuditNote& note,
                           const std::string& outcome) {
  return store.Transact(call.deadline, [&](ports::Transaction& transaction) {
    return AddRecords(transaction, call, note, outcome);
  });
}

}  // namespace entryexit::app
