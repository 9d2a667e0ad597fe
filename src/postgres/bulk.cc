// The methods of a transaction that read and write many records at once.
#include <fmt/format.h>

#include <string>
#include <unordered_map>

#include "entryexit/core/reason.h"
#include "src/postgres/rows.h"
#include "src/postgres/stay_difference.h"
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
  absl::Status status = Query(StatementId::kSetTimeout, ParamsOf(LimitNow().count())).status();
  if (status.ok()) status = connection_.CopyIn(copy, rows.text(), deadline_);
  failure_ = status;
  return status;
}

absl::StatusOr<std::vector<ports::Transaction::KnownDocument>> PostgresTransaction::LockTravelersOf(
    const std::vector<core::DocumentId>& documents) {
  return QueryRows<KnownDocument>(StatementId::kLockTravelersOf, ParamsOf(documents));
}

absl::StatusOr<std::vector<ports::Transaction::DocumentCrossings>>
PostgresTransaction::CountCrossingsOf(const std::vector<core::DocumentId>& documents) {
  return QueryRows<DocumentCrossings>(StatementId::kCountCrossingsOf, ParamsOf(documents));
}

absl::StatusOr<std::vector<ports::CrossingRecord>> PostgresTransaction::CrossingsOf(
    const std::vector<core::TravelerId>& travelers) {
  return QueryRows<ports::CrossingRecord>(StatementId::kCrossingsOf, ParamsOf(travelers));
}

absl::StatusOr<std::vector<ports::Transaction::DocumentOf>> PostgresTransaction::DocumentsOf(
    const std::vector<core::TravelerId>& travelers) {
  return QueryRows<DocumentOf>(StatementId::kDocumentsOf, ParamsOf(travelers));
}

absl::StatusOr<std::vector<ports::CorrectionRecord>> PostgresTransaction::CorrectionsOf(
    const std::vector<core::TravelerId>& travelers) {
  return QueryRows<ports::CorrectionRecord>(StatementId::kCorrectionsOf, ParamsOf(travelers));
}

absl::StatusOr<std::vector<ports::AdmissionChangeRecord>> PostgresTransaction::AdmissionChangesOf(
    const std::vector<core::TravelerId>& travelers) {
  return QueryRows<ports::AdmissionChangeRecord>(StatementId::kAdmissionChangesOf,
                                                 ParamsOf(travelers));
}

absl::StatusOr<std::vector<ports::SettledLead>> PostgresTransaction::SettledLeadsOf(
    const std::vector<core::TravelerId>& travelers) {
  return QueryRows<ports::SettledLead>(StatementId::kSettledLeadsOf, ParamsOf(travelers));
}

absl::StatusOr<std::vector<ports::Transaction::ComparisonOf>>
PostgresTransaction::LatestComparisonsOf(const std::vector<core::TravelerId>& travelers) {
  return QueryRows<ComparisonOf>(StatementId::kLatestComparisonsOf, ParamsOf(travelers));
}

absl::StatusOr<std::vector<ports::CaseRecord>> PostgresTransaction::CasesOf(
    const std::vector<core::TravelerId>& travelers) {
  return QueryRows<ports::CaseRecord>(StatementId::kCasesOf, ParamsOf(travelers));
}

absl::Status PostgresTransaction::ReplaceStaysOf(const std::vector<TravelerStays>& travelers) {
  if (travelers.empty()) return failure_;
  stays_.clear();
  std::vector<core::TravelerId> ids;
  for (const TravelerStays& traveler : travelers) ids.push_back(traveler.traveler_id);
  const auto known = QueryRows<ports::StayRecord>(StatementId::kStaysOf, ParamsOf(ids));
  if (!known.ok()) return known.status();
  std::unordered_map<core::TravelerId, std::vector<ports::StayRecord>> known_of;
  for (const ports::StayRecord& stay : *known) known_of[stay.traveler_id].push_back(stay);

  CopyRows rows;
  std::vector<core::TravelerId> superseded_of;
  std::vector<core::CrossingId> superseded;
  std::string until;  // an array of times
  for (const TravelerStays& traveler : travelers) {
    const auto [gone, added] = DifferenceOf(known_of[traveler.traveler_id], traveler.stays);
    const Param time = Encode(traveler.recorded_at);
    for (const ports::StayRecord* record : gone) {
      superseded_of.push_back(record->traveler_id);
      superseded.push_back(record->stay.arrival_id);
      until += (until.empty() ? "\"" : ",\"") + *time.value + '"';
    }
    for (const ports::StayRecord* record : added) {
      Params row = ParamsOf(*record);
      row.push_back(time);
      rows.Add(row);
    }
  }
  absl::Status status;
  if (!superseded.empty()) {
    status = Queue(StatementId::kSupersedeStaysOf,
                   ParamsOf(superseded_of, superseded, "{" + until + "}"));
  }
  return status.ok() ? Copy(CopyId::kStays, rows) : status;
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
  std::vector<core::CaseId> waiting;
  for (const ports::CaseRecord& record : cases) {
    if (core::WaitsForOfficer(record.state)) waiting.push_back(record.case_id);
  }
  if (!status.ok() || waiting.empty()) return status;
  return Queue(StatementId::kAnnounceCases, ParamsOf(waiting));
}

absl::Status PostgresTransaction::AddCaseEvents(const std::vector<ports::CaseEvent>& events) {
  return Copy(CopyId::kCaseEvents, RowsOf(events));
}

}  // namespace entryexit::postgres
