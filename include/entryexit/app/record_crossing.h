#ifndef ENTRYEXIT_APP_RECORD_CROSSING_H_
#define ENTRYEXIT_APP_RECORD_CROSSING_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/app/lane_directory.h"
#include "entryexit/core/matching.h"
#include "entryexit/core/retention.h"
#include "entryexit/core/travel_document.h"
#include "entryexit/ports/face_engine.h"
#include "entryexit/ports/store.h"
#include "entryexit/ports/vault.h"

namespace entryexit::app {

enum class Waiver { kNone, kExempt, kOptedOut };

// What the inspector granted, as asked for.
struct AdmissionRequest {
  std::string class_of_admission;
  core::Authorization authorization;
};

struct CrossingRequest {
  core::RequestId request_id;
  core::Direction direction;
  core::LaneId lane_id;
  core::Timestamp captured_at;
  std::variant<std::string, core::TravelDocument> identification;  // MRZ, or field by field
  std::string_view image;                                          // must outlive the call
  std::optional<AdmissionRequest> admission;  // required for arrivals, none for departures
  Waiver waiver = Waiver::kNone;
  bool record_poor_capture = false;
  // Nobody can capture again: the crossing is recorded also when the image is poor, missing,
  // corrupt or of no known format.
  bool traveler_is_gone = false;
  std::string carrier;
  std::string flight;
};

struct CrossingResult {
  bool recorded = false;
  bool is_new = false;  // recorded by this call, not by an earlier one of the same crossing
  ports::CaptureStatus capture_status;
  std::vector<core::QualityFinding> findings;
  // Present when recorded.
  std::optional<ports::CrossingRecord> crossing;
  // Present for recorded departures: the comparison made when it was recorded.
  std::optional<ports::ComparisonRecord> comparison;
  // Arrivals: the last lawful day of the stay as what is known now gives it; absent when there is
  // none.
  std::optional<core::Date> last_lawful_day;
  bool disputed = false;  // the traveler has asked for a correction that was not granted
  // When new: the time from the judged capture to the durable record, comparison included.
  std::chrono::nanoseconds recording_time{0};
};

struct CrossingPolicy {
  core::MatchPolicy match;
  std::chrono::seconds max_clock_skew;      // how far captured_at may lie ahead
  std::string operating_state;              // whose nationals may opt out
  std::vector<std::string> exempt_classes;  // classes of admission exempt from capture
  core::AdmissionPolicy admissions;         // the rules of stay of every class
  core::RetentionPolicy retention;          // which references are no longer to be used
};

class RecentRequests;
struct CheckedRequest;

// Records one arrival or departure: judges the capture, stores crossing, capture and template,
// compares a departure with every prior arrival, recomputes the stays and brings the traveler's
// cases up to date, all in one transaction. Thread-safe.
class RecordCrossing {
 public:
  // The arguments must outlive the object.
  RecordCrossing(const LaneDirectory& lanes, const ports::FaceEngine& engine, ports::Store& store,
                 const ports::Vault& vault, const core::Clock& clock, CrossingPolicy policy);
  ~RecordCrossing();

  // Does the request at most once: the same request_id with the same content gives the first
  // answer again. Blocks.
  // Errors: MISSING_FIELD, INVALID_FIELD, MRZ_MALFORMED, MRZ_CHECK_DIGIT, CAPTURED_AT_IN_FUTURE,
  // LANE_UNKNOWN, LANE_NOT_YOURS, LANE_WRONG_DIRECTION, CLASS_UNKNOWN, WAIVER_NOT_ALLOWED,
  // REQUEST_ID_REUSED, CROSSING_ALREADY_RECORDED (the traveler's crossing at this lane, direction
  // and captured_at came with other content under another request_id), those of FaceEngine::Observe
  // and of Store::Transact.
  absl::StatusOr<CrossingResult> Record(const Call& call, const CrossingRequest& request) const;

 private:
  struct Judged {
    std::optional<core::Admission> admission;  // of an arrival
    core::FaceObservation observation;
    bool is_refused = false;  // the capture is too poor to be recorded
  };
  absl::StatusOr<Judged> Judge(const Call& call, const CrossingRequest& request,
                               core::Date local_date) const;
  // The answer that the request got before; none when it is new.
  absl::StatusOr<std::optional<CrossingResult>> LookUpAnswer(const Call& call,
                                                             const CrossingRequest& request,
                                                             const CheckedRequest& checked) const;
  absl::StatusOr<CrossingResult> Refuse(const Call& call, const CrossingRequest& request,
                                        const core::FaceObservation& observation) const;
  absl::StatusOr<CrossingResult> RecordNew(const Call& call, const CrossingRequest& request,
                                           const CheckedRequest& checked, const Judged& judged,
                                           core::Timestamp now) const;

  const LaneDirectory& lanes_;
  const ports::FaceEngine& engine_;
  ports::Store& store_;
  const ports::Vault& vault_;
  const core::Clock& clock_;
  const CrossingPolicy policy_;
  const std::unique_ptr<RecentRequests> recent_;
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_RECORD_CROSSING_H_
