#include "entryexit/core/reason.h"

#include <array>

namespace entryexit::core {
namespace {

constexpr char kPayloadUrl[] = "entryexit.v1/reason";

struct Entry {
  Reason reason;
  std::string_view name;
  absl::StatusCode code;
};

using enum absl::StatusCode;

constexpr std::array kEntries = {
    Entry{Reason::kMissingField, "MISSING_FIELD", kInvalidArgument},
    Entry{Reason::kInvalidField, "INVALID_FIELD", kInvalidArgument},
    Entry{Reason::kMrzMalformed, "MRZ_MALFORMED", kInvalidArgument},
    Entry{Reason::kMrzCheckDigit, "MRZ_CHECK_DIGIT", kInvalidArgument},
    Entry{Reason::kCapturedAtInFuture, "CAPTURED_AT_IN_FUTURE", kInvalidArgument},
    Entry{Reason::kImageEmpty, "IMAGE_EMPTY", kInvalidArgument},
    Entry{Reason::kImageTooLarge, "IMAGE_TOO_LARGE", kInvalidArgument},
    Entry{Reason::kImageTooManyPixels, "IMAGE_TOO_MANY_PIXELS", kInvalidArgument},
    Entry{Reason::kImageUnsupportedFormat, "IMAGE_UNSUPPORTED_FORMAT", kInvalidArgument},
    Entry{Reason::kImageCorrupt, "IMAGE_CORRUPT", kInvalidArgument},
    Entry{Reason::kPageTokenInvalid, "PAGE_TOKEN_INVALID", kInvalidArgument},
    Entry{Reason::kPrincipalMissing, "PRINCIPAL_MISSING", kUnauthenticated},
    Entry{Reason::kCertificateRevoked, "CERTIFICATE_REVOKED", kUnauthenticated},
    Entry{Reason::kRoleNotAllowed, "ROLE_NOT_ALLOWED", kPermissionDenied},
    Entry{Reason::kLaneUnknown, "LANE_UNKNOWN", kPermissionDenied},
    Entry{Reason::kLaneNotYours, "LANE_NOT_YOURS", kPermissionDenied},
    Entry{Reason::kPurposeMissing, "PURPOSE_MISSING", kInvalidArgument},
    Entry{Reason::kPurposeNotAllowed, "PURPOSE_NOT_ALLOWED", kPermissionDenied},
    Entry{Reason::kPurposeNeedsCase, "PURPOSE_NEEDS_CASE", kInvalidArgument},
    Entry{Reason::kCaseOfAnotherTraveler, "CASE_OF_ANOTHER_TRAVELER", kPermissionDenied},
    Entry{Reason::kTravelerNotFound, "TRAVELER_NOT_FOUND", kNotFound},
    Entry{Reason::kCrossingNotFound, "CROSSING_NOT_FOUND", kNotFound},
    Entry{Reason::kCaseNotFound, "CASE_NOT_FOUND", kNotFound},
    Entry{Reason::kCaptureNotFound, "CAPTURE_NOT_FOUND", kNotFound},
    Entry{Reason::kComparisonNotFound, "COMPARISON_NOT_FOUND", kNotFound},
    Entry{Reason::kLegalHoldNotFound, "LEGAL_HOLD_NOT_FOUND", kNotFound},
    Entry{Reason::kLaneWrongDirection, "LANE_WRONG_DIRECTION", kFailedPrecondition},
    Entry{Reason::kClassUnknown, "CLASS_UNKNOWN", kFailedPrecondition},
    Entry{Reason::kWaiverNotAllowed, "WAIVER_NOT_ALLOWED", kFailedPrecondition},
    Entry{Reason::kRequestIdReused, "REQUEST_ID_REUSED", kAlreadyExists},
    Entry{Reason::kCrossingAlreadyRecorded, "CROSSING_ALREADY_RECORDED", kAlreadyExists},
    Entry{Reason::kCaseClosed, "CASE_CLOSED", kFailedPrecondition},
    Entry{Reason::kCaseNotClosed, "CASE_NOT_CLOSED", kFailedPrecondition},
    Entry{Reason::kSecondOfficerRequired, "SECOND_OFFICER_REQUIRED", kFailedPrecondition},
    Entry{Reason::kCaseChanged, "CASE_CHANGED", kAborted},
    Entry{Reason::kCrossingChanged, "CROSSING_CHANGED", kAborted},
    Entry{Reason::kModelNotLoaded, "MODEL_NOT_LOADED", kFailedPrecondition},
    Entry{Reason::kLegalHoldReleased, "LEGAL_HOLD_RELEASED", kFailedPrecondition},
    Entry{Reason::kTravelerHeld, "TRAVELER_HELD", kFailedPrecondition},
    Entry{Reason::kEvidenceErased, "EVIDENCE_ERASED", kFailedPrecondition},
    Entry{Reason::kOverloaded, "OVERLOADED", kResourceExhausted},
    Entry{Reason::kRateLimited, "RATE_LIMITED", kResourceExhausted},
    Entry{Reason::kTooManyCalls, "TOO_MANY_CALLS", kResourceExhausted},
    Entry{Reason::kDeadlineExceeded, "DEADLINE_EXCEEDED", kDeadlineExceeded},
    Entry{Reason::kCancelled, "CANCELLED", kCancelled},
    Entry{Reason::kShuttingDown, "SHUTTING_DOWN", kUnavailable},
    Entry{Reason::kDatabaseUnavailable, "DATABASE_UNAVAILABLE", kUnavailable},
    Entry{Reason::kDatabaseReadOnly, "DATABASE_READ_ONLY", kUnavailable},
    Entry{Reason::kDatabaseFull, "DATABASE_FULL", kUnavailable},
    Entry{Reason::kDatabaseConflict, "DATABASE_CONFLICT", kAborted},
    Entry{Reason::kConfigInvalid, "CONFIG_INVALID", kFailedPrecondition},
    Entry{Reason::kSchemaMismatch, "SCHEMA_MISMATCH", kFailedPrecondition},
    Entry{Reason::kModelUnknown, "MODEL_UNKNOWN", kFailedPrecondition},
    Entry{Reason::kModelFileMissing, "MODEL_FILE_MISSING", kFailedPrecondition},
    Entry{Reason::kModelDigestMismatch, "MODEL_DIGEST_MISMATCH", kFailedPrecondition},
    Entry{Reason::kModelFileInvalid, "MODEL_FILE_INVALID", kFailedPrecondition},
    Entry{Reason::kGoldenDrift, "GOLDEN_DRIFT", kFailedPrecondition},
    Entry{Reason::kKeyUnavailable, "KEY_UNAVAILABLE", kFailedPrecondition},
    Entry{Reason::kStoredDataInvalid, "STORED_DATA_INVALID", kDataLoss},
    Entry{Reason::kInternal, "INTERNAL", kInternal},
};

constexpr const Entry& EntryOf(Reason reason) { return kEntries[static_cast<size_t>(reason)]; }

constexpr bool EntriesAreInEnumOrder() {
  for (size_t i = 0; i < kEntries.size(); ++i) {
    if (static_cast<size_t>(kEntries[i].reason) != i) return false;
  }
  return kEntries.size() == static_cast<size_t>(Reason::kInternal) + 1;
}
static_assert(EntriesAreInEnumOrder(), "EntryOf looks a reason up by its position");

}  // namespace

absl::StatusCode CodeFor(Reason reason) { return EntryOf(reason).code; }

std::string_view NameOf(Reason reason) { return EntryOf(reason).name; }

absl::Status MakeError(Reason reason, const std::string& message) {
  absl::Status status(CodeFor(reason), message);
  status.SetPayload(kPayloadUrl, absl::Cord(std::string(NameOf(reason))));
  return status;
}

std::optional<Reason> ReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayloadUrl);
  if (!payload) return std::nullopt;
  const std::string name(*payload);
  for (const Entry& entry : kEntries) {
    if (entry.name == name) return entry.reason;
  }
  return std::nullopt;
}

}  // namespace entryexit::core
