#include <utility>

#include "entryexit/core/reason.h"
#include "src/postgres/rows.h"
#include "src/postgres/transaction.h"

namespace entryexit::postgres {
namespace {

using enum StatementId;
using ports::ErasurePhase;

StatementId StatementFor(ErasurePhase phase) {
  switch (phase) {
    case ErasurePhase::kNationalImages:
      return kNationalImagesDue;
    case ErasurePhase::kOtherImages:
      return kOtherImagesDue;
    case ErasurePhase::kTemplates:
      return kTemplatesDue;
    case ErasurePhase::kClosedStays:
      return kClosedStaysDue;
    case ErasurePhase::kOpenStays:
      return kOpenStaysDue;
    case ErasurePhase::kCrossingsWithoutStay:
      return kCrossingsWithoutStayDue;
    case ErasurePhase::kCases:
      break;
  }
  return kCasesDue;
}

// What the statement of a phase wants besides the page.
Params HorizonParams(ErasurePhase phase, const core::ErasureHorizon& horizon,
                     const std::string& operating_state) {
  switch (phase) {
    case ErasurePhase::kNationalImages:
      return ParamsOf(operating_state, horizon.national_images);
    case ErasurePhase::kOtherImages:
      return ParamsOf(operating_state, horizon.other_images);
    case ErasurePhase::kTemplates:
      return ParamsOf(horizon.national_templates, horizon.templates,
                      horizon.template_authorizations);
    case ErasurePhase::kClosedStays:
    case ErasurePhase::kCrossingsWithoutStay:
      return ParamsOf(horizon.exits);
    case ErasurePhase::kOpenStays:
      return ParamsOf(horizon.arrivals, horizon.national_arrivals, horizon.crossing_authorizations);
    case ErasurePhase::kCases:
      break;
  }
  return ParamsOf(horizon.cases);
}

}  // namespace

absl::StatusOr<std::vector<ports::ErasureCandidate>> PostgresTransaction::ErasureCandidates(
    ErasurePhase phase, const core::ErasureHorizon& horizon, const std::string& operating_state,
    const std::optional<ports::ErasureCandidate>& after, int limit) {
  std::optional<core::Timestamp> after_time;
  std::optional<core::TravelerId> after_traveler;
  std::optional<std::string> after_subject;
  if (after) {
    after_time = after->at;
    after_traveler = after->traveler_id;
    after_subject = after->subject_id;
  }
  Params params = ParamsOf(after_time, after_traveler, after_subject, limit);
  for (Param& param : HorizonParams(phase, horizon, operating_state)) {
    params.push_back(std::move(param));
  }
  return QueryRows<ports::ErasureCandidate>(StatementFor(phase), std::move(params));
}

absl::StatusOr<ports::RetainedItems> PostgresTransaction::RetainedOf(const core::TravelerId& id) {
  const absl::StatusOr<Result> result = Query(kRetainedOf, ParamsOf(id));
  if (!result.ok()) return result.status();
  ports::RetainedItems items;
  const int count = PQntuples(result->get());
  for (int i = 0; i < count; ++i) {
    core::DataKind kind{};
    core::CrossingId subject_id;
    RowReader row(result->get(), i);
    row.Read(kind, subject_id);
    if (!row.status().ok()) return row.status();
    if (kind == core::DataKind::kTraveler) {
      items.held = true;
    } else {
      (kind == core::DataKind::kImage ? items.images : items.templates).push_back(subject_id);
    }
  }
  return items;
}

absl::StatusOr<std::vector<ports::ErasureNotice>> PostgresTransaction::ErasureNotices(
    const core::TravelerId& id) {
  return QueryRows<ports::ErasureNotice>(kErasureNotices, ParamsOf(id));
}

absl::Status PostgresTransaction::AddErasureNotice(const ports::ErasureNotice& notice) {
  return Queue(kAddErasureNotice, ParamsOf(notice));
}

absl::Status PostgresTransaction::AddSettledLead(const ports::SettledLead& lead) {
  return Queue(kAddSettledLead, ParamsOf(lead));
}

absl::StatusOr<std::optional<core::ErasureReceipt>> PostgresTransaction::LockReceiptChain() {
  if (absl::Status status = Queue(kLockReceiptChain, {}); !status.ok()) return status;
  return QueryFirst<core::ErasureReceipt>(kLastReceipt, {});
}

absl::Status PostgresTransaction::AddErasureReceipt(const core::ErasureReceipt& receipt) {
  return Queue(kAddReceipt, ParamsOf(receipt));
}

absl::Status PostgresTransaction::Erase(std::int64_t receipt_number,
                                        const ports::ErasureOrder& order) {
  stays_.erase(order.traveler_id);
  return Queue(kEraseItems,
               ParamsOf(receipt_number, order.traveler_id, order.images, order.templates,
                        order.crossings, order.cases, order.whole_traveler));
}

absl::StatusOr<std::vector<core::ErasureReceipt>> PostgresTransaction::ListErasureReceipts(
    std::int64_t after, int limit) {
  return QueryRows<core::ErasureReceipt>(kListReceipts, ParamsOf(after, limit));
}

absl::Status PostgresTransaction::AddLegalHoldEvent(const ports::LegalHoldEvent& event) {
  return Queue(kAddLegalHoldEvent, ParamsOf(event));
}

absl::StatusOr<std::vector<ports::LegalHold>> PostgresTransaction::ListLegalHolds(
    const std::optional<core::TravelerId>& traveler_id, bool with_released,
    const std::optional<ports::LegalHoldCursor>& after, int limit) {
  std::optional<core::TravelerId> after_traveler;
  std::optional<std::string> after_hold;
  if (after) {
    after_traveler = after->traveler_id;
    after_hold = after->hold_id;
  }
  return QueryRows<ports::LegalHold>(
      kListLegalHolds, ParamsOf(traveler_id, with_released, after_traveler, after_hold, limit));
}

}  // namespace entryexit::postgres
