// The methods of a transaction that read and write many records at once.
#include <fmt/format.h>

#include "entryexit/core/reason.h"
#include "src/postgres/rows.h"
#include "src/postgres/transaction.h"

namespace entryexit::postgres {
namespace {

template <typename Record>
CopyRows RowsOf(const std::vector<Record>& records) {
  CopyRows rows;
  for (const Record& record : records) rows.Add(ParamsOf(record));
  return rows;
}

}  // namespace

absl::Status PostgresTransaction::Copy(CopyId copy, const CopyRows& rows) {
  if (!failure_.ok() || rows.empty()) return failure_;
  if (rows.holds_nul()) {
    failure_ = core::MakeError(
        core::Reason::kInternal,
        fmt::format("a text for the statement {} holds a NUL, which PostgreSQL cannot store",
                    StatementOf(copy).name));
    return failure_;
  }
  absl::Status status = Query(StatementId::kSetTimeout, ParamsOf(TimeoutNow())).status();
  if (status.ok()) status = connection_.CopyIn(copy, rows.text(), deadline_);
  failure_ = status;
  return status;
}

absl::StatusOr<std::vector<ports::Transaction::KnownDocument>> PostgresTransaction::LockTravelersOf(
    const std::vector<core::DocumentId>& documents) {
  absl::Status status = Queue(StatementId::kUseCustomPlans, {});
  if (!status.ok()) return status;
  const absl::StatusOr<Result> result = Query(StatementId::kLockTravelersOf, ParamsOf(documents));
  if (!result.ok()) return result.status();
  return ReadRows<KnownDocument>(*result);
}

absl::StatusOr<std::vector<ports::CrossingRecord>> PostgresTransaction::CrossingsOf(
    const std::vector<core::TravelerId>& travelers) {
  absl::Status status = Queue(StatementId::kUseCustomPlans, {});
  if (!status.ok()) return status;
  const absl::StatusOr<Result> result = Query(StatementId::kCrossingsOf, ParamsOf(travelers));
  if (!result.ok()) return result.status();
  return ReadRows<ports::CrossingRecord>(*result);
}

absl::Status PostgresTransaction::AddTravelers(const std::vector<ports::NewTraveler>& travelers) {
  CopyRows rows;
  CopyRows documents;
  for (const ports::NewTraveler& traveler : travelers) {
    const core::TravelDocument& d = traveler.document;
    rows.Add(ParamsOf(traveler.traveler_id));
    documents.Add(ParamsOf(traveler.document_id, traveler.traveler_id, d.issuing_state, d.number,
                           d.nationality, d.birth_date, d.sex));
  }
  // As the statement that adds one: whoever waits for the document has no traveler yet.
  absl::Status status = Copy(CopyId::kTravelDocuments, documents);
  return status.ok() ? Copy(CopyId::kTravelers, rows) : status;
}

absl::Status PostgresTransaction::AddCrossings(
    const std::vector<ports::CrossingRecord>& crossings) {
  return Copy(CopyId::kCrossings, RowsOf(crossings));
}

absl::Status PostgresTransaction::AddStays(const std::vector<ports::StayRecord>& stays,
                                           core::Timestamp recorded_at) {
  CopyRows rows;
  for (const ports::StayRecord& stay : stays) {
    Params row = ParamsOf(stay);
    row.push_back(Encode(recorded_at));
    rows.Add(row);
  }
  return Copy(CopyId::kStays, rows);
}

absl::Status PostgresTransaction::AddCases(const std::vector<ports::CaseRecord>& cases) {
  absl::Status status = Copy(CopyId::kCases, RowsOf(cases));
  std::vector<core::CaseId> open;
  for (const ports::CaseRecord& record : cases) {
    if (record.state == core::CaseState::kOpen) open.push_back(record.case_id);
  }
  if (!status.ok() || open.empty()) return status;
  return Queue(StatementId::kAnnounceCases, ParamsOf(open));
}

absl::Status PostgresTransaction::AddCaseEvents(const std::vector<ports::CaseEvent>& events) {
  return Copy(CopyId::kCaseEvents, RowsOf(events));
}

}  // namespace entryexit::postgres
