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

// The traveler's id that the first row holds.
absl::StatusOr<core::TravelerId> ReadTravelerId(const Result& result) {
  core::TravelerId id;
  RowReader row(result.get(), 0);
  row.Read(id);
  if (!row.status().ok()) return row.status();
  return id;
}

absl::StatusOr<ports::TravelerRecord> ReadTraveler(const core::TravelerId& id,
                                                   const Result& result) {
  ports::TravelerRecord traveler{id, {}, {}};
  const int count = PQntuples(result.get());
  if (count == 0) return NotFound(Reason::kTravelerNotFound);
  for (int i = 0; i < count; ++i) {
    RowReader row(result.get(), i);
    row.Read(traveler.created_at);
    const bool has_document = PQgetisnull(result.get(), i, 1) == 0;
    if (has_document) ReadRow(row, traveler.documents.emplace_back());
    if (!row.status().ok()) return row.status();
  }
  return traveler;
}

absl::StatusOr<std::optional<ports::RequestRecord>> ReadRequest(const Result& result) {
  auto records = ReadRows<ports::RequestRecord>(result);
  if (!records.ok()) return records.status();
  if (records->empty()) return std::nullopt;
  return std::move(records->front());
}

// What is read of one traveler's records, in the order of ReadRecords; all of Planning::kOnce, so
// that each gives one result.
constexpr StatementId kRecordsOf[] = {
    kGetTraveler, kAllCrossings, kAllCorrections, kAllAdmissionChanges, kLatestComparisons,
    kAllStays,    kAllCases,     kSettledLeads,   kAllTemplates};

}  // namespace

// Of a statement, now; never zero, which would mean none.
std::chrono::milliseconds PostgresTransaction::LimitNow() const {
  const auto left =
      std::chrono::floor<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
  return std::max(std::chrono::milliseconds(1), std::min(left, statement_timeout_));
}

// The server's limit ends a statement whose daemon has given up waiting for it. It costs as much as
// a small statement to tell, so one that ends it a moment late is left as it is.
void PostgresTransaction::QueueLimit() {
  constexpr std::chrono::milliseconds kMoment{250};
  const std::chrono::milliseconds limit = LimitNow();
  if (told_limit_ && *told_limit_ - limit <= kMoment) return;
  pending_.push_back({kSetTimeout, ParamsOf(limit.count())});
  told_limit_ = limit;
}

absl::Status PostgresTransaction::Queue(StatementId statement, Params params) {
  if (!failure_.ok()) return failure_;
  if (pending_.empty()) {
    if (!begun_) {
      pending_.push_back({kBegin, {}});
      begun_ = true;
    }
    QueueLimit();
  }
  if (StatementOf(statement).planning == Planning::kEachUse && !plans_each_use_) {
    pending_.push_back({kUseCustomPlans, {}});
    plans_each_use_ = true;
  }
  pending_.push_back({statement, std::move(params)});
  return absl::OkStatus();
}

absl::StatusOr<Result> PostgresTransaction::Query(StatementId statement, Params params) {
  if (absl::Status status = Queue(statement, std::move(params)); !status.ok()) return status;
  absl::StatusOr<std::vector<Result>> results = Send(1);
  if (!results.ok()) return results.status();
  return std::move(results->front());
}

absl::StatusOr<std::vector<Result>> PostgresTransaction::Send(size_t count) {
  absl::StatusOr<std::vector<Result>> results = connection_.Run(pending_, deadline_);
  pending_.clear();
  failure_ = results.status();
  if (results.ok()) results->erase(results->begin(), results->end() - static_cast<int>(count));
  return results;
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
  const absl::Status status = connection_.Run({{kRollback, {}}}, deadline_).status();
  if (failure_.ok()) failure_ = status;
}

absl::StatusOr<std::optional<ports::RequestRecord>> PostgresTransaction::FindRequest(
    const core::RequestId& id) {
  const absl::StatusOr<Result> result = Query(kFindRequest, ParamsOf(id));
  if (!result.ok()) return result.status();
  return ReadRequest(*result);
}

absl::Status PostgresTransaction::AddRequest(const ports::RequestRecord& record) {
  return Queue(kAddRequest, ParamsOf(record));
}

absl::StatusOr<ports::Transaction::OpenedTraveler> PostgresTransaction::OpenTravelerOf(
    const core::DocumentId& document_id, const core::TravelDocument& document,
    const core::RequestId& request_id, bool is_likely_known) {
  auto results = LockAndRead(document_id, is_likely_known ? nullptr : &document, request_id);
  if (is_likely_known && results.ok() && PQntuples(results->front().get()) == 0) {
    // One that was moved while this waited is locked, along with the traveler whom it has left: to
    // wait for another traveler now would be out of order.
    const absl::Status known = FindTravelerByDocument(document_id).status();
    if (core::ReasonOf(known) == Reason::kTravelerNotFound) {
      results = LockAndRead(document_id, &document, request_id);
    } else if (!known.ok()) {
      return known;
    }
  }
  if (!results.ok()) return results.status();
  if (PQntuples(results->front().get()) != 1) {
    return core::MakeError(Reason::kDatabaseConflict,
                           "the document was moved, or its traveler erased, meanwhile");
  }
  const absl::StatusOr<core::TravelerId> locked = ReadTravelerId(results->front());
  if (!locked.ok()) return locked.status();
  auto request = ReadRequest(results->at(1));
  if (!request.ok()) return request.status();
  auto records = ReadRecords(*locked, std::span(*results).subspan(2));
  if (!records.ok()) return records.status();
  return OpenedTraveler{*std::move(records), *std::move(request)};
}

absl::StatusOr<std::vector<Result>> PostgresTransaction::LockAndRead(
    const core::DocumentId& document_id, const core::TravelDocument* add_if_new,
    const core::RequestId& request_id) {
  absl::Status status;
  if (add_if_new != nullptr) {
    status =
        Queue(kEnsureTraveler, ParamsOf(document_id, crypto::NewUuid(), add_if_new->issuing_state,
                                        add_if_new->number, add_if_new->nationality,
                                        add_if_new->birth_date, add_if_new->sex));
  }
  if (status.ok()) status = Queue(kLockTravelerOf, ParamsOf(document_id));
  if (status.ok()) status = Queue(kFindRequest, ParamsOf(request_id));
  if (status.ok()) status = QueueRecordsOf(/*id=*/std::nullopt, Templates::kInclude);
  if (!status.ok()) return status;
  return Send(2 + std::size(kRecordsOf));
}

absl::Status PostgresTransaction::LockTraveler(const core::TravelerId& id) {
  stays_.erase(id);  // read before the lock
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
  return ReadTraveler(id, *result);
}

absl::StatusOr<core::TravelerId> PostgresTransaction::FindTravelerByDocument(
    const core::DocumentId& id) {
  const absl::StatusOr<Result> result = Query(kFindTravelerByDocument, ParamsOf(id));
  if (!result.ok()) return result.status();
  if (PQntuples(result->get()) == 0) return NotFound(Reason::kTravelerNotFound);
  return ReadTravelerId(*result);
}

absl::StatusOr<ports::TravelerRecords> PostgresTransaction::GetRecords(const core::TravelerId& id,
                                                                       Templates templates) {
  if (!core::IsUuid(id.value())) return NotFound(Reason::kTravelerNotFound);
  if (absl::Status status = QueueRecordsOf(id, templates); !status.ok()) return status;
  const size_t left_out = templates == Templates::kInclude ? 0 : 1;
  const absl::StatusOr<std::vector<Result>> results = Send(std::size(kRecordsOf) - left_out);
  if (!results.ok()) return results.status();
  return ReadRecords(id, *results);
}

absl::Status PostgresTransaction::QueueRecordsOf(const std::optional<core::TravelerId>& id,
                                                 Templates templates) {
  for (const StatementId statement : kRecordsOf) {
    if (statement == kAllTemplates && templates == Templates::kLeaveOut) continue;
    if (absl::Status status = Queue(statement, ParamsOf(id)); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<ports::TravelerRecords> PostgresTransaction::ReadRecords(
    const core::TravelerId& id, std::span<const Result> results) {
  absl::StatusOr<ports::TravelerRecord> traveler = ReadTraveler(id, results.front());
  absl::Status status = traveler.status();
  if (!status.ok()) return status;
  ports::TravelerRecords records;
  records.traveler = *std::move(traveler);
  size_t next = 1;
  const auto read = [&]<typename Record>(std::vector<Record>& rows) {
    if (!status.ok()) return;
    absl::StatusOr<std::vector<Record>> got = ReadRows<Record>(results[next++]);
    status = got.status();
    if (status.ok()) rows = *std::move(got);
  };
  read(records.crossings);
  read(records.corrections);
  read(records.admission_changes);
  read(records.comparisons);
  read(records.stays);
  read(records.cases);
  read(records.settled);
  if (next < results.size()) read(records.templates);
  if (!status.ok()) return status;
  stays_[id] = records.stays;
  return records;
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
  if (!stays_.contains(id)) {
    absl::StatusOr<std::vector<ports::StayRecord>> known = AllStays(id);
    if (!known.ok()) return known.status();
    stays_[id] = *std::move(known);
  }
  const auto [superseded, added] = DifferenceOf(stays_[id], stays);

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
  if (status.ok()) stays_[id] = stays;
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

absl::StatusOr<std::vector<ports::CaseRecord>> PostgresTransaction::ListCases(
    const ports::CaseFilter& filter, const std::optional<ports::CaseCursor>& after, int limit) {
  std::optional<core::CaseId> after_id;
  if (after) after_id = after->case_id;
  const auto list = [&](StatementId statement, const auto& after_key) {
    return QueryRows<ports::CaseRecord>(
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
  return QueryRows<ports::StayRecord>(
      kListOverstays,
      ParamsOf(as_of, known_at, kind, after_day, after_traveler, after_arrival, limit));
}

absl::StatusOr<std::vector<core::StayCount>> PostgresTransaction::CountStays(
    const core::ReportScope& scope) {
  if (absl::Status status = Queue(kUseMuchMemory, {}); !status.ok()) return status;
  return QueryRows<core::StayCount>(kCountStays, ParamsOf(scope));
}

absl::StatusOr<std::vector<core::CrossingCount>> PostgresTransaction::CountCrossings(
    const core::ReportScope& scope) {
  if (absl::Status status = Queue(kUseMuchMemory, {}); !status.ok()) return status;
  return QueryRows<core::CrossingCount>(kCountCrossings, ParamsOf(scope));
}

absl::StatusOr<std::vector<core::TravelerId>> PostgresTransaction::TravelersToReview(
    core::Date as_of, const std::optional<core::TravelerId>& after, int limit) {
  return QueryRows<core::TravelerId>(kTravelersToReview, ParamsOf(as_of, after, limit));
}

}  // namespace entryexit::postgres
