#include "entryexit/app/correct_crossing.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/audited.h"
#include "app/comparisons.h"
#include "app/crossing_request.h"
#include "app/requests.h"
#include "app/text.h"
#include "app/traveler_state.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::app {
namespace {

using core::MakeError;
using core::Reason;

constexpr int kMaxCorrections = 1000;

// What can be judged without the crossing.
absl::Status CheckCorrection(const CorrectionRequest& request, core::Timestamp now,
                             const CrossingPolicy& policy) {
  if (absl::Status status = CheckReasonText(request.reason); !status.ok()) return status;
  if (request.revision < 1 || request.revision > kMaxCorrections) {
    return MakeError(Reason::kInvalidField, fmt::format("revision must be 1 to {}, not {}",
                                                        kMaxCorrections, request.revision));
  }
  if (request.voided && (request.captured_at || request.admission)) {
    return MakeError(Reason::kInvalidField,
                     "a correction either voids the crossing or says what is right");
  }
  if (request.revision == 1 && !request.voided && !request.captured_at && !request.admission) {
    return MakeError(Reason::kInvalidField,
                     "the correction says nothing, and there is no earlier one to take back");
  }
  if (!request.captured_at) return absl::OkStatus();
  return CheckCapturedAt(*request.captured_at, now, policy.max_clock_skew);
}

std::string ContentDigest(const CorrectionRequest& request) {
  std::string time = "-";
  if (request.captured_at) time = fmt::to_string(request.captured_at->time_since_epoch().count());
  std::string admission = "-";
  if (request.admission) {
    const core::Authorization& asked = request.admission->authorization;
    const auto* until = std::get_if<core::Date>(&asked);
    const auto* days = std::get_if<core::DaysFromArrival>(&asked);
    admission = fmt::format("{}\x1f{}\x1f{}", request.admission->class_of_admission, asked.index(),
                            until != nullptr  ? until->time_since_epoch().count()
                            : days != nullptr ? days->days
                                              : 0);
  }
  return crypto::Sha256Hex(fmt::format("CORRECT\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}\x1f{}",
                                       request.crossing_id.value(), request.revision,
                                       request.voided ? 1 : 0, time, admission, request.reason));
}

absl::Status CheckNextRevision(const TravelerState& state, const CorrectionRequest& request) {
  const ports::CorrectionRecord* const known = LatestCorrection(state, request.crossing_id);
  const int latest = known == nullptr ? 0 : known->correction.revision;
  if (request.revision == latest + 1) return absl::OkStatus();
  return MakeError(Reason::kCrossingChanged,
                   fmt::format("the crossing has {} correction{}: the next revision is {}, not {}",
                               latest, latest == 1 ? "" : "s", latest + 1, request.revision));
}

// What is granted by the correction; none when it is as recorded.
absl::StatusOr<std::optional<core::Admission>> CorrectedAdmission(
    const CorrectionRequest& request, const ports::CrossingRecord& crossing, core::Date local_date,
    const core::AdmissionPolicy& policy) {
  if (request.admission) {
    if (crossing.direction == core::Direction::kDeparture) {
      return MakeError(Reason::kInvalidField, "admission is of arrivals, not of departures");
    }
    return AdmissionOf(request.admission, local_date, policy);
  }
  if (crossing.admission && crossing.admission->authorized_until &&
      *crossing.admission->authorized_until < local_date) {
    return MakeError(Reason::kInvalidField,
                     "the stay was authorized until a day before the corrected captured_at: give "
                     "the admission too");
  }
  return std::optional<core::Admission>();
}

}  // namespace

absl::StatusOr<CorrectionResult> CorrectCrossing::Correct(const Call& call,
                                                          const CorrectionRequest& request) const {
  const core::Timestamp now = clock_.Now();
  if (absl::Status status = CheckCorrection(request, now, policy_); !status.ok()) return status;
  const std::string digest = ContentDigest(request);
  const core::CorrectionId correction_id(crypto::NewUuid());

  const auto corrected =
      [&](const ports::CrossingRecord& crossing) -> absl::StatusOr<core::CrossingCorrection> {
    core::CrossingCorrection correction{.crossing_id = crossing.crossing_id,
                                        .revision = request.revision,
                                        .voided = request.voided,
                                        .captured_at = request.captured_at,
                                        .local_date = std::nullopt,
                                        .admission = std::nullopt};
    if (request.captured_at) {
      const auto lane = lanes_.Find(crossing.lane_id, crossing.direction);
      if (!lane.ok()) return lane.status();
      correction.local_date = LocalDate(*request.captured_at, lane->time_zone);
    }
    absl::StatusOr<std::optional<core::Admission>> admission = CorrectedAdmission(
        request, crossing, correction.local_date.value_or(crossing.local_date), policy_.admissions);
    if (!admission.ok()) return admission.status();
    correction.admission = *std::move(admission);
    return correction;
  };

  CorrectionResult result;
  const auto correct = [&](ports::Transaction& transaction, AuditNote& note) -> absl::Status {
    const auto crossing = transaction.GetCrossing(request.crossing_id);
    if (!crossing.ok()) return crossing.status();
    note.travelers = {crossing->traveler_id};
    // All that follows is read under the traveler's lock: a crossing may be changing the stays
    // right now, or the same request may be under way a second time.
    absl::Status status = transaction.LockTraveler(crossing->traveler_id);
    if (!status.ok()) return status;
    const auto known = FindCarriedOut(transaction, request.request_id, call.principal.name, digest);
    if (!known.ok()) return known.status();
    const auto locked = transaction.GetCrossing(request.crossing_id);
    if (!locked.ok()) return locked.status();
    if (locked->traveler_id != crossing->traveler_id) {
      return MakeError(Reason::kDatabaseConflict, "the crossing was moved meanwhile");
    }
    // Of a retry, whoever had the crossing when the request was carried out.
    absl::StatusOr<TravelerState> state =
        LoadTraveler(transaction, *known ? (*known)->traveler_id : crossing->traveler_id);
    if (!state.ok()) return state.status();
    if (*known) {
      const auto found =
          std::ranges::find(state->corrections, core::CorrectionId((*known)->subject_id),
                            &ports::CorrectionRecord::correction_id);
      if (found == state->corrections.end()) {
        return MakeError(Reason::kStoredDataInvalid, "the correction of a request is missing");
      }
      result = {*found, StayRecordsOf(*state)};
      return absl::OkStatus();
    }
    status = CheckNextRevision(*state, request);
    if (!status.ok()) return status;
    absl::StatusOr<core::CrossingCorrection> correction = corrected(*crossing);
    if (!correction.ok()) return correction.status();

    const core::Timestamp recorded_at = RecordingTime(*state, now);
    const ports::CorrectionRecord& record = state->corrections.emplace_back(ports::CorrectionRecord{
        state->traveler_id, correction_id, request.request_id, call.principal.name, recorded_at,
        *std::move(correction), request.reason});
    Comparisons comparisons(*state, engine_, vault_, policy_);
    status = comparisons.CompareThoseWithOtherReferences(transaction, recorded_at);
    if (!status.ok()) return status;
    result = {record, StayRecordsOf(*state)};

    status = transaction.AddCorrection(record);
    if (status.ok()) status = comparisons.Write(transaction);
    if (status.ok()) {
      status = transaction.ReplaceStays(state->traveler_id, result.stays, recorded_at);
    }
    if (status.ok()) status = WriteCases(transaction, ReconcileCases(*state, recorded_at));
    if (status.ok()) {
      status = transaction.AddRequest({request.request_id, call.principal.name, digest,
                                       state->traveler_id, correction_id.value()});
    }
    return status;
  };
  AuditNote known;
  known.subject = request.crossing_id.value();
  known.request_id = request.request_id;
  if (absl::Status status = TransactAudited(store_, call, known, correct); !status.ok()) {
    return status;
  }
  return result;
}

}  // namespace entryexit::app
