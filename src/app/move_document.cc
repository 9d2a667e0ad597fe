#include "entryexit/app/move_document.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "app/audited.h"
#include "app/comparisons.h"
#include "app/crossing_request.h"
#include "app/requests.h"
#include "app/templates.h"
#include "app/text.h"
#include "app/traveler_state.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::app {
namespace {

using core::MakeError;
using core::Reason;

std::string ContentDigest(const MoveRequest& request, const core::DocumentId& document_id) {
  return crypto::Sha256Hex("MOVE_DOCUMENT\x1f" + document_id.value() + '\x1f' +
                           (request.to ? request.to->value() : "-") + '\x1f' + request.reason);
}

absl::Status MovedMeanwhile() {
  return MakeError(Reason::kDatabaseConflict, "the document was moved by somebody else meanwhile");
}

// One attempt at the move of one document, under the locks of both travelers.
class Moving {
 public:
  Moving(const MoveRequest& request, core::DocumentId document_id, std::string principal,
         core::TravelerId from, core::TravelerId to, const ports::FaceEngine& engine,
         const ports::Vault& vault, const CrossingPolicy& policy, ports::Transaction& transaction)
      : request_(request),
        document_id_(std::move(document_id)),
        principal_(std::move(principal)),
        from_(std::move(from)),
        to_(std::move(to)),
        engine_(engine),
        vault_(vault),
        policy_(policy),
        transaction_(transaction) {}

  // The stays of the traveler to whom the document was moved.
  absl::StatusOr<std::vector<ports::StayRecord>> Run(core::Timestamp now) {
    absl::Status status = Load();
    if (status.ok()) status = CheckNotHeld();
    if (status.ok()) status = CheckMove();
    if (!status.ok()) return status;
    now_ = std::max(RecordingTime(source_, now), RecordingTime(target_, now));

    if (!request_.to) status = transaction_.AddTraveler(to_);
    if (status.ok()) status = transaction_.MoveDocument(document_id_, to_);
    for (const ports::CrossingRecord& crossing : moved_) {
      if (status.ok()) status = MoveCrossing(crossing);
    }
    if (status.ok()) status = MoveTemplates();
    if (status.ok()) status = CopyComparisons();
    if (status.ok()) status = transaction_.RemoveMovedBiometrics(from_, to_);
    if (status.ok()) status = MoveAdmissionChanges();
    if (!status.ok()) return status;
    // What follows from the move is worked out from what is stored now, for both alike.
    const auto left = Recompute(from_);
    if (!left.ok()) return left.status();
    return Recompute(to_);
  }

 private:
  absl::Status Load() {
    absl::StatusOr<TravelerState> source = LoadMovements(transaction_, from_);
    if (!source.ok()) return source.status();
    source_ = *std::move(source);
    target_.traveler_id = to_;
    if (request_.to) {
      absl::StatusOr<TravelerState> target = LoadMovements(transaction_, to_);
      if (!target.ok()) return target.status();
      target_ = *std::move(target);
    }
    for (const ports::CrossingRecord& crossing : source_.crossings) {
      if (crossing.document_id == document_id_ && !MovedTo(source_, crossing.crossing_id)) {
        moved_.push_back(crossing);
      }
    }
    return absl::OkStatus();
  }

  // Of a held traveler nothing goes away, be it to another one who is not held.
  absl::Status CheckNotHeld() {
    const absl::StatusOr<ports::RetainedItems> retained = transaction_.RetainedOf(from_);
    if (!retained.ok()) return retained.status();
    if (!retained->held) return absl::OkStatus();
    return MakeError(Reason::kTravelerHeld,
                     "the document's traveler is under a legal hold: release it first");
  }

  absl::Status CheckMove() const {
    if (from_ == to_) {
      return MakeError(Reason::kInvalidField, "the document is that traveler's already");
    }
    if (!request_.to && moved_.empty()) {
      return MakeError(Reason::kInvalidField,
                       "nothing is recorded with the document: there is nothing to make a traveler "
                       "of");
    }
    if (!request_.to && source_.documents.size() == 1) {
      return MakeError(Reason::kInvalidField,
                       "the document is the only one of its traveler: it is of its own already");
    }
    for (const ports::CrossingRecord& crossing : moved_) {
      for (const ports::CrossingRecord& other : target_.crossings) {
        if (other.crossing_id != crossing.crossing_id && other.lane_id == crossing.lane_id &&
            other.direction == crossing.direction && other.captured_at == crossing.captured_at) {
          return MakeError(Reason::kCrossingAlreadyRecorded,
                           "both travelers have a crossing at one lane, direction and captured_at");
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Status MoveCrossing(const ports::CrossingRecord& crossing) {
    const core::CrossingId& id = crossing.crossing_id;
    const ports::CorrectionRecord* const latest = LatestCorrection(source_, id);
    const bool was_here =
        std::ranges::find(target_.crossings, id, &ports::CrossingRecord::crossing_id) !=
        target_.crossings.end();
    absl::Status status = was_here ? TakeBack(id, latest) : Copy(crossing);
    core::CrossingCorrection moved{
        .crossing_id = id,
        .revision = latest == nullptr ? 1 : latest->correction.revision + 1,
        .voided = true,
        .captured_at = std::nullopt,
        .local_date = std::nullopt,
        .admission = std::nullopt};
    if (status.ok()) status = AddCorrection(from_, std::move(moved), to_);
    if (status.ok()) status = MoveCapture(id);
    if (status.ok()) status = CopyDecisions(id);
    return status;
  }

  // What officers found of the crossing holds wherever it is.
  absl::Status CopyDecisions(const core::CrossingId& id) {
    std::vector<ports::SettledLead> decided = source_.settled;
    for (const ports::CaseRecord& record : source_.cases) {
      if (record.kind == core::CaseKind::kCorrectionRequest) continue;  // is no lead
      if (record.state == core::CaseState::kUpheld || record.state == core::CaseState::kDismissed) {
        decided.push_back({from_, record.kind, record.crossing_id, record.severity, record.state});
      }
    }
    for (ports::SettledLead& lead : decided) {
      if (lead.crossing_id != id) continue;
      lead.traveler_id = to_;
      if (absl::Status status = transaction_.AddSettledLead(lead); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // The crossing and its corrections, as the other traveler's.
  absl::Status Copy(const ports::CrossingRecord& crossing) {
    ports::CrossingRecord copy = crossing;
    copy.traveler_id = to_;
    copy.recorded_at = now_;
    copy.holder = HolderOf(source_, crossing);
    absl::Status status = transaction_.AddCrossing(copy);
    for (const ports::CorrectionRecord& record : source_.corrections) {
      if (record.correction.crossing_id != crossing.crossing_id) continue;
      ports::CorrectionRecord correction = record;
      correction.traveler_id = to_;
      correction.moved_to.reset();  // of an earlier move away, which this one undoes
      if (status.ok()) status = transaction_.AddCorrection(correction);
    }
    return status;
  }

  // The traveler had the crossing before: it counts again, as it was corrected meanwhile.
  absl::Status TakeBack(const core::CrossingId& id, const ports::CorrectionRecord* latest) {
    core::CrossingCorrection correction;
    if (latest != nullptr) correction = latest->correction;
    correction.crossing_id = id;
    correction.revision = LatestCorrection(target_, id)->correction.revision + 1;
    return AddCorrection(to_, std::move(correction), std::nullopt);
  }

  absl::Status AddCorrection(const core::TravelerId& traveler, core::CrossingCorrection correction,
                             std::optional<core::TravelerId> moved_to) {
    return transaction_.AddCorrection({traveler, core::CorrectionId(crypto::NewUuid()),
                                       request_.request_id, principal_, now_, std::move(correction),
                                       request_.reason, std::move(moved_to)});
  }

  absl::Status MoveCapture(const core::CrossingId& id) {
    absl::StatusOr<ports::CaptureRecord> capture = transaction_.GetCapture(id);
    if (core::ReasonOf(capture.status()) == Reason::kCaptureNotFound) return absl::OkStatus();
    if (!capture.ok()) return capture.status();
    const absl::StatusOr<std::string> image =
        vault_.Open(capture->image, AssociatedData(from_, id, kCaptureKind));
    if (!image.ok()) return image.status();
    absl::StatusOr<ports::SealedBlob> sealed =
        vault_.Seal(*image, AssociatedData(to_, id, kCaptureKind));
    if (!sealed.ok()) return sealed.status();
    capture->traveler_id = to_;
    capture->image = *std::move(sealed);
    return transaction_.AddCapture(*capture);
  }

  bool IsMoved(const core::CrossingId& id) const {
    return std::ranges::find(moved_, id, &ports::CrossingRecord::crossing_id) != moved_.end();
  }

  absl::Status MoveTemplates() {
    const auto templates = transaction_.AllTemplates(from_);
    if (!templates.ok()) return templates.status();
    for (const ports::TemplateRecord& record : *templates) {
      if (!IsMoved(record.crossing_id)) continue;
      const absl::StatusOr<core::ComparedTemplate> opened = OpenTemplate(record, vault_);
      if (!opened.ok()) return opened.status();
      ports::TemplateRecord moved = record;
      moved.traveler_id = to_;
      absl::Status status = SealTemplate(opened->embedding, vault_, moved);
      if (status.ok()) status = transaction_.AddTemplate(moved);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // Those that the other traveler does not have from before.
  absl::Status CopyComparisons() {
    std::vector<core::CrossingId> ids;
    for (const ports::CrossingRecord& crossing : moved_) ids.push_back(crossing.crossing_id);
    const auto comparisons = transaction_.ComparisonsOf(from_, ids);
    if (!comparisons.ok()) return comparisons.status();
    const auto there = transaction_.ComparisonsOf(to_, ids);
    if (!there.ok()) return there.status();
    std::set<core::ComparisonId> known;
    for (const ports::ComparisonRecord& record : *there) known.insert(record.comparison_id);
    for (ports::ComparisonRecord record : *comparisons) {
      if (known.contains(record.comparison_id)) continue;
      record.traveler_id = to_;
      if (absl::Status status = transaction_.AddComparison(record); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  using Reports = std::vector<const ports::AdmissionChangeRecord*>;

  // By application.
  static std::map<std::string, Reports> ReportsOf(const TravelerState& state) {
    std::map<std::string, Reports> reports;
    for (const ports::AdmissionChangeRecord& record : state.admission_changes) {
      reports[record.change.application_id].push_back(&record);
    }
    return reports;
  }

  static bool IsBefore(const core::AdmissionChange& a, const core::AdmissionChange& b) {
    return std::tie(a.revision, a.decided_on, a) < std::tie(b.revision, b.decided_on, b);
  }

  // The one that counts. Requires that there is one.
  static const core::AdmissionChange& LatestOf(const Reports& reports) {
    return (*std::ranges::max_element(
                reports, IsBefore,
                [](const ports::AdmissionChangeRecord* record) -> const core::AdmissionChange& {
                  return record->change;
                }))
        ->change;
  }

  // Whether an earlier move brought reports of the application from the one traveler to the other.
  static bool WentAlong(const Reports& reports, const Reports& others) {
    return std::ranges::any_of(reports, [&](const auto* record) {
      return std::ranges::any_of(
          others, [&](const auto* other) { return other->change_id == record->change_id; });
    });
  }

  // Whether two reports of one application say the same, whatever their revisions.
  static bool SaySame(const core::AdmissionChange& a, const core::AdmissionChange& b) {
    return a.kind == b.kind && a.filed_on == b.filed_on && a.decision == b.decision &&
           a.decided_on == b.decided_on && a.granted == b.granted;
  }

  // Applications are the traveler's, not a document's: they go along with the last document. When
  // it moves back, those that went along are taken back from the traveler who keeps others.
  absl::Status MoveAdmissionChanges() {
    const std::map<std::string, Reports> there = ReportsOf(target_);
    const bool keeps_documents = source_.documents.size() > 1;
    for (const auto& [application, reports] : ReportsOf(source_)) {
      const auto known = there.find(application);
      const Reports& others = known == there.end() ? Reports() : known->second;
      absl::Status status =
          keeps_documents ? TakeBackReports(reports, others) : CopyReports(reports, others);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status CopyReports(const Reports& reports, const Reports& others) {
    if (others.empty()) {
      for (const ports::AdmissionChangeRecord* record : reports) {
        ports::AdmissionChangeRecord copy = *record;
        copy.traveler_id = to_;
        if (absl::Status status = transaction_.AddAdmissionChange(copy); !status.ok()) {
          return status;
        }
      }
      return absl::OkStatus();
    }
    const core::AdmissionChange& latest = LatestOf(reports);
    const core::AdmissionChange& known = LatestOf(others);
    if (SaySame(latest, known)) return absl::OkStatus();
    // A later report stands, unless it was a move back that took the application away.
    const bool taken_back =
        known.decision == core::AdmissionDecision::kRecordedInError && WentAlong(reports, others);
    if (!taken_back && IsBefore(latest, known)) return absl::OkStatus();
    core::AdmissionChange change = latest;
    change.revision = known.revision + 1;
    return AddReport(to_, std::move(change));
  }

  absl::Status TakeBackReports(const Reports& reports, const Reports& others) {
    const core::AdmissionChange& latest = LatestOf(reports);
    if (!WentAlong(reports, others) ||
        latest.decision == core::AdmissionDecision::kRecordedInError) {
      return absl::OkStatus();
    }
    // What was reported meanwhile is of whom the document belongs to.
    if (!SaySame(latest, LatestOf(others))) {
      core::AdmissionChange change = latest;
      change.revision = std::max(latest.revision, LatestOf(others).revision + 1);
      if (absl::Status status = AddReport(to_, std::move(change)); !status.ok()) return status;
    }
    return AddReport(from_, {.application_id = latest.application_id,
                             .revision = latest.revision + 1,
                             .kind = latest.kind,
                             .filed_on = latest.filed_on,
                             .decision = core::AdmissionDecision::kRecordedInError,
                             .decided_on = std::nullopt,
                             .granted = std::nullopt});
  }

  absl::Status AddReport(const core::TravelerId& traveler, core::AdmissionChange change) {
    return transaction_.AddAdmissionChange({traveler, core::AdmissionChangeId(crypto::NewUuid()),
                                            request_.request_id, principal_, now_,
                                            std::move(change)});
  }

  absl::StatusOr<std::vector<ports::StayRecord>> Recompute(const core::TravelerId& traveler) {
    absl::StatusOr<TravelerState> state = LoadTraveler(transaction_, traveler);
    if (!state.ok()) return state.status();
    Comparisons comparisons(*state, engine_, vault_, policy_);
    absl::Status status = comparisons.CompareThoseWithOtherReferences(transaction_, now_);
    if (!status.ok()) return status;
    std::vector<ports::StayRecord> stays = StayRecordsOf(*state);
    status = comparisons.Write(transaction_);
    if (status.ok()) status = transaction_.ReplaceStays(traveler, stays, now_);
    if (status.ok()) status = WriteCases(transaction_, ReconcileCases(*state, now_));
    if (!status.ok()) return status;
    return stays;
  }

  const MoveRequest& request_;
  const core::DocumentId document_id_;
  const std::string principal_;
  const core::TravelerId from_;
  const core::TravelerId to_;
  const ports::FaceEngine& engine_;
  const ports::Vault& vault_;
  const CrossingPolicy& policy_;
  ports::Transaction& transaction_;

  core::Timestamp now_;   // of recording
  TravelerState source_;  // both as they were before
  TravelerState target_;
  std::vector<ports::CrossingRecord> moved_;
};

// Always in the same order, so that two moves do not wait for one another.
absl::Status LockBoth(ports::Transaction& transaction, core::TravelerId a, core::TravelerId b) {
  if (b < a) std::swap(a, b);
  absl::Status status = transaction.LockTraveler(a);
  return status.ok() && a != b ? transaction.LockTraveler(b) : status;
}

}  // namespace

absl::StatusOr<MoveResult> MoveDocument::Move(const Call& call, const MoveRequest& request) const {
  if (absl::Status status = CheckReasonText(request.reason); !status.ok()) return status;
  const auto document_id = DocumentIdFrom(request.issuing_state, request.number);
  if (!document_id.ok()) return document_id.status();
  const core::Timestamp now = clock_.Now();
  const std::string digest = ContentDigest(request, *document_id);
  const core::TravelerId to = request.to.value_or(core::TravelerId(crypto::NewUuid()));

  MoveResult result;
  const auto move = [&](ports::Transaction& transaction, AuditNote& note) -> absl::Status {
    const auto from = transaction.FindTravelerByDocument(*document_id);
    if (!from.ok()) return from.status();
    note.travelers = {*from};
    if (request.to && to != *from) note.travelers.push_back(to);
    // All that follows is read under the locks of both travelers: a lane may be recording a
    // crossing with the document right now, or the same request may be under way a second time.
    absl::Status status = LockBoth(transaction, *from, request.to.value_or(*from));
    if (!status.ok()) return status;
    const auto known = FindCarriedOut(transaction, request.request_id, call.principal.name, digest);
    if (!known.ok()) return known.status();
    if (*known) {
      result.from = (*known)->traveler_id;
      result.to = core::TravelerId((*known)->subject_id);
      note.travelers = {result.from, result.to};
      auto stays = transaction.AllStays(result.to);
      if (!stays.ok()) return stays.status();
      result.stays = *std::move(stays);
      return absl::OkStatus();
    }
    const auto still = transaction.FindTravelerByDocument(*document_id);
    if (!still.ok()) return still.status();
    if (*still != *from) return MovedMeanwhile();
    Moving moving(request, *document_id, call.principal.name, *from, to, engine_, vault_, policy_,
                  transaction);
    auto stays = moving.Run(now);
    if (!stays.ok()) return stays.status();
    result = {*from, to, *std::move(stays)};
    note.travelers = {*from, to};
    return transaction.AddRequest(
        {request.request_id, call.principal.name, digest, *from, to.value()});
  };
  AuditNote known;
  known.request_id = request.request_id;
  if (absl::Status status = TransactAudited(store_, call, known, move); !status.ok()) {
    return status;
  }
  return result;
}

}  // namespace entryexit::app
