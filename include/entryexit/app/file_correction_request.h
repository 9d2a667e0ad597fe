#ifndef ENTRYEXIT_APP_FILE_CORRECTION_REQUEST_H_
#define ENTRYEXIT_APP_FILE_CORRECTION_REQUEST_H_

#include <chrono>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/ports/store.h"

namespace entryexit::app {

struct CorrectionFiling {
  core::RequestId request_id;
  core::TravelerId traveler_id;
  std::variant<core::CrossingId, core::CaseId> disputed;
  std::string words;       // the traveler's, 1 to 2000 characters of UTF-8
  core::Date received_on;  // where the traveler gave it in
};

// Files a traveler's request for a correction: a case that waits for an officer, and marks the
// traveler's record as disputed until it is granted. Changes nothing else. Thread-safe.
class FileCorrectionRequest {
 public:
  // The arguments must outlive the object. An answer is due so many days after the receipt.
  FileCorrectionRequest(ports::Store& store, const core::Clock& clock, std::chrono::days due_after)
      : store_(store), clock_(clock), due_after_(due_after) {}

  // Does the request at most once. Returns the case as it is afterwards. Blocks.
  // Errors: MISSING_FIELD, INVALID_FIELD, TRAVELER_NOT_FOUND, CROSSING_NOT_FOUND, CASE_NOT_FOUND,
  // CASE_NOT_CLOSED (one on the same crossing waits), REQUEST_ID_REUSED, those of
  // Store::Transact.
  absl::StatusOr<ports::CaseRecord> File(const Call& call, const CorrectionFiling& filing) const;

 private:
  ports::Store& store_;
  const core::Clock& clock_;
  const std::chrono::days due_after_;
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_FILE_CORRECTION_REQUEST_H_
