#ifndef ENTRYEXIT_SRC_POSTGRES_TRANSACTION_H_
#define ENTRYEXIT_SRC_POSTGRES_TRANSACTION_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "entryexit/core/reason.h"
#include "entryexit/ports/store.h"
#include "src/postgres/connection.h"
#include "src/postgres/copy_rows.h"
#include "src/postgres/rows.h"

namespace entryexit::postgres {

// One attempt of a transaction. Writes are kept back and sent together with the next read or the
// commit, in one round trip: their errors show there. After an error of the database every method
// returns that error.
class PostgresTransaction final : public ports::Transaction {
 public:
  // `connection` must be idle.
  PostgresTransaction(Connection& connection, core::Deadline deadline,
                      std::chrono::milliseconds statement_timeout)
      : connection_(connection), deadline_(deadline), statement_timeout_(statement_timeout) {}

  absl::Status Commit();
  // Closes nothing and reports nothing: what cannot be rolled back leaves the connection not idle.
  void Rollback();
  // The error of the database that ended the transaction, if any.
  const absl::Status& failure() const { return failure_; }

  absl::StatusOr<std::optional<ports::RequestRecord>> FindRequest(
      const core::RequestId& id) override;
  absl::Status AddRequest(const ports::RequestRecord& record) override;
  absl::StatusOr<OpenedTraveler> OpenTravelerOf(const core::DocumentId& document_id,
                                                const core::TravelDocument& document,
                                                const core::RequestId& request_id,
                                                bool is_likely_known) override;
  absl::Status LockTraveler(const core::TravelerId& id) override;
  absl::Status AddTraveler(const core::TravelerId& id) override;
  absl::Status MoveDocument(const core::DocumentId& document_id,
                            const core::TravelerId& to) override;
  absl::Status RemoveMovedBiometrics(const core::TravelerId& from,
                                     const core::TravelerId& to) override;
  absl::StatusOr<ports::TravelerRecord> GetTraveler(const core::TravelerId& id) override;
  absl::StatusOr<core::TravelerId> FindTravelerByDocument(const core::DocumentId& id) override;
  absl::StatusOr<ports::TravelerRecords> GetRecords(const core::TravelerId& id,
                                                    Templates templates) override;
  absl::Status AddCrossing(const ports::CrossingRecord& record) override;
  absl::StatusOr<ports::CrossingRecord> GetCrossing(const core::CrossingId& id) override;
  absl::StatusOr<ports::CrossingRecord> GetCrossingOf(const core::TravelerId& traveler_id,
                                                      const core::CrossingId& id) override;
  absl::StatusOr<std::vector<ports::CrossingRecord>> ListCrossings(
      const core::TravelerId& id, const std::optional<ports::CrossingCursor>& after,
      int limit) override;
  absl::Status AddCapture(const ports::CaptureRecord& record) override;
  absl::StatusOr<ports::CaptureRecord> GetCapture(const core::CrossingId& id) override;
  absl::Status AddTemplate(const ports::TemplateRecord& record) override;
  absl::StatusOr<std::vector<ports::TemplateRecord>> AllTemplates(
      const core::TravelerId& id) override;
  absl::Status AddComparison(const ports::ComparisonRecord& record) override;
  absl::StatusOr<ports::ComparisonRecord> GetComparison(const core::ComparisonId& id) override;
  absl::StatusOr<std::vector<ports::ComparisonRecord>> ComparisonsOf(
      const core::TravelerId& id, const std::vector<core::CrossingId>& departures) override;
  absl::Status AddAdmissionChange(const ports::AdmissionChangeRecord& record) override;
  absl::StatusOr<std::vector<ports::AdmissionChangeRecord>> AllAdmissionChanges(
      const core::TravelerId& id) override;
  absl::Status AddCorrection(const ports::CorrectionRecord& record) override;
  absl::StatusOr<std::vector<ports::CorrectionRecord>> AllCorrections(
      const core::TravelerId& id) override;
  absl::Status ReplaceStays(const core::TravelerId& id, const std::vector<ports::StayRecord>& stays,
                            core::Timestamp recorded_at) override;
  absl::StatusOr<std::vector<ports::StayRecord>> AllStays(const core::TravelerId& id) override;
  absl::StatusOr<std::vector<ports::KnownStay>> StayHistory(const core::TravelerId& id) override;
  absl::Status AddCase(const ports::CaseRecord& record) override;
  absl::Status UpdateCase(const ports::CaseRecord& record) override;
  absl::Status AddCaseEvent(const ports::CaseEvent& event) override;
  absl::StatusOr<ports::CaseRecord> GetCase(const core::CaseId& id) override;
  absl::StatusOr<std::vector<ports::CaseEvent>> CaseEvents(const core::TravelerId& traveler_id,
                                                           const core::CaseId& case_id) override;
  absl::StatusOr<std::vector<ports::CaseRecord>> ListCases(
      const ports::CaseFilter& filter, const std::optional<ports::CaseCursor>& after,
      int limit) override;
  absl::StatusOr<std::vector<core::TravelerId>> DisputedAmong(
      const std::vector<core::TravelerId>& travelers,
      const std::optional<core::Timestamp>& known_at) override;
  absl::StatusOr<std::vector<ports::StayRecord>> ListOverstays(
      core::Date as_of, core::Timestamp known_at, std::optional<core::OverstayKind> kind,
      const std::optional<ports::OverstayCursor>& after, int limit) override;
  absl::StatusOr<std::vector<core::StayCount>> CountStays(const core::ReportScope& scope) override;
  absl::StatusOr<std::vector<core::CrossingCount>> CountCrossings(
      const core::ReportScope& scope) override;
  absl::StatusOr<std::vector<core::TravelerId>> TravelersToReview(
      core::Date as_of, const std::optional<core::TravelerId>& after, int limit) override;

  absl::StatusOr<std::vector<KnownDocument>> LockTravelersOf(
      const std::vector<core::DocumentId>& documents) override;
  absl::StatusOr<std::vector<DocumentCrossings>> CountCrossingsOf(
      const std::vector<core::DocumentId>& documents) override;
  absl::StatusOr<std::vector<ports::CrossingRecord>> CrossingsOf(
      const std::vector<core::TravelerId>& travelers) override;
  absl::StatusOr<std::vector<DocumentOf>> DocumentsOf(
      const std::vector<core::TravelerId>& travelers) override;
  absl::StatusOr<std::vector<ports::CorrectionRecord>> CorrectionsOf(
      const std::vector<core::TravelerId>& travelers) override;
  absl::StatusOr<std::vector<ports::AdmissionChangeRecord>> AdmissionChangesOf(
      const std::vector<core::TravelerId>& travelers) override;
  absl::StatusOr<std::vector<ports::SettledLead>> SettledLeadsOf(
      const std::vector<core::TravelerId>& travelers) override;
  absl::StatusOr<std::vector<ComparisonOf>> LatestComparisonsOf(
      const std::vector<core::TravelerId>& travelers) override;
  absl::StatusOr<std::vector<ports::CaseRecord>> CasesOf(
      const std::vector<core::TravelerId>& travelers) override;
  absl::Status ReplaceStaysOf(const std::vector<TravelerStays>& travelers) override;
  absl::Status AddTravelers(const std::vector<ports::NewTraveler>& travelers) override;
  absl::Status AddCrossings(const std::vector<ports::CrossingRecord>& crossings) override;
  absl::Status AddStays(const std::vector<ports::StayRecord>& stays,
                        core::Timestamp recorded_at) override;
  absl::Status AddCases(const std::vector<ports::CaseRecord>& cases) override;
  absl::Status AddCaseEvents(const std::vector<ports::CaseEvent>& events) override;
  // In retention.cc.
  absl::StatusOr<std::vector<ports::ErasureCandidate>> ErasureCandidates(
      ports::ErasurePhase phase, const core::ErasureHorizon& horizon,
      const std::string& operating_state, const std::optional<ports::ErasureCandidate>& after,
      int limit) override;
  absl::StatusOr<ports::RetainedItems> RetainedOf(const core::TravelerId& id) override;
  absl::StatusOr<std::vector<ports::ErasureNotice>> ErasureNotices(
      const core::TravelerId& id) override;
  absl::Status AddErasureNotice(const ports::ErasureNotice& notice) override;
  absl::Status AddSettledLead(const ports::SettledLead& lead) override;
  absl::StatusOr<std::optional<core::ErasureReceipt>> LockReceiptChain() override;
  absl::Status AddErasureReceipt(const core::ErasureReceipt& receipt) override;
  absl::Status Erase(std::int64_t receipt_number, const ports::ErasureOrder& order) override;
  absl::StatusOr<std::vector<core::ErasureReceipt>> ListErasureReceipts(std::int64_t after,
                                                                        int limit) override;
  absl::Status AddLegalHoldEvent(const ports::LegalHoldEvent& event) override;
  absl::StatusOr<std::vector<ports::LegalHold>> ListLegalHolds(
      const std::optional<core::TravelerId>& traveler_id, bool with_released,
      const std::optional<ports::LegalHoldCursor>& after, int limit) override;
  // In audit.cc.
  absl::Status AddAuditRecord(const core::AuditEntry& entry) override;
  absl::StatusOr<std::vector<core::AuditRecord>> FindAuditRecords(
      const ports::AuditFilter& filter, const std::optional<ports::AuditCursor>& after,
      int limit) override;
  absl::StatusOr<std::vector<core::AuditRecord>> AuditRecordsOf(int chain, std::int64_t after,
                                                                std::int64_t last,
                                                                int limit) override;
  absl::StatusOr<std::vector<core::AuditHead>> AuditHeads() override;
  absl::StatusOr<std::optional<core::AuditCheckpoint>> LockAuditCheckpoints() override;
  absl::Status AddAuditCheckpoint(const core::AuditCheckpoint& checkpoint) override;
  absl::StatusOr<std::vector<core::AuditCheckpoint>> ListAuditCheckpoints(std::int64_t after,
                                                                          int limit) override;

  absl::StatusOr<std::vector<ports::WrappedKey>> AllDataKeys() override;
  absl::Status AddFirstDataKey(const ports::WrappedKey& key) override;
  absl::StatusOr<bool> RewrapDataKey(const std::string& from_kek,
                                     const ports::WrappedKey& key) override;
  absl::StatusOr<std::optional<ports::KeyRotation>> OpenKeyRotation() override;
  absl::Status BeginKeyRotation(const ports::KeyRotation& rotation,
                                const ports::WrappedKey& key) override;
  absl::StatusOr<std::int64_t> CountSealedOtherwise(const std::string& key_id) override;
  absl::StatusOr<bool> AnySealedOtherwise(const std::string& key_id) override;
  absl::StatusOr<std::vector<ports::SealedRow>> SealedOtherwise(
      ports::SealedKind kind, const std::string& key_id,
      const std::optional<ports::SealedCursor>& after, int limit) override;
  absl::StatusOr<bool> Reseal(ports::SealedKind kind, const ports::SealedRow& row,
                              const ports::SealedBlob& blob) override;
  absl::StatusOr<bool> DestroyDataKey(const std::string& key_id) override;
  absl::Status FinishKeyRotation(const std::string& rotation_id) override;

 private:
  // Sends what is pending, and then `rows`, if there are any.
  absl::Status Copy(CopyId copy, const CopyRows& rows);
  absl::Status Queue(StatementId statement, Params params);
  absl::StatusOr<Result> Query(StatementId statement, Params params);
  // Sends what is queued; what the last `count` statements gave, in their order.
  absl::StatusOr<std::vector<Result>> Send(size_t count);
  // Who uses the document, whom it locks, the request, and what QueueRecordsOf asks for.
  absl::StatusOr<std::vector<Result>> LockAndRead(const core::DocumentId& document_id,
                                                  const core::TravelDocument* add_if_new,
                                                  const core::RequestId& request_id);
  // What GetRecords reads, of the traveler or of the one locked by a document, and what it makes of
  // that.
  absl::Status QueueRecordsOf(const std::optional<core::TravelerId>& id, Templates templates);
  absl::StatusOr<ports::TravelerRecords> ReadRecords(const core::TravelerId& id,
                                                     std::span<const Result> results);
  template <typename Record>
  absl::StatusOr<std::vector<Record>> QueryRows(StatementId statement, Params params) {
    const absl::StatusOr<Result> result = Query(statement, std::move(params));
    if (!result.ok()) return result.status();
    return ReadRows<Record>(*result);
  }
  // The first of them, if there is one.
  template <typename Record>
  absl::StatusOr<std::optional<Record>> QueryFirst(StatementId statement, Params params) {
    auto records = QueryRows<Record>(statement, std::move(params));
    if (!records.ok()) return records.status();
    if (records->empty()) return std::nullopt;
    return std::move(records->front());
  }
  template <typename Record, typename Id>
  absl::StatusOr<Record> QueryById(StatementId statement, const Id& id, core::Reason not_found);
  // The one value that the statement gives.
  template <typename Value>
  absl::StatusOr<Value> QueryValue(StatementId statement, Params params);
  std::chrono::milliseconds LimitNow() const;
  void QueueLimit();

  Connection& connection_;
  const core::Deadline deadline_;
  const std::chrono::milliseconds statement_timeout_;
  std::optional<std::chrono::milliseconds> told_limit_;  // in this transaction
  std::vector<Call> pending_;
  bool begun_ = false;
  bool plans_each_use_ = false;  // from here to the end of the transaction
  absl::Status failure_;
  // As last read or written in this transaction, for who replaces them: under the traveler's lock
  // nobody else changes them.
  std::map<core::TravelerId, std::vector<ports::StayRecord>> stays_;
};

}  // namespace entryexit::postgres

#endif  // ENTRYEXIT_SRC_POSTGRES_TRANSACTION_H_
