#ifndef ENTRYEXIT_CORE_REASON_H_
#define ENTRYEXIT_CORE_REASON_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace entryexit::core {

// Why a call was refused or could not be served. A closed list: clients may switch on it. Each
// maps to one canonical code (CodeFor) and travels in the status payload and, on the wire, in the
// trailing metadata `entryexit-reason`. Business outcomes (no match, low quality) are values and
// are not here.
enum class Reason {
  // The request itself (INVALID_ARGUMENT): sending it again unchanged cannot succeed.
  kMissingField,
  kInvalidField,
  kMrzMalformed,
  kMrzCheckDigit,
  kCapturedAtInFuture,
  kImageEmpty,
  kImageTooLarge,
  kImageTooManyPixels,
  kImageUnsupportedFormat,
  kImageCorrupt,
  kPageTokenInvalid,
  // The caller (UNAUTHENTICATED, PERMISSION_DENIED), and what the caller says of the call
  // (INVALID_ARGUMENT, PERMISSION_DENIED).
  kPrincipalMissing,
  kCertificateRevoked,
  kRoleNotAllowed,
  kLaneUnknown,
  kLaneNotYours,
  kPurposeMissing,
  kPurposeNotAllowed,
  kPurposeNeedsCase,
  kCaseOfAnotherTraveler,
  // The thing named (NOT_FOUND).
  kTravelerNotFound,
  kCrossingNotFound,
  kCaseNotFound,
  kCaptureNotFound,
  kComparisonNotFound,
  kLegalHoldNotFound,
  // The state of the world (FAILED_PRECONDITION, ALREADY_EXISTS, ABORTED).
  kLaneWrongDirection,
  kClassUnknown,
  kWaiverNotAllowed,
  kRequestIdReused,
  kCrossingAlreadyRecorded,
  kCaseClosed,
  kCaseNotClosed,
  kSecondOfficerRequired,
  kCaseChanged,
  kCrossingChanged,
  kModelNotLoaded,
  kLegalHoldReleased,
  kTravelerHeld,
  kEvidenceErased,
  // The service (RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED, CANCELLED, UNAVAILABLE): try again later.
  kOverloaded,
  kRateLimited,
  kTooManyCalls,
  kDeadlineExceeded,
  kCancelled,
  kShuttingDown,
  kDatabaseUnavailable,
  kDatabaseReadOnly,
  kDatabaseFull,
  kDatabaseConflict,
  // Start-up and operation (FAILED_PRECONDITION).
  kConfigInvalid,
  kSchemaMismatch,
  kModelUnknown,
  kModelFileMissing,
  kModelDigestMismatch,
  kModelFileInvalid,
  kGoldenDrift,
  kKeyUnavailable,
  // Stored data that no longer opens or parses (DATA_LOSS).
  kStoredDataInvalid,
  // A defect of ours (INTERNAL).
  kInternal,
};

// The canonical code of `reason`: the one mapping there is.
absl::StatusCode CodeFor(Reason reason);

// "IMAGE_CORRUPT" and so on; stable, part of the public API.
std::string_view NameOf(Reason reason);

// A status that carries `reason` in its payload. `message` is for the person who reads it: say what
// was wrong, its value and its limit; never personal data.
absl::Status MakeError(Reason reason, const std::string& message);

// The reason that `status` carries; none when it is OK or was not made by MakeError.
std::optional<Reason> ReasonOf(const absl::Status& status);

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_REASON_H_
