#ifndef ENTRYEXIT_APP_LEGAL_HOLDS_H_
#define ENTRYEXIT_APP_LEGAL_HOLDS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/ports/store.h"

namespace entryexit::app {

struct HoldRequest {
  core::RequestId request_id;
  core::TravelerId traveler_id;
  std::string reference;  // 1 to 500 characters of UTF-8
};

struct ReleaseRequest {
  core::RequestId request_id;
  core::TravelerId traveler_id;
  std::string hold_id;
  std::string reference;  // as above
};

// Orders that nothing of a traveler is erased. Several may be in force at once: each is released by
// its own id. Thread-safe.
class LegalHolds {
 public:
  // The arguments must outlive the object.
  LegalHolds(ports::Store& store, const core::Clock& clock) : store_(store), clock_(clock) {}

  // Each does its request at most once and returns the hold as it is afterwards. Block.
  // Errors: MISSING_FIELD, INVALID_FIELD, TRAVELER_NOT_FOUND, REQUEST_ID_REUSED, those of
  // Store::Transact; of Release besides: LEGAL_HOLD_NOT_FOUND, LEGAL_HOLD_RELEASED.
  absl::StatusOr<ports::LegalHold> Place(const Call& call, const HoldRequest& request) const;
  absl::StatusOr<ports::LegalHold> Release(const Call& call, const ReleaseRequest& request) const;

  // By traveler and id. Errors: those of Store::Transact.
  absl::StatusOr<std::vector<ports::LegalHold>> List(
      const Call& call, const std::optional<core::TravelerId>& traveler_id, bool with_released,
      const std::optional<ports::LegalHoldCursor>& after, int limit) const;

 private:
  ports::Store& store_;
  const core::Clock& clock_;
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_LEGAL_HOLDS_H_
