#include "entryexit/app/record_crossing.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "app/audited.h"
#include "app/comparisons.h"
#include "app/crossing_request.h"
#include "app/recent_requests.h"
#include "app/requests.h"
#include "app/templates.h"
#include "app/traveler_state.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::app {
namespace {

using core::MakeError;
using core::Reason;
using ports::CaptureStatus;

CaptureStatus CaptureStatusOf(Waiver waiver, const core::FaceObservation& observation) {
  switch (waiver) {
    case Waiver::kExempt:
      return CaptureStatus::kExempt;
    case Waiver::kOptedOut:
      return CaptureStatus::kOptedOut;
    case Waiver::kNone:
      break;
  }
  return observation.usable() ? CaptureStatus::kTemplateStored : CaptureStatus::kLowQuality;
}

// The engine accepted the picture, so it is one of the three formats.
std::string MediaTypeOf(std::string_view image) {
  if (image.starts_with("\x89PNG")) return "image/png";
  if (image.starts_with("RIFF")) return "image/webp";
  return "image/jpeg";
}

// Of an image that gives no picture there is nothing to see. When the traveler is gone that is a
// finding: to refuse the request would lose the crossing. A picture that is too large is refused
// even so, since the lane has it and can send it smaller.
absl::StatusOr<core::FaceObservation> Observe(const ports::FaceEngine& engine,
                                              const CrossingRequest& request,
                                              core::Deadline deadline) {
  absl::StatusOr<core::FaceObservation> observed = engine.Observe(request.image, deadline);
  const std::optional<Reason> reason = core::ReasonOf(observed.status());
  const bool no_picture = reason == Reason::kImageEmpty || reason == Reason::kImageCorrupt ||
                          reason == Reason::kImageUnsupportedFormat;
  if (!no_picture || !request.traveler_is_gone) return observed;
  core::FaceObservation nothing;
  nothing.findings.push_back({core::QualityIssue::kNoPicture, 0, 1});
  return nothing;
}

// Whether the request's image is one that the engine could read.
bool HasPicture(const CrossingRequest& request, const core::FaceObservation& observation) {
  return !request.image.empty() &&
         std::ranges::find(observation.findings, core::QualityIssue::kNoPicture,
                           &core::QualityFinding::issue) == observation.findings.end();
}

// What the request that made `crossing` was answered; `comparisons` has those of it, `stays` the
// traveler's. That the record is disputed is told as it is now.
CrossingResult ResultOf(const ports::CrossingRecord& crossing,
                        const std::vector<ports::ComparisonRecord>& comparisons,
                        const std::vector<ports::StayRecord>& stays, bool disputed) {
  CrossingResult result;
  result.disputed = disputed;
  result.recorded = true;
  result.capture_status = crossing.capture_status;
  result.findings = crossing.findings;
  result.crossing = crossing;
  // The first comparison: a later one was not part of the answer.
  const auto first = std::ranges::find_if(comparisons, [&](const auto& comparison) {
    return comparison.receipt.probe_crossing_id == crossing.crossing_id;
  });
  if (first != comparisons.end()) result.comparison = *first;
  for (const ports::StayRecord& record : stays) {
    if (record.stay.arrival_id == crossing.crossing_id) {
      result.last_lawful_day = record.stay.authorized_until;
    }
  }
  return result;
}

absl::StatusOr<CrossingResult> StoredResultOf(ports::Transaction& transaction,
                                              const ports::CrossingRecord& crossing) {
  const auto comparisons = transaction.ComparisonsOf(crossing.traveler_id, {crossing.crossing_id});
  if (!comparisons.ok()) return comparisons.status();
  const auto stays = transaction.AllStays(crossing.traveler_id);
  if (!stays.ok()) return stays.status();
  const auto disputed = transaction.DisputedAmong({crossing.traveler_id}, std::nullopt);
  if (!disputed.ok()) return disputed.status();
  return ResultOf(crossing, *comparisons, *stays, !disputed->empty());
}

// The answer that the request got before, of which `found` is the record; none when it is new.
absl::StatusOr<std::optional<CrossingResult>> FindAnswer(
    ports::Transaction& transaction, const std::optional<ports::RequestRecord>& found,
    const CheckedRequest& checked, const std::string& principal) {
  if (!found) return std::optional<CrossingResult>();
  absl::Status status = CheckSame(*found, principal, checked.content_digest);
  if (!status.ok()) return status;
  const auto crossing = transaction.GetCrossing(core::CrossingId(found->subject_id));
  if (core::ReasonOf(crossing.status()) == Reason::kCrossingNotFound) {
    // Erased between the two look-ups? Then the request has gone with it, and is a new one.
    const auto still = transaction.FindRequest(found->request_id);
    if (!still.ok()) return still.status();
    if (!*still) return std::optional<CrossingResult>();
    return MakeError(Reason::kStoredDataInvalid, "the crossing of a stored request is missing");
  }
  if (!crossing.ok()) return crossing.status();
  absl::StatusOr<CrossingResult> result = StoredResultOf(transaction, *crossing);
  if (!result.ok()) return result.status();
  return std::optional(*std::move(result));
}

AuditNote NoteOf(const CrossingRequest& request) {
  AuditNote note;
  note.request_id = request.request_id;
  return note;
}

// Requires: a crossing was recorded.
void TellOf(const CrossingResult& result, AuditNote& note) {
  note.travelers = {result.crossing->traveler_id};
  note.subject = result.crossing->crossing_id.value();
}

// One request on its way into the store. Made anew for every attempt at the transaction, under the
// one `crossing_id` that the crossing gets if it is new.
class Recording {
 public:
  Recording(const core::CrossingId& crossing_id, const CrossingRequest& request,
            const CheckedRequest& checked, const std::optional<core::Admission>& admission,
            const core::FaceObservation& observation, const ports::FaceEngine& engine,
            const ports::Vault& vault, const CrossingPolicy& policy, core::Timestamp now,
            ports::Transaction& transaction)
      : crossing_id_(crossing_id),
        request_(request),
        checked_(checked),
        admission_(admission),
        observation_(observation),
        engine_(engine),
        vault_(vault),
        policy_(policy),
        now_(now),
        transaction_(transaction) {}

  absl::StatusOr<CrossingResult> Run(const std::string& principal, AuditNote& note) {
    // Who departs has mostly arrived.
    const bool is_likely_known = request_.direction == core::Direction::kDeparture;
    // All of this is read under the traveler's lock: the same request, or another of the same
    // crossing, may have been under way until now.
    auto opened = transaction_.OpenTravelerOf(checked_.document_id, checked_.document,
                                              request_.request_id, is_likely_known);
    if (!opened.ok()) return opened.status();
    state_ = StateOf(std::move(opened->records));
    auto answer = FindAnswer(transaction_, opened->request, checked_, principal);
    if (!answer.ok()) return answer.status();
    if (*answer) return **std::move(answer);
    // Of somebody new nothing is left when this is refused.
    if (!state_.crossings.empty()) note.travelers = {state_.traveler_id};
    now_ = RecordingTime(state_, now_);

    if (const ports::CrossingRecord* known = AlreadyRecorded()) return AnswerFor(*known, principal);
    absl::Status status = CheckWaiver();
    if (status.ok()) status = Plan();
    if (status.ok()) status = Write(principal);
    if (!status.ok()) return status;
    return ResultOf(crossing_, comparisons_.records(), stays_, IsDisputed(state_));
  }

 private:
  // The same crossing sent under another request id, by a lane that lost the first one.
  const ports::CrossingRecord* AlreadyRecorded() const {
    for (const ports::CrossingRecord& crossing : state_.crossings) {
      if (crossing.direction == request_.direction && crossing.lane_id == request_.lane_id &&
          crossing.captured_at == request_.captured_at) {
        return &crossing;
      }
    }
    return nullptr;
  }

  // A lane that learned more since (a better capture, a corrected admission) must be told that the
  // first record stands, rather than be answered as if the second did.
  absl::StatusOr<CrossingResult> AnswerFor(const ports::CrossingRecord& known,
                                           const std::string& principal) {
    const auto first = transaction_.FindRequest(known.request_id);
    if (!first.ok()) return first.status();
    // What was imported without a capture was no request, and that of a crossing which was moved
    // may have been erased with the original: who cannot tell says that it is another one.
    if (!*first || (*first)->content_digest != checked_.content_digest) {
      return MakeError(Reason::kCrossingAlreadyRecorded,
                       "a crossing of this traveler at this lane, direction and captured_at is "
                       "recorded with other content; it stays as it is");
    }
    absl::Status status = AddRequest(principal, known.crossing_id);
    if (!status.ok()) return status;
    return StoredResultOf(transaction_, known);
  }

  // A departure carries no class of admission: that of the stay it would close counts. None when
  // that stay is not known, or not yet; the departure then opens a case of its own.
  std::optional<std::string> ClassOfAdmission() const {
    if (admission_) return admission_->class_of_admission;
    std::optional<std::string> code;
    for (const core::Stay& stay : StaysOf(state_).stays) {
      if (stay.arrived_at <= request_.captured_at) code = stay.class_of_admission;
    }
    return code;
  }

  absl::Status CheckWaiver() const {
    if (request_.waiver == Waiver::kExempt) {
      const std::optional<std::string> code = ClassOfAdmission();
      if (code &&
          std::ranges::find(policy_.exempt_classes, *code) == policy_.exempt_classes.end()) {
        return MakeError(Reason::kWaiverNotAllowed,
                         fmt::format("class of admission '{}' is not exempt from capture", *code));
      }
    }
    if (request_.waiver == Waiver::kOptedOut &&
        checked_.document.nationality != policy_.operating_state) {
      return MakeError(Reason::kWaiverNotAllowed,
                       fmt::format("only nationals of {} may opt out", policy_.operating_state));
    }
    return absl::OkStatus();
  }

  // Works out everything that will be written, and adds it to `state_`.
  absl::Status Plan() {
    FillCrossing();
    state_.crossings.push_back(crossing_);
    absl::Status status = PlanTemplate();
    if (status.ok()) status = PlanComparisons();
    if (!status.ok()) return status;

    stays_ = StayRecordsOf(state_);
    changes_ = ReconcileCases(state_, now_);
    for (const CaseChange& change : changes_) {
      if (change.is_new) crossing_.opened_cases.push_back(change.record.case_id);
    }
    return absl::OkStatus();
  }

  void FillCrossing() {
    crossing_ = RecordOf(request_, checked_, admission_);
    crossing_.traveler_id = state_.traveler_id;
    crossing_.crossing_id = crossing_id_;
    crossing_.recorded_at = now_;
    crossing_.capture_status = CaptureStatusOf(request_.waiver, observation_);
    crossing_.findings = observation_.findings;
  }

  absl::Status PlanTemplate() {
    if (crossing_.capture_status != CaptureStatus::kTemplateStored) return absl::OkStatus();
    ports::TemplateRecord record;
    record.traveler_id = crossing_.traveler_id;
    record.crossing_id = crossing_.crossing_id;
    record.direction = crossing_.direction;
    record.captured_at = crossing_.captured_at;
    record.model = engine_.model();
    if (absl::Status status = SealTemplate(*observation_.embedding, vault_, record); !status.ok()) {
      return status;
    }
    state_.templates.push_back(record);
    template_ = std::move(record);
    return absl::OkStatus();
  }

  // A departure is compared; an arrival that became known late gives the departures after it
  // another comparison.
  absl::Status PlanComparisons() {
    if (crossing_.direction == core::Direction::kDeparture) {
      return comparisons_.Compare(crossing_, now_);
    }
    return template_ ? comparisons_.CompareThoseAfter(crossing_, now_) : absl::OkStatus();
  }

  absl::Status Write(const std::string& principal) {
    absl::Status status = transaction_.AddCrossing(crossing_);
    if (status.ok() && HasPicture(request_, observation_)) status = WriteCapture();
    if (status.ok() && template_) status = transaction_.AddTemplate(*template_);
    if (status.ok()) status = comparisons_.Write(transaction_);
    if (status.ok()) status = transaction_.ReplaceStays(state_.traveler_id, stays_, now_);
    if (status.ok()) status = WriteCases(transaction_, changes_);
    if (status.ok()) status = AddRequest(principal, crossing_.crossing_id);
    return status;
  }

  absl::Status WriteCapture() {
    absl::StatusOr<ports::SealedBlob> sealed = vault_.Seal(
        request_.image, AssociatedData(crossing_.traveler_id, crossing_.crossing_id, kCaptureKind));
    if (!sealed.ok()) return sealed.status();
    return transaction_.AddCapture({crossing_.traveler_id, crossing_.crossing_id,
                                    MediaTypeOf(request_.image), checked_.image_digest,
                                    *std::move(sealed)});
  }

  absl::Status AddRequest(const std::string& principal, const core::CrossingId& crossing_id) {
    return transaction_.AddRequest({request_.request_id, principal, checked_.content_digest,
                                    state_.traveler_id, crossing_id.value()});
  }

  const core::CrossingId& crossing_id_;
  const CrossingRequest& request_;
  const CheckedRequest& checked_;
  const std::optional<core::Admission>& admission_;
  const core::FaceObservation& observation_;
  const ports::FaceEngine& engine_;
  const ports::Vault& vault_;
  const CrossingPolicy& policy_;
  core::Timestamp now_;  // of recording
  ports::Transaction& transaction_;

  TravelerState state_;
  ports::CrossingRecord crossing_;
  std::optional<ports::TemplateRecord> template_;
  Comparisons comparisons_{state_, engine_, vault_, policy_};
  std::vector<ports::StayRecord> stays_;
  std::vector<CaseChange> changes_;
};

}  // namespace

RecordCrossing::RecordCrossing(const LaneDirectory& lanes, const ports::FaceEngine& engine,
                               ports::Store& store, const ports::Vault& vault,
                               const core::Clock& clock, CrossingPolicy policy)
    : lanes_(lanes),
      engine_(engine),
      store_(store),
      vault_(vault),
      clock_(clock),
      policy_(std::move(policy)),
      recent_(std::make_unique<RecentRequests>()) {}

RecordCrossing::~RecordCrossing() = default;

absl::StatusOr<RecordCrossing::Judged> RecordCrossing::Judge(const Call& call,
                                                             const CrossingRequest& request,
                                                             core::Date local_date) const {
  Judged judged;
  auto admission = AdmissionOf(request.admission, local_date, policy_.admissions);
  if (!admission.ok()) return admission.status();
  judged.admission = *std::move(admission);
  if (request.waiver != Waiver::kNone) return judged;
  absl::StatusOr<core::FaceObservation> observed = Observe(engine_, request, call.deadline);
  if (!observed.ok()) return observed.status();
  judged.observation = *std::move(observed);
  judged.is_refused =
      !judged.observation.usable() && !request.record_poor_capture && !request.traveler_is_gone;
  return judged;
}

absl::StatusOr<CrossingResult> RecordCrossing::Record(const Call& call,
                                                      const CrossingRequest& request) const {
  const core::Timestamp now = clock_.Now();
  const absl::StatusOr<CheckedRequest> checked = Check(call, request, lanes_, policy_, now);
  if (!checked.ok()) return checked.status();

  // A retry is answered from what is stored: mostly before the face is looked at again, else before
  // anything is refused, since rules and engine may judge otherwise by now, and else by Recording.
  // What comes when its traveler is gone was kept somewhere, and is sent again as a whole when it
  // was cut off.
  const bool may_be_a_retry = request.traveler_is_gone || recent_->Has(request.request_id);
  if (may_be_a_retry) {
    auto answer = LookUpAnswer(call, request, *checked);
    if (!answer.ok()) return answer.status();
    if (*answer) return **std::move(answer);
  }
  const absl::StatusOr<Judged> judged = Judge(call, request, checked->local_date);
  if (!may_be_a_retry && (!judged.ok() || judged->is_refused)) {
    auto answer = LookUpAnswer(call, request, *checked);
    if (!answer.ok()) return answer.status();
    if (*answer) return **std::move(answer);
  }
  if (!judged.ok()) return judged.status();
  if (judged->is_refused) return Refuse(call, request, judged->observation);
  recent_->Add(request.request_id);
  return RecordNew(call, request, *checked, *judged, now);
}

absl::StatusOr<std::optional<CrossingResult>> RecordCrossing::LookUpAnswer(
    const Call& call, const CrossingRequest& request, const CheckedRequest& checked) const {
  using Answer = std::optional<CrossingResult>;
  const auto look_up = [&](ports::Transaction& transaction,
                           AuditNote& note) -> absl::StatusOr<Answer> {
    const auto found = transaction.FindRequest(request.request_id);
    if (!found.ok()) return found.status();
    absl::StatusOr<Answer> answer = FindAnswer(transaction, *found, checked, call.principal.name);
    if (!answer.ok()) return answer;
    // Of a look-up that finds nothing the caller learns nothing: no record.
    note.leaves_record = answer->has_value();
    if (*answer) TellOf(**answer, note);
    return answer;
  };
  return ReadAudited<Answer>(store_, call, NoteOf(request), look_up);
}

absl::StatusOr<CrossingResult> RecordCrossing::Refuse(
    const Call& call, const CrossingRequest& request,
    const core::FaceObservation& observation) const {
  CrossingResult refused;
  refused.capture_status = CaptureStatus::kLowQuality;
  refused.findings = observation.findings;
  absl::Status status =
      RecordInAudit(store_, call, NoteOf(request), ports::NameOf(refused.capture_status));
  if (!status.ok()) return status;
  return refused;
}

absl::StatusOr<CrossingResult> RecordCrossing::RecordNew(const Call& call,
                                                         const CrossingRequest& request,
                                                         const CheckedRequest& checked,
                                                         const Judged& judged,
                                                         core::Timestamp now) const {
  // Chosen once for all attempts: it tells what an earlier attempt recorded, when its commit was in
  // doubt, from what another call did.
  const core::CrossingId crossing_id(crypto::NewUuid());
  const auto start = std::chrono::steady_clock::now();
  const auto record = [&](ports::Transaction& transaction,
                          AuditNote& note) -> absl::StatusOr<CrossingResult> {
    Recording recording(crossing_id, request, checked, judged.admission, judged.observation,
                        engine_, vault_, policy_, now, transaction);
    absl::StatusOr<CrossingResult> result = recording.Run(call.principal.name, note);
    if (result.ok()) TellOf(*result, note);
    return result;
  };
  auto result = ReadAudited<CrossingResult>(store_, call, NoteOf(request), record);
  if (!result.ok()) return result.status();
  result->is_new = result->crossing->crossing_id == crossing_id;
  result->recording_time = std::chrono::steady_clock::now() - start;
  return result;
}

}  // namespace entryexit::app
