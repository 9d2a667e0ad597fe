#include "entryexit/app/file_correction_request.h"

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

using core::CaseKind;
using core::MakeError;
using core::Reason;

// Nothing was recorded before then: the year was mistyped.
constexpr core::Date kEarliestReceipt{std::chrono::year(2000) / 1 / 1};

absl::Status CheckFiling(const CorrectionFiling& filing, core::Timestamp now) {
  if (absl::Status status = CheckReasonText(filing.words, "words"); !status.ok()) return status;
  if (filing.received_on < kEarliestReceipt) {
    return MakeError(Reason::kInvalidField, "received_on lies before 2000-01-01");
  }
  return CheckNotInFuture(filing.received_on, now, "received_on");
}

std::string ContentDigest(const CorrectionFiling& filing) {
  const std::string disputed =
      std::visit([](const auto& id) { return id.value(); }, filing.disputed);
  return crypto::Sha256Hex(fmt::format("CORRECTION_REQUEST\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}",
                                       filing.traveler_id.value(), filing.disputed.index(),
                                       disputed, filing.received_on.time_since_epoch().count(),
                                       filing.words));
}

const ports::CaseRecord* CaseNamed(const TravelerState& state, const core::CaseId& id) {
  const auto found = std::ranges::find(state.cases, id, &ports::CaseRecord::case_id);
  return found == state.cases.end() ? nullptr : &*found;
}

// The crossing in dispute, which is also that of a case in dispute.
absl::StatusOr<core::CrossingId> DisputedCrossing(const TravelerState& state,
                                                  const CorrectionFiling& filing) {
  core::CrossingId crossing;
  if (const auto* case_id = std::get_if<core::CaseId>(&filing.disputed)) {
    const ports::CaseRecord* const record = CaseNamed(state, *case_id);
    if (record == nullptr) {
      return MakeError(Reason::kCaseNotFound, "the traveler has no such case");
    }
    if (record->kind == CaseKind::kCorrectionRequest) {
      return MakeError(Reason::kInvalidField, "case_id names a request, which is not in dispute");
    }
    crossing = record->crossing_id;
  } else {
    crossing = std::get<core::CrossingId>(filing.disputed);
  }
  if (std::ranges::find(state.crossings, crossing, &ports::CrossingRecord::crossing_id) ==
      state.crossings.end()) {
    return MakeError(Reason::kCrossingNotFound, "the traveler has no such crossing");
  }
  if (const auto moved_to = MovedTo(state, crossing)) {
    return MakeError(Reason::kCrossingNotFound,
                     "the crossing was moved with its document to traveler " + moved_to->value());
  }
  return crossing;
}

ports::CaseRecord CaseOf(const TravelerState& state, const CorrectionFiling& filing,
                         const core::CrossingId& crossing, std::chrono::days due_after,
                         core::Timestamp at) {
  ports::CaseRecord record;
  record.traveler_id = state.traveler_id;
  record.case_id = core::CaseId(crypto::NewUuid());
  record.kind = CaseKind::kCorrectionRequest;
  record.severity = core::SeverityOf(record.kind, /*days_overstayed=*/0);
  record.crossing_id = crossing;
  record.port_id =
      std::ranges::find(state.crossings, crossing, &ports::CrossingRecord::crossing_id)->port_id;
  record.opened_at = at;
  record.updated_at = at;
  record.terms = {filing.received_on, filing.received_on + due_after, std::nullopt};
  if (const auto* case_id = std::get_if<core::CaseId>(&filing.disputed)) {
    record.terms->disputed_case = *case_id;
  }
  record.disputed = true;
  return record;
}

}  // namespace

absl::StatusOr<ports::CaseRecord> FileCorrectionRequest::File(
    const Call& call, const CorrectionFiling& filing) const {
  const core::Timestamp now = clock_.Now();
  if (absl::Status status = CheckFiling(filing, now); !status.ok()) return status;
  const std::string digest = ContentDigest(filing);

  ports::CaseRecord filed;
  const auto file = [&](ports::Transaction& transaction, AuditNote& note) -> absl::Status {
    // All that follows is read under the traveler's lock: the same request may be under way a
    // second time.
    absl::Status status = transaction.LockTraveler(filing.traveler_id);
    if (!status.ok()) return status;
    const auto known = FindCarriedOut(transaction, filing.request_id, call.principal.name, digest);
    if (!known.ok()) return known.status();
    if (*known) {
      absl::StatusOr<ports::CaseRecord> record =
          transaction.GetCase(core::CaseId((*known)->subject_id));
      if (!record.ok()) return record.status();
      filed = *std::move(record);
      note.subject = filed.case_id.value();
      return absl::OkStatus();
    }
    const absl::StatusOr<TravelerState> state = LoadMovements(transaction, filing.traveler_id);
    if (!state.ok()) return state.status();
    if (state->documents.empty()) return MovedAway(state->corrections);
    const absl::StatusOr<core::CrossingId> crossing = DisputedCrossing(*state, filing);
    if (!crossing.ok()) return crossing.status();
    status = CheckNoRequestWaits(*state, *crossing);
    if (!status.ok()) return status;

    filed = CaseOf(*state, filing, *crossing, due_after_, RecordingTime(*state, now));
    note.subject = filed.case_id.value();
    status = transaction.AddCase(filed);
    if (status.ok()) {
      status = transaction.AddCaseEvent({filed.traveler_id, filed.case_id, filed.version,
                                         ports::CaseEventKind::kOpened, filed.opened_at,
                                         call.principal.name, filing.words});
    }
    if (status.ok()) {
      status = transaction.AddRequest({filing.request_id, call.principal.name, digest,
                                       filed.traveler_id, filed.case_id.value()});
    }
    return status;
  };
  AuditNote known;
  known.travelers = {filing.traveler_id};
  known.request_id = filing.request_id;
  if (absl::Status status = TransactAudited(store_, call, known, file); !status.ok()) {
    return status;
  }
  return filed;
}

}  // namespace entryexit::app
