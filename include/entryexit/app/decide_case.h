#ifndef ENTRYEXIT_APP_DECIDE_CASE_H_
#define ENTRYEXIT_APP_DECIDE_CASE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/core/case_decisions.h"
#include "entryexit/ports/store.h"

namespace entryexit::app {

struct DecisionRequest {
  core::RequestId request_id;
  core::CaseId case_id;
  int version;  // of the case as the officer saw it
  core::CaseDecision decision;
  std::string reason;  // 1 to 2000 characters of UTF-8
  // What made the correction that was asked for, 1 to 20: of a decision that grants a request, and
  // of no other.
  std::vector<core::RequestId> done_by = {};
};

// Records an officer's decision on a case, by the rules of core::StateAfter. The machine's outcome
// is not touched. A departure whose identity case is dismissed was the traveler's: the stay that it
// closes is computed anew, and again when that is taken back.
// Thread-safe.
class DecideCase {
 public:
  // The arguments must outlive the object.
  DecideCase(ports::Store& store, const core::Clock& clock) : store_(store), clock_(clock) {}

  // Does the request at most once. Returns the case as it is afterwards. Blocks.
  // Errors: MISSING_FIELD, INVALID_FIELD, CASE_NOT_FOUND, CASE_CHANGED, those of core::StateAfter,
  // which tell the case's present state and etag, REQUEST_ID_REUSED, those of Store::Transact.
  absl::StatusOr<ports::CaseRecord> Decide(const Call& call, const DecisionRequest& request) const;

 private:
  ports::Store& store_;
  const core::Clock& clock_;
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_DECIDE_CASE_H_
