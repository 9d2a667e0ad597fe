#include "src/postgres/transaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"
#include "src/postgres/rows.h"
#include "src/postgres/stay_difference.h"

namespace entryexit::postgres {
namespace {

using core::Reason;
using enum StatementId;

absl::Status NotFound(Reason reason) { return core::MakeError(reason, "there is no such record"); }

}  // namespace

// For this round trip, in milliseconds; never zero, which would mean no limit.
std::string PostgresTransaction::TimeoutNow() const {
  const auto left =
      std::chrono::floor<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
  return fmt::to_string(
      std::max<std::chrono::milliseconds::rep>(1, std::min(left, statement_timeout_).count()));
}

absl::Status PostgresTransaction::Queue(StatementId statement, Params params) {
  if (!failure_.ok()) return failure_;
  if (pending_.empty()) {
    if (!begun_) pending_.push_back({kBegin, {}});
    begun_ = true;
    pending_.push_back({kSetTimeout, ParamsOf(TimeoutNow())});
  }
  pending_.push_back({statement, std::move(params)});
  return absl::OkStatus();
}

absl::StatusOr<Result> PostgresTransaction::Query(StatementId statement, Params params) {
  if (absl::Status status = Queue(statement, std::move(params)); !status.ok()) return status;
  absl::StatusOr<Result> result = connection_.Run(pending_, deadline_);
  pending_.clear();
  failure_ = result.status();
  return result;
}

template <typename Record>
absl::StatusOr<std::vector<Record>> PostgresTransaction::QueryRows(StatementId statement,
                                                                   Params params) {
  const absl::StatusOr<Result> result = Query(statement, std::move(params));
  if (!result.ok()) return result.status();
  return ReadRows<Record>(*result);
}

template <typename Record>
absl::StatusOr<std::vector<Record>> PostgresTransaction::QueryRowsPlannedAnew(StatementId statement,
                                                                              Params params) {
  if (absl::Status status = Queue(kUseCustomPlans, {}); !status.ok()) return status;
  return QueryRows<Record>(statement, std::move(params));
}

template <typename Record, typename Id>
absl::StatusOr<Record> PostgresTransaction::QueryById(StatementId statement, const Id& id,
                                                      Reason not_found) {
  // Ids come from callers too, and what is no UUID names nothing.
  if (!core::IsUuid(id.value())) return NotFound(not_found);
  absl::StatusOr<std::vector<Record>> records = QueryRows<Record>(statement, ParamsOf(id));
  if (!records.ok()) return records.status();
  if (records->empty()) return NotFound(not_found);
  return std::move(records->front());
}

absl::Status PostgresTransaction::Commit() {
  if (!failure_.ok()) return failure_;
  if (!begun_) return absl::OkStatus();
  return Query(kCommit, {}).status();
}

void PostgresTransaction::Rollback() {
  const bool reached_the_server =
      begun_ && (pending_.empty() || pending_.front().statement != kBegin);
  if (!reached_the_server) return;
  const absl::StatusOr<Result> result = connection_.Run({{kRollback, {}}}, deadline_);
  if (failure_.ok() && !result.ok()) failure_ = result.status();
}

absl::StatusOr<std::optional<ports::RequestRecord>> PostgresTransaction::FindRequest(
    const core::RequestId& id) {
  auto records = QueryRows<ports::RequestRecord>(kFindRequest, ParamsOf(id));
  if (!records.ok()) return records.status();
  if (records->empty()) return std::nullopt;
  return std::move(records->front());
}

absl::Status PostgresTransaction::AddRequest(const ports::RequestRecord& record) {
  return Queue(kAddRequest, ParamsOf(record));
}

absl::StatusOr<core::TravelerId> PostgresTransaction::LockTravelerOf(
    const core::DocumentId& document_id, const core::TravelDocument& document) {
  absl::Status status =
      Queue(kEnsureTraveler,
            ParamsOf(document_id, crypto::NewUuid(), document.issuing_state, document.number,
                     document.nationality, document.birth_date, document.sex));
  if (!status.ok()) return status;
  const absl::StatusOr<Result> result = Query(kLockTravelerOf, ParamsOf(document_id));
  if (!result.ok()) return result.status();
  if (PQntuples(result->get()) != 1) {
    // Or all of the traveler was erased while we waited for the lock; tried again, the document
    // begins a new record.
    return core::MakeError(Reason::kDatabaseConflict,
                           "the document was moved, or its traveler erased, meanwhile");
  }
  core::TravelerId traveler_id;
  RowReader row(result->get(), 0);
  row.Read(traveler_id);
  if (!row.status().ok()) return row.status();
  return traveler_id;
}

absl::Status PostgresTransaction::LockTraveler(const core::TravelerId& id) {
  return Queue(kLockTraveler, ParamsOf(id));
}

absl::Status PostgresTransaction::AddTraveler(const core::TravelerId& id) {
  return Queue(kAddTraveler, ParamsOf(id));
}

absl::Status PostgresTransaction::MoveDocument(const core::DocumentId& document_id,
                                               const core::TravelerId& to) {
  return Queue(kMoveDocument, ParamsOf(document_id, to));
}

absl::Status PostgresTransaction::RemoveMovedBiometrics(const core::TravelerId& from,
                                                        const core::TravelerId& to) {
  return Queue(kRemoveMovedBiometrics, ParamsOf(from, to));
}

absl::StatusOr<ports::TravelerRecord> PostgresTransaction::GetTraveler(const core::TravelerId& id) {
  if (!core::IsUuid(id.value())) return NotFound(Reason::kTravelerNotFound);
  const absl::StatusOr<Result> result = Query(kGetTraveler, ParamsOf(id));
  if (!result.ok()) return result.status();
  ports::TravelerRecord traveler{id, {}, {}};
  const int count = PQntuples(result->get());
  if (count == 0) return NotFound(Reason::kTravelerNotFound);
  for (int i = 0; i < count; ++i) {
    RowReader row(result->get(), i);
    row.Read(traveler.created_at);
    const bool has_document = PQgetisnull(result->get(), i, 1) == 0;
    if (has_document) ReadRow(row, traveler.documents.emplace_back());
    if (!row.status().ok()) return row.status();
  }
  return traveler;
}

absl::StatusOr<core::TravelerId> PostgresTransaction::FindTravelerByDocument(
    const core::DocumentId& id) {
  const absl::StatusOr<Result> result = Query(kFindTravelerByDocument, ParamsOf(id));
  if (!result.ok()) return result.status();
  if (PQntuples(result->get()) == 0) return NotFound(Reason::kTravelerNotFound);
  core::TravelerId traveler_id;
  RowReader row(result->get(), 0);
  row.Read(traveler_id);
  if (!row.status().ok()) return row.status();
  return traveler_id;
}

absl::Status PostgresTransaction::AddCrossing(const ports::CrossingRecord& record) {
  return Queue(kAddCrossing, ParamsOf(record));
}

absl::StatusOr<ports::CrossingRecord> PostgresTransaction::GetCrossing(const core::CrossingId& id) {
  return QueryById<ports::CrossingRecord>(kGetCrossing, id, Reason::kCrossingNotFound);
}

absl::StatusOr<ports::CrossingRecord> PostgresTransaction::GetCrossingOf(
    const core::TravelerId& traveler_id, const core::CrossingId& id) {
  auto records = QueryRows<ports::CrossingRecord>(kGetCrossingOf, ParamsOf(traveler_id, id));
  if (!records.ok()) return records.status();
  if (records->empty()) return NotFound(Reason::kCrossingNotFound);
  return std::move(records->front());
}

absl::StatusOr<std::vector<ports::CrossingRecord>> PostgresTransaction::AllCrossings(
    const core::TravelerId& id) {
  return QueryRows<ports::CrossingRecord>(kAllCrossings, ParamsOf(id));
}

absl::StatusOr<std::vector<ports::CrossingRecord>> PostgresTransaction::ListCrossings(
    const core::TravelerId& id, const std::optional<ports::CrossingCursor>& after, int limit) {
  std::optional<core::Timestamp> after_time;
  std::optional<core::CrossingId> after_id;
  if (after) {
    after_time = after->captured_at;
    after_id = after->crossing_id;
  }
  return QueryRows<ports::CrossingRecord>(kListCrossings,
                                          ParamsOf(id, after_time, after_id, limit));
}

absl::Status PostgresTransaction::AddCapture(const ports::CaptureRecord& record) {
  return Queue(kAddCapture, ParamsOf(record));
}

absl::StatusOr<ports::CaptureRecord> PostgresTransaction::GetCapture(const core::CrossingId& id) {
  return QueryById<ports::CaptureRecord>(kGetCapture, id, Reason::kCaptureNotFound);
}

absl::Status PostgresTransaction::AddTemplate(const ports::TemplateRecord& record) {
  return Queue(kAddTemplate, ParamsOf(record));
}

absl::StatusOr<std::vector<ports::TemplateRecord>> PostgresTransaction::AllTemplates(
    const core::TravelerId& id) {
  return QueryRows<ports::TemplateRecord>(kAllTemplates, ParamsOf(id));
}

absl::Status PostgresTransaction::AddComparison(const ports::ComparisonRecord& record) {
  return Queue(kAddComparison, ParamsOf(record));
}

absl::StatusOr<ports::ComparisonRecord> PostgresTransaction::GetComparison(
    const core::ComparisonId& id) {
  return QueryById<ports::ComparisonRecord>(kGetComparison, id, Reason::kComparisonNotFound);
}

absl::StatusOr<std::vector<ports::ComparisonRecord>> PostgresTransaction::ComparisonsOf(
    const core::TravelerId& id, const std::vector<core::CrossingId>& departures) {
  return QueryRows<ports::ComparisonRecord>(kComparisonsOf, ParamsOf(id, departures));
}

absl::StatusOr<std::vector<ports::ComparisonSummary>> PostgresTransaction::LatestComparisons(
    const core::TravelerId& id) {
  return QueryRows<ports::ComparisonSummary>(kLatestComparisons, ParamsOf(id));
}

absl::Status PostgresTransaction::AddAdmissionChange(const ports::AdmissionChangeRecord& record) {
  return Queue(kAddAdmissionChange, ParamsOf(record));
}

absl::StatusOr<std::vector<ports::AdmissionChangeRecord>> PostgresTransaction::AllAdmissionChanges(
    const core::TravelerId& id) {
  return QueryRows<ports::AdmissionChangeRecord>(kAllAdmissionChanges, ParamsOf(id));
}

absl::Status PostgresTransaction::AddCorrection(const ports::CorrectionRecord& record) {
  return Queue(kAddCorrection, ParamsOf(record));
}

absl::StatusOr<std::vector<ports::CorrectionRecord>> PostgresTransaction::AllCorrections(
    const core::TravelerId& id) {
  return QueryRows<ports::CorrectionRecord>(kAllCorrections, ParamsOf(id));
}

absl::Status PostgresTransaction::ReplaceStays(const core::TravelerId& id,
                                               const std::vector<ports::StayRecord>& stays,
                                               core::Timestamp recorded_at) {
  const absl::StatusOr<std::vector<ports::StayRecord>> known = AllStays(id);
  if (!known.ok()) return known.status();
  const auto [superseded, added] = DifferenceOf(*known, stays);

  absl::Status status;
  if (!superseded.empty()) {
    std::vector<core::CrossingId> arrivals;
    for (const ports::StayRecord* record : superseded) arrivals.push_back(record->stay.arrival_id);
    status = Queue(kSupersedeStays, ParamsOf(id, recorded_at, arrivals));
  }
  for (const ports::StayRecord* record : added) {
    Params params = ParamsOf(*record);
    params.push_back(Encode(recorded_at));
    if (status.ok()) status = Queue(kAddStay, std::move(params));
  }
  return status;
}

absl::StatusOr<std::vector<ports::StayRecord>> PostgresTransaction::AllStays(
    const core::TravelerId& id) {
  return QueryRows<ports::StayRecord>(kAllStays, ParamsOf(id));
}

absl::StatusOr<std::vector<ports::KnownStay>> PostgresTransaction::StayHistory(
    const core::TravelerId& id) {
  return QueryRows<ports::KnownStay>(kStayHistory, ParamsOf(id));
}

absl::Status PostgresTransaction::AddCase(const ports::CaseRecord& record) {
  absl::Status status = Queue(kAddCase, ParamsOf(record));
  if (!status.ok() || !core::WaitsForOfficer(record.state)) return status;
  return Queue(kAnnounceCase, ParamsOf(record.case_id));
}

absl::Status PostgresTransaction::UpdateCase(const ports::CaseRecord& record) {
  const absl::StatusOr<Result> result =
      Query(kUpdateCase, ParamsOf(record.traveler_id, record.case_id, record.version, record.state,
                                  record.severity, record.days_overstayed, record.comparison_id,
                                  record.updated_at, record.first_officer));
  if (!result.ok()) return result.status();
  if (PQntuples(result->get()) == 0) {
    return core::MakeError(Reason::kCaseChanged,
                           fmt::format("the case is no longer at version {}", record.version - 1));
  }
  core::CaseState before{};
  RowReader row(result->get(), 0);
  row.Read(before);
  if (!row.status().ok()) return row.status();
  const bool is_news = core::WaitsForOfficer(record.state) && before != record.state;
  return is_news ? Queue(kAnnounceCase, ParamsOf(record.case_id)) : absl::OkStatus();
}

absl::Status PostgresTransaction::AddCaseEvent(const ports::CaseEvent& event) {
  return Queue(kAddCaseEvent, ParamsOf(event));
}

absl::StatusOr<ports::CaseRecord> PostgresTransaction::GetCase(const core::CaseId& id) {
  return QueryById<ports::CaseRecord>(kGetCase, id, Reason::kCaseNotFound);
}

absl::StatusOr<std::vector<ports::CaseEvent>> PostgresTransaction::CaseEvents(
    const core::TravelerId& traveler_id, const core::CaseId& case_id) {
  return QueryRows<ports::CaseEvent>(kCaseEvents, ParamsOf(traveler_id, case_id));
}

absl::StatusOr<std::vector<ports::CaseRecord>> PostgresTransaction::AllCases(
    const core::TravelerId& id) {
  return QueryRows<ports::CaseRecord>(kAllCases, ParamsOf(id));
}

absl::StatusOr<std::vector<ports::CaseRecord>> PostgresTransaction::ListCases(
    const ports::CaseFilter& filter, const std::optional<ports::CaseCursor>& after, int limit) {
  std::optional<core::CaseId> after_id;
  if (after) after_id = after->case_id;
  const auto list = [&](StatementId statement, const auto& after_key) {
    return QueryRowsPlannedAnew<ports::CaseRecord>(
        statement, ParamsOf(filter.state, filter.kind, filter.port_id, filter.traveler_id,
                            after_key, after_id, limit, filter.due_before));
  };
  if (filter.by_due_day) {
    std::optional<core::Date> after_day;
    if (after) after_day = std::chrono::floor<std::chrono::days>(after->at);
    return list(kListCasesByDueDay, after_day);
  }
  std::optional<core::Timestamp> after_time;
  if (after) after_time = after->at;
  return list(kListCases, after_time);
}

absl::StatusOr<std::vector<core::TravelerId>> PostgresTransaction::DisputedAmong(
    const std::vector<core::TravelerId>& travelers,
    const std::optional<core::Timestamp>& known_at) {
  return QueryRows<core::TravelerId>(kDisputedAmong, ParamsOf(travelers, known_at));
}

absl::StatusOr<std::vector<ports::StayRecord>> PostgresTransaction::ListOverstays(
    core::Date as_of, core::Timestamp known_at, std::optional<core::OverstayKind> kind,
    const std::optional<ports::OverstayCursor>& after, int limit) {
  std::optional<core::Date> after_day;
  std::optional<core::TravelerId> after_traveler;
  std::optional<core::CrossingId> after_arrival;
  if (after) {
    after_day = after->authorized_until;
    after_traveler = after->traveler_id;
    after_arrival = after->arrival_id;
  }
  return QueryRowsPlannedAnew<ports::StayRecord>(
      kListOverstays,
      ParamsOf(as_of, known_at, kind, after_day, after_traveler, after_arrival, limit));
}

absl::StatusOr<std::vector<core::StayCount>> PostgresTransaction::CountStays(
    const core::ReportScope& scope) {
  if (absl::Status status = Queue(kUseMuchMemory, {}); !status.ok()) return status;
  return QueryRowsPlannedAnew<core::StayCount>(kCountStays, ParamsOf(scope));
}

absl::StatusOr<std::vector<core::CrossingCount>> PostgresTransaction::CountCrossings(
    const core::ReportScope& scope) {
  if (absl::Status status = Queue(kUseMuchMemory, {}); !status.ok()) return status;
  return QueryRowsPlannedAnew<core::CrossingCount>(kCountCrossings, ParamsOf(scope));
}

absl::StatusOr<std::vector<core::TravelerId>> PostgresTransaction::TravelersToReview(
    core::Date as_of, const std::optional<core::TravelerId>& after, int limit) {
  return QueryRowsPlannedAnew<core::TravelerId>(kTravelersToReview, ParamsOf(as_of, after, limit));
}

}  // namespace entryexit::postgres
