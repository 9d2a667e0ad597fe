#ifndef ENTRYEXIT_APP_CROSSING_REQUEST_H_
#define ENTRYEXIT_APP_CROSSING_REQUEST_H_

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "entryexit/app/record_crossing.h"

namespace entryexit::app {

// A crossing request that was checked, with everything in it that depends neither on what is stored
// nor on the admission policy worked out.
struct CheckedRequest {
  LaneDirectory::Lane lane;
  core::TravelDocument document;
  core::DocumentId document_id;
  core::Date local_date;
  std::string image_digest;    // SHA-256; empty without an image
  std::string content_digest;  // SHA-256 of all that happened at the lane
};

// Errors: those of RecordCrossing::Record that tell of the request.
absl::StatusOr<CheckedRequest> Check(const Call& call, const CrossingRequest& request,
                                     const LaneDirectory& lanes, const CrossingPolicy& policy,
                                     core::Timestamp now);

// Whether a crossing may have happened at `captured_at`, as far as the clock tells.
// Errors: CAPTURED_AT_IN_FUTURE, INVALID_FIELD.
absl::Status CheckCapturedAt(core::Timestamp captured_at, core::Timestamp now,
                             std::chrono::seconds max_skew);

// The same less the digests, for whoever may record on behalf of any lane.
// Errors: as Check, but for LANE_NOT_YOURS.
absl::StatusOr<CheckedRequest> CheckWithoutDigests(const CrossingRequest& request,
                                                   const LaneDirectory& lanes,
                                                   const CrossingPolicy& policy,
                                                   core::Timestamp now);

// What is granted on an arrival; none for a departure. `request` was checked.
// Errors: MISSING_FIELD, INVALID_FIELD, CLASS_UNKNOWN.
absl::StatusOr<std::optional<core::Admission>> AdmissionOf(
    const std::optional<AdmissionRequest>& asked, core::Date arrived_on,
    const core::AdmissionPolicy& policy);

// The record of a crossing as it was asked for, less what recording adds: the ids of the traveler
// and of the crossing, when it is recorded, and what became of the capture.
ports::CrossingRecord RecordOf(const CrossingRequest& request, const CheckedRequest& checked,
                               const std::optional<core::Admission>& admission);

// The id under which the traveler who uses this document is found. Requires a normalized document.
core::DocumentId DocumentIdOf(const std::string& issuing_state, const std::string& number);

// The same of a document as it is asked for. Errors: MISSING_FIELD, INVALID_FIELD.
absl::StatusOr<core::DocumentId> DocumentIdFrom(const std::string& issuing_state,
                                                const std::string& number);

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_CROSSING_REQUEST_H_
