#ifndef ENTRYEXIT_PORTS_STORE_H_
#define ENTRYEXIT_PORTS_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/core/audit.h"
#include "entryexit/core/cases.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/crossings.h"
#include "entryexit/core/face.h"
#include "entryexit/core/ids.h"
#include "entryexit/core/matching.h"
#include "entryexit/core/stays.h"
#include "entryexit/core/summary.h"
#include "entryexit/core/travel_document.h"
#include "entryexit/ports/key_rotation.h"
#include "entryexit/ports/retention.h"
#include "entryexit/ports/vault.h"

namespace entryexit::ports {

// One mutation that was carried out, kept so that a retry finds it.
struct RequestRecord {
  core::RequestId request_id;
  std::string principal;       // who sent it
  std::string content_digest;  // SHA-256 of what was asked, lower-case hex
  core::TravelerId traveler_id;
  // The crossing, case, admission change or correction that it made or changed, or the traveler to
  // whom it moved a document.
  std::string subject_id;
};

struct TravelerRecord {
  core::TravelerId traveler_id;
  core::Timestamp created_at;
  std::vector<core::TravelDocument> documents;  // as each was recorded first, in that order
};

// What became of the capture of a crossing.
enum class CaptureStatus {
  kTemplateStored,
  kLowQuality,
  kExempt,
  kOptedOut,
  kNotCaptured,  // recorded without a capture: imported from another system
};
const char* NameOf(CaptureStatus status);  // "TEMPLATE_STORED", "LOW_QUALITY", ...

// Append-only.
struct CrossingRecord {
  core::TravelerId traveler_id;
  core::CrossingId crossing_id;
  core::RequestId request_id;
  core::DocumentId document_id;
  core::Direction direction;
  core::LaneId lane_id;
  core::PortId port_id;
  std::string carrier;  // may be empty
  std::string flight;   // may be empty
  core::Timestamp captured_at;
  core::Timestamp recorded_at;
  core::Date local_date;
  std::optional<core::Admission> admission;  // present on arrivals
  CaptureStatus capture_status;
  std::vector<core::QualityFinding> findings;
  std::vector<core::CaseId>
      opened_cases;  // opened in the same transaction, for the answer's replay
  // As the document said that was shown; absent in records of old, for which that of the traveler's
  // document stands.
  std::optional<core::Holder> holder = std::nullopt;
};

// The picture as received, encrypted. Absent for waived captures.
struct CaptureRecord {
  core::TravelerId traveler_id;
  core::CrossingId crossing_id;
  std::string media_type;  // "image/jpeg", "image/png", "image/webp"
  std::string digest;      // SHA-256 of the picture, lower-case hex
  SealedBlob image;
};

struct TemplateRecord {
  core::TravelerId traveler_id;
  core::CrossingId crossing_id;
  core::Direction direction;  // of its crossing
  core::Timestamp captured_at;
  core::ModelRef model;
  std::string digest;  // SHA-256 of the embedding's bytes, lower-case hex
  SealedBlob embedding;
};

// Append-only: a departure compared again (when its arrival became known late) has several.
struct ComparisonRecord {
  core::TravelerId traveler_id;
  core::ComparisonId comparison_id;
  int attempt;  // counts the comparisons of one departure from 1; the last one counts
  core::Timestamp compared_at;
  core::DecisionReceipt receipt;  // its probe_crossing_id is the departure
};

// The last comparison of one departure, less what made it come about.
struct ComparisonSummary {
  core::CrossingId crossing_id;  // the departure
  core::ComparisonId comparison_id;
  int attempt;
  core::Outcome outcome;
  core::ModelRef model;  // `engine` is empty
};

// Of a case that is a request for a correction.
struct RequestTerms {
  core::Date received_on;
  core::Date due_on;                          // the last day for an answer
  std::optional<core::CaseId> disputed_case;  // absent: the crossing is in dispute

  friend bool operator==(const RequestTerms&, const RequestTerms&) = default;
};

struct CaseRecord {
  core::TravelerId traveler_id;
  core::CaseId case_id;
  core::CaseKind kind;
  core::Severity severity;
  core::CaseState state = core::CaseState::kOpen;
  int version = 1;  // grows by one with every change; the API's etag
  core::CrossingId crossing_id;
  std::optional<core::ComparisonId> comparison_id;
  core::PortId port_id;
  int days_overstayed = 0;
  core::Timestamp opened_at;
  core::Timestamp updated_at;
  // The principal who decided first; present exactly while a second officer is awaited.
  std::optional<std::string> first_officer = std::nullopt;
  std::optional<RequestTerms> terms = std::nullopt;  // exactly of CORRECTION_REQUEST
  // Whether the traveler disputes what is recorded (core::IsDispute), here or in another case. Read
  // only.
  bool disputed = false;
};

enum class CaseEventKind {
  kOpened,
  kReopened,
  kUpdated,
  kUpheldByOne,  // a second officer is awaited
  kDismissedByOne,
  kNotConfirmed,  // the second did not agree, or the first thought better of it
  kUpheld,
  kDismissed,
  kWithdrawn,
};
const char* NameOf(CaseEventKind kind);

// Append-only history of a case.
struct CaseEvent {
  core::TravelerId traveler_id;
  core::CaseId case_id;
  int version;  // of the case after this event
  CaseEventKind kind;
  core::Timestamp at;
  std::string principal;  // the officer, or "service"
  std::string reason;     // the officer's words, or the service's, or of a request the traveler's
  std::vector<core::RequestId> done_by = {};  // what made the correction that was granted
};

// Append-only: an application that was decided has a report of its filing and one of its decision.
struct AdmissionChangeRecord {
  core::TravelerId traveler_id;
  core::AdmissionChangeId change_id;
  core::RequestId request_id;
  std::string principal;  // who reported it
  core::Timestamp recorded_at;
  core::AdmissionChange change;
};

// Append-only: of the corrections of one crossing the one with the greatest revision counts.
struct CorrectionRecord {
  core::TravelerId traveler_id;
  core::CorrectionId correction_id;
  core::RequestId request_id;
  std::string principal;  // who corrected
  core::Timestamp recorded_at;
  core::CrossingCorrection correction;
  std::string reason;  // the principal's words
  // The traveler to whom the crossing was moved with its document, under the same id; it is voided
  // here then.
  std::optional<core::TravelerId> moved_to = std::nullopt;
};

// A traveler known by a first document, which is new too.
struct NewTraveler {
  core::TravelerId traveler_id;
  core::DocumentId document_id;
  core::TravelDocument document;
};

struct StayRecord {
  core::TravelerId traveler_id;
  std::string nationality;  // as the document said that was shown on arrival
  core::PortId port_id;     // of the arrival
  core::Stay stay;

  friend bool operator==(const StayRecord&, const StayRecord&) = default;
};

// What is stored on one traveler and bears on what is recorded next; no pictures.
struct TravelerRecords {
  TravelerRecord traveler;
  std::vector<CrossingRecord> crossings;                 // by captured_at and id
  std::vector<CorrectionRecord> corrections;             // by recorded_at and id
  std::vector<AdmissionChangeRecord> admission_changes;  // by recorded_at and id
  std::vector<ComparisonSummary> comparisons;            // the latest of each departure
  std::vector<StayRecord> stays;                         // as known now
  std::vector<CaseRecord> cases;
  std::vector<SettledLead> settled;
  std::vector<TemplateRecord> templates;  // by captured_at; only where they were asked for
};

// A stay as it was known from one moment to another.
struct KnownStay {
  StayRecord record;
  core::Timestamp known_from;
  std::optional<core::Timestamp> known_until;  // absent: it is known so now
};

// Keyset pages: `after` is the last row's key of the page before, in the terms of the list's order.
struct CaseFilter {
  std::optional<core::CaseState> state;
  std::optional<core::CaseKind> kind;
  std::optional<core::PortId> port_id;
  std::optional<core::TravelerId> traveler_id;
  std::optional<core::Date> due_before = std::nullopt;  // only cases that are due, before this day
  bool by_due_day = false;  // only cases that are due, in the order in which they are
};
struct CaseCursor {
  core::Timestamp at;  // opened_at, or when the due day begins (UTC)
  core::CaseId case_id;
};
struct CrossingCursor {
  core::Timestamp captured_at;
  core::CrossingId crossing_id;
};
struct OverstayCursor {
  core::Date authorized_until;
  core::TravelerId traveler_id;
  core::CrossingId arrival_id;
};

// Which records of the audit log; what is absent restricts nothing.
struct AuditFilter {
  std::optional<std::string> principal;
  std::optional<core::TravelerId> traveler_id;
  std::optional<std::string> method;  // in full, or its last part: "GetCase"
  std::optional<std::string> purpose;
  std::optional<core::Timestamp> from;
  std::optional<core::Timestamp> to;  // before it
};
struct AuditCursor {
  core::Timestamp at;
  int chain = 0;
  std::int64_t sequence = 0;
};

// One database transaction. Not thread-safe; valid during the function that Transact calls. Every
// method blocks. Errors of every method: DATABASE_UNAVAILABLE, DATABASE_CONFLICT,
// DATABASE_READ_ONLY, DATABASE_FULL, DEADLINE_EXCEEDED, STORED_DATA_INVALID, INTERNAL; hand them
// back from the function unchanged, Transact acts on them.
class Transaction {
 public:
  virtual ~Transaction() = default;

  virtual absl::StatusOr<std::optional<RequestRecord>> FindRequest(const core::RequestId& id) = 0;
  virtual absl::Status AddRequest(const RequestRecord& record) = 0;

  // The traveler who uses the document, created when the document is new, with all records and
  // templates, and the request as FindRequest gives it. Holds the traveler's lock, under which all
  // of it is read, until the transaction ends, so that crossings of one traveler are recorded one
  // after the other. `is_likely_known` is a guess, right or wrong: with it no insertion is tried at
  // first. In one round trip; in three when the document is new although it was likely known.
  // DATABASE_CONFLICT when the document was moved to another traveler, or its traveler erased,
  // meanwhile: Transact tries again.
  struct OpenedTraveler {
    TravelerRecords records;
    std::optional<RequestRecord> request;
  };
  virtual absl::StatusOr<OpenedTraveler> OpenTravelerOf(const core::DocumentId& document_id,
                                                        const core::TravelDocument& document,
                                                        const core::RequestId& request_id,
                                                        bool is_likely_known) = 0;
  virtual absl::Status LockTraveler(const core::TravelerId& id) = 0;
  // One without documents, until one is moved to it.
  virtual absl::Status AddTraveler(const core::TravelerId& id) = 0;
  // Makes the document one of `to`. Requires the locks of both travelers.
  virtual absl::Status MoveDocument(const core::DocumentId& document_id,
                                    const core::TravelerId& to) = 0;
  // Removes the captures and templates of `from` that `to` has too, under the same crossings.
  virtual absl::Status RemoveMovedBiometrics(const core::TravelerId& from,
                                             const core::TravelerId& to) = 0;

  // Errors of the Get methods besides: the _NOT_FOUND reason of the thing.
  // A traveler whose documents were all moved to another has none.
  virtual absl::StatusOr<TravelerRecord> GetTraveler(const core::TravelerId& id) = 0;
  virtual absl::StatusOr<core::TravelerId> FindTravelerByDocument(const core::DocumentId& id) = 0;
  // In one round trip.
  enum class Templates { kLeaveOut, kInclude };
  virtual absl::StatusOr<TravelerRecords> GetRecords(const core::TravelerId& id,
                                                     Templates templates) = 0;

  virtual absl::Status AddCrossing(const CrossingRecord& record) = 0;
  // Of a crossing that was moved with its document, the one with the traveler who has it now.
  virtual absl::StatusOr<CrossingRecord> GetCrossing(const core::CrossingId& id) = 0;
  // With this traveler, also when it was moved on.
  virtual absl::StatusOr<CrossingRecord> GetCrossingOf(const core::TravelerId& traveler_id,
                                                       const core::CrossingId& id) = 0;
  virtual absl::StatusOr<std::vector<CrossingRecord>> ListCrossings(
      const core::TravelerId& id, const std::optional<CrossingCursor>& after, int limit) = 0;

  virtual absl::Status AddCapture(const CaptureRecord& record) = 0;
  virtual absl::StatusOr<CaptureRecord> GetCapture(const core::CrossingId& id) = 0;
  virtual absl::Status AddTemplate(const TemplateRecord& record) = 0;
  // Every valid template of one traveler, whatever its model, by captured_at.
  virtual absl::StatusOr<std::vector<TemplateRecord>> AllTemplates(const core::TravelerId& id) = 0;

  virtual absl::Status AddComparison(const ComparisonRecord& record) = 0;
  // With the traveler who has its departure now.
  virtual absl::StatusOr<ComparisonRecord> GetComparison(const core::ComparisonId& id) = 0;
  // The comparisons of these departures of one traveler; those of one in the order of attempts.
  virtual absl::StatusOr<std::vector<ComparisonRecord>> ComparisonsOf(
      const core::TravelerId& id, const std::vector<core::CrossingId>& departures) = 0;

  virtual absl::Status AddAdmissionChange(const AdmissionChangeRecord& record) = 0;
  // All of one traveler, by recorded_at and id.
  virtual absl::StatusOr<std::vector<AdmissionChangeRecord>> AllAdmissionChanges(
      const core::TravelerId& id) = 0;

  virtual absl::Status AddCorrection(const CorrectionRecord& record) = 0;
  // All of one traveler's crossings, by recorded_at and id.
  virtual absl::StatusOr<std::vector<CorrectionRecord>> AllCorrections(
      const core::TravelerId& id) = 0;

  // Makes `stays` the traveler's stays as known from `recorded_at` on. Those that are no longer so
  // are kept as what was known until then, for reports of the time. `recorded_at` must lie after
  // that of every earlier call for the traveler. Requires the traveler's lock.
  virtual absl::Status ReplaceStays(const core::TravelerId& id,
                                    const std::vector<StayRecord>& stays,
                                    core::Timestamp recorded_at) = 0;
  // As known now.
  virtual absl::StatusOr<std::vector<StayRecord>> AllStays(const core::TravelerId& id) = 0;
  // As known ever, by arrival and by when.
  virtual absl::StatusOr<std::vector<KnownStay>> StayHistory(const core::TravelerId& id) = 0;

  // Adding a case that waits for an officer makes it known to every CaseFeed once the transaction
  // has committed.
  virtual absl::Status AddCase(const CaseRecord& record) = 0;
  // Writes state, first_officer, severity, days, comparison, version and updated_at. Errors
  // besides: CASE_CHANGED when the stored version is not `record.version - 1`. A case that comes to
  // wait for an officer, or for another one, is made known as a new one is.
  virtual absl::Status UpdateCase(const CaseRecord& record) = 0;
  virtual absl::Status AddCaseEvent(const CaseEvent& event) = 0;
  virtual absl::StatusOr<CaseRecord> GetCase(const core::CaseId& id) = 0;
  virtual absl::StatusOr<std::vector<CaseEvent>> CaseEvents(const core::TravelerId& traveler_id,
                                                            const core::CaseId& case_id) = 0;
  // Oldest first, unless the filter says otherwise.
  virtual absl::StatusOr<std::vector<CaseRecord>> ListCases(const CaseFilter& filter,
                                                            const std::optional<CaseCursor>& after,
                                                            int limit) = 0;

  // Of the travelers, those who dispute what is recorded (core::IsDispute), as known at `known_at`;
  // now when that is absent.
  virtual absl::StatusOr<std::vector<core::TravelerId>> DisputedAmong(
      const std::vector<core::TravelerId>& travelers,
      const std::optional<core::Timestamp>& known_at) = 0;

  // Stays that, as known at `known_at`, are overstays on day `as_of` (core::OverstayOf), by
  // authorized_until, traveler and arrival; both kinds when `kind` is absent.
  virtual absl::StatusOr<std::vector<StayRecord>> ListOverstays(
      core::Date as_of, core::Timestamp known_at, std::optional<core::OverstayKind> kind,
      const std::optional<OverstayCursor>& after, int limit) = 0;

  // The figures of a report (core::StayFigure, core::CrossingFigure); in no particular order.
  virtual absl::StatusOr<std::vector<core::StayCount>> CountStays(
      const core::ReportScope& scope) = 0;
  virtual absl::StatusOr<std::vector<core::CrossingCount>> CountCrossings(
      const core::ReportScope& scope) = 0;

  // Travelers with a stay that is a suspected overstay on day `as_of` as known now, and whose case
  // of it is missing or less severe than it has become; by id, after `after`.
  virtual absl::StatusOr<std::vector<core::TravelerId>> TravelersToReview(
      core::Date as_of, const std::optional<core::TravelerId>& after, int limit) = 0;

  // For imports: many records in few round trips. Those of the documents that are known, with
  // their travelers, whose locks are held until the transaction ends.
  struct KnownDocument {
    core::DocumentId document_id;
    core::TravelerId traveler_id;
  };
  virtual absl::StatusOr<std::vector<KnownDocument>> LockTravelersOf(
      const std::vector<core::DocumentId>& documents) = 0;
  // Of the documents that are known, how many crossings their travelers have.
  struct DocumentCrossings {
    core::DocumentId document_id;
    std::int64_t crossings;
  };
  virtual absl::StatusOr<std::vector<DocumentCrossings>> CountCrossingsOf(
      const std::vector<core::DocumentId>& documents) = 0;
  // All crossings of the travelers; those of one by captured_at and id.
  virtual absl::StatusOr<std::vector<CrossingRecord>> CrossingsOf(
      const std::vector<core::TravelerId>& travelers) = 0;
  // What the methods of one traveler give, of all of these together.
  struct DocumentOf {
    core::TravelerId traveler_id;
    core::TravelDocument document;
  };
  struct ComparisonOf {
    core::TravelerId traveler_id;
    ComparisonSummary comparison;
  };
  virtual absl::StatusOr<std::vector<DocumentOf>> DocumentsOf(
      const std::vector<core::TravelerId>& travelers) = 0;
  virtual absl::StatusOr<std::vector<CorrectionRecord>> CorrectionsOf(
      const std::vector<core::TravelerId>& travelers) = 0;
  virtual absl::StatusOr<std::vector<AdmissionChangeRecord>> AdmissionChangesOf(
      const std::vector<core::TravelerId>& travelers) = 0;
  virtual absl::StatusOr<std::vector<SettledLead>> SettledLeadsOf(
      const std::vector<core::TravelerId>& travelers) = 0;
  virtual absl::StatusOr<std::vector<ComparisonOf>> LatestComparisonsOf(
      const std::vector<core::TravelerId>& travelers) = 0;
  virtual absl::StatusOr<std::vector<CaseRecord>> CasesOf(
      const std::vector<core::TravelerId>& travelers) = 0;
  // ReplaceStays for each of them.
  struct TravelerStays {
    core::TravelerId traveler_id;
    std::vector<StayRecord> stays;
    core::Timestamp recorded_at;
  };
  virtual absl::Status ReplaceStaysOf(const std::vector<TravelerStays>& travelers) = 0;
  // Each as the method that adds one, but sent at once: their errors show here. AddTravelers fails
  // with DATABASE_CONFLICT, upon which the transaction is run again, when a document is known;
  // AddStays is for travelers without any.
  virtual absl::Status AddTravelers(const std::vector<NewTraveler>& travelers) = 0;
  virtual absl::Status AddCrossings(const std::vector<CrossingRecord>& crossings) = 0;
  virtual absl::Status AddStays(const std::vector<StayRecord>& stays,
                                core::Timestamp recorded_at) = 0;
  virtual absl::Status AddCases(const std::vector<CaseRecord>& cases) = 0;
  virtual absl::Status AddCaseEvents(const std::vector<CaseEvent>& events) = 0;
  // ------------------------------------------------------------------------ retention and erasure

  // What may be due in `phase` by `horizon`, a superset of what is, by time, traveler and subject.
  virtual absl::StatusOr<std::vector<ErasureCandidate>> ErasureCandidates(
      ErasurePhase phase, const core::ErasureHorizon& horizon, const std::string& operating_state,
      const std::optional<ErasureCandidate>& after, int limit) = 0;
  virtual absl::StatusOr<RetainedItems> RetainedOf(const core::TravelerId& id) = 0;
  virtual absl::StatusOr<std::vector<ErasureNotice>> ErasureNotices(const core::TravelerId& id) = 0;
  virtual absl::Status AddErasureNotice(const ErasureNotice& notice) = 0;
  virtual absl::Status AddSettledLead(const SettledLead& lead) = 0;

  // The last receipt; none before the first. Holds the lock of the chain until the transaction
  // ends: call it when all that takes time is done.
  virtual absl::StatusOr<std::optional<core::ErasureReceipt>> LockReceiptChain() = 0;
  // Requires: the receipt follows the last one.
  virtual absl::Status AddErasureReceipt(const core::ErasureReceipt& receipt) = 0;
  // Erases under a receipt that this transaction has added. Requires: the traveler's lock. Errors
  // besides: STORED_DATA_INVALID when something of the order is not there.
  virtual absl::Status Erase(std::int64_t receipt_number, const ErasureOrder& order) = 0;
  // By number, after `after`; 0: from the first.
  virtual absl::StatusOr<std::vector<core::ErasureReceipt>> ListErasureReceipts(std::int64_t after,
                                                                                int limit) = 0;

  virtual absl::Status AddLegalHoldEvent(const LegalHoldEvent& event) = 0;
  // By traveler and id; released ones only when asked for; of one traveler when given.
  virtual absl::StatusOr<std::vector<LegalHold>> ListLegalHolds(
      const std::optional<core::TravelerId>& traveler_id, bool with_released,
      const std::optional<LegalHoldCursor>& after, int limit) = 0;

  // ------------------------------------------------------------------------------- audit log

  // Appends to the audit log, by the clock of the database. Holds the lock of a chain until the
  // transaction ends: call it last.
  virtual absl::Status AddAuditRecord(const core::AuditEntry& entry) = 0;
  // By time, chain and sequence.
  virtual absl::StatusOr<std::vector<core::AuditRecord>> FindAuditRecords(
      const AuditFilter& filter, const std::optional<AuditCursor>& after, int limit) = 0;
  // Of one chain, those after the sequence `after` and up to `last`, in order.
  virtual absl::StatusOr<std::vector<core::AuditRecord>> AuditRecordsOf(int chain,
                                                                        std::int64_t after,
                                                                        std::int64_t last,
                                                                        int limit) = 0;
  // Of the chains that have records, by chain.
  virtual absl::StatusOr<std::vector<core::AuditHead>> AuditHeads() = 0;
  // The last checkpoint; none before the first. Holds the lock of the checkpoints until the
  // transaction ends.
  virtual absl::StatusOr<std::optional<core::AuditCheckpoint>> LockAuditCheckpoints() = 0;
  // Requires: the checkpoint follows the last one.
  virtual absl::Status AddAuditCheckpoint(const core::AuditCheckpoint& checkpoint) = 0;
  // By number, after `after`; 0: from the first.
  virtual absl::StatusOr<std::vector<core::AuditCheckpoint>> ListAuditCheckpoints(
      std::int64_t after, int limit) = 0;

  // -------------------------------------------------------------------- the keys of what is sealed

  // Oldest first.
  virtual absl::StatusOr<std::vector<WrappedKey>> AllDataKeys() = 0;
  // Makes `key` the current one, unless there is one.
  virtual absl::Status AddFirstDataKey(const WrappedKey& key) = 0;
  // Puts `key`, the same key under another key-encryption key, in the place of the one that is
  // wrapped by `from_kek`. False when there is none such.
  virtual absl::StatusOr<bool> RewrapDataKey(const std::string& from_kek,
                                             const WrappedKey& key) = 0;
  virtual absl::StatusOr<std::optional<KeyRotation>> OpenKeyRotation() = 0;
  // Retires the current data key; `key` takes its place. Requires: no rotation is open, else the
  // transaction is run again.
  virtual absl::Status BeginKeyRotation(const KeyRotation& rotation, const WrappedKey& key) = 0;
  // What is sealed with other keys than `key_id`.
  virtual absl::StatusOr<std::int64_t> CountSealedOtherwise(const std::string& key_id) = 0;
  virtual absl::StatusOr<bool> AnySealedOtherwise(const std::string& key_id) = 0;
  virtual absl::StatusOr<std::vector<SealedRow>> SealedOtherwise(
      SealedKind kind, const std::string& key_id, const std::optional<SealedCursor>& after,
      int limit) = 0;
  // Puts `blob`, the same under the key of the open rotation, in the place of what `row` was read
  // with. False when the row is no longer so, or others are at it.
  virtual absl::StatusOr<bool> Reseal(SealedKind kind, const SealedRow& row,
                                      const SealedBlob& blob) = 0;
  // Deletes a key that was retired more than ten seconds ago and seals nothing any more. False when
  // it is not so.
  virtual absl::StatusOr<bool> DestroyDataKey(const std::string& key_id) = 0;
  virtual absl::Status FinishKeyRotation(const std::string& rotation_id) = 0;
};

// The durable memory of the service. Thread-safe.
class Store {
 public:
  virtual ~Store() = default;

  // Runs `work` in a transaction and commits it; rolls back when `work` fails, and returns its
  // error. `work` is run again, in a new transaction, after a serialization failure, a deadlock, a
  // unique violation or a connection that was lost (also during commit, where the outcome is
  // unknown): it must therefore look for its own request first and have no other effect than
  // through the transaction. No statement outlives `deadline`.
  // Errors besides those of `work`: DATABASE_UNAVAILABLE, DATABASE_READ_ONLY, DATABASE_FULL,
  // DATABASE_CONFLICT (gave up), DEADLINE_EXCEEDED.
  virtual absl::Status Transact(core::Deadline deadline,
                                const std::function<absl::Status(Transaction&)>& work) = 0;

  // OK while the database answers, however busy the service is. Blocks for one round trip, until
  // `deadline` at most.
  virtual absl::Status Ping(core::Deadline deadline) = 0;
};

// Tells of cases as they come to wait for an officer, by whichever daemon on the same database.
// Thread-safe.
class CaseFeed {
 public:
  virtual ~CaseFeed() = default;

  // What a subscriber is told: such a case, or an error, after which nothing more comes (the
  // link to the database was lost and cases may have been missed).
  using Listener = std::function<void(const absl::StatusOr<core::CaseId>&)>;

  // Ends the subscription when destroyed; no call of the listener is under way afterwards.
  class Subscription {
   public:
    virtual ~Subscription() = default;
  };

  // `listener` is called on the feed's thread and must not block.
  // Errors: DATABASE_UNAVAILABLE when there is no link at present.
  virtual absl::StatusOr<std::unique_ptr<Subscription>> Subscribe(Listener listener) = 0;
};

}  // namespace entryexit::ports

#endif  // ENTRYEXIT_PORTS_STORE_H_
