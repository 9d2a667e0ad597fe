#ifndef ENTRYEXIT_APP_CORRECT_CROSSING_H_
#define ENTRYEXIT_APP_CORRECT_CROSSING_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/app/lane_directory.h"
#include "entryexit/app/record_crossing.h"
#include "entryexit/ports/face_engine.h"
#include "entryexit/ports/store.h"
#include "entryexit/ports/vault.h"

namespace entryexit::app {

// What a crossing should have said. What is absent is as recorded: nothing at all takes an earlier
// correction back.
struct CorrectionRequest {
  core::RequestId request_id;
  core::CrossingId crossing_id;
  int revision = 1;     // one more than that of the latest correction that the supervisor saw
  bool voided = false;  // it did not happen, or was another person's; then nothing else is given
  std::optional<core::Timestamp> captured_at;  // the lane's clock was wrong
  std::optional<AdmissionRequest> admission;   // of an arrival
  std::string reason;                          // 1 to 2000 characters
};

struct CorrectionResult {
  ports::CorrectionRecord correction;
  std::vector<ports::StayRecord> stays;  // of the traveler, as what is known now gives them
};

// Records a correction, compares the departures again that it bears on, recomputes the traveler's
// stays and brings the cases up to date, all in one transaction. Thread-safe.
class CorrectCrossing {
 public:
  // The arguments must outlive the object.
  CorrectCrossing(const LaneDirectory& lanes, const ports::FaceEngine& engine, ports::Store& store,
                  const ports::Vault& vault, const core::Clock& clock, const CrossingPolicy& policy)
      : lanes_(lanes),
        engine_(engine),
        store_(store),
        vault_(vault),
        clock_(clock),
        policy_(policy) {}

  // Does the request at most once. Blocks.
  // Errors: MISSING_FIELD; INVALID_FIELD, also for a correction that voids and changes, a first one
  // that says nothing, an admission of a departure and a recorded admission that ends before the
  // corrected day; CAPTURED_AT_IN_FUTURE; CLASS_UNKNOWN; CROSSING_NOT_FOUND; CROSSING_CHANGED when
  // `revision` is not the next one; LANE_UNKNOWN and LANE_WRONG_DIRECTION when the time is
  // corrected of a lane that is no longer configured so; REQUEST_ID_REUSED; KEY_UNAVAILABLE; those
  // of Store::Transact.
  absl::StatusOr<CorrectionResult> Correct(const Call& call,
                                           const CorrectionRequest& request) const;

 private:
  const LaneDirectory& lanes_;
  const ports::FaceEngine& engine_;
  ports::Store& store_;
  const ports::Vault& vault_;
  const core::Clock& clock_;
  const CrossingPolicy& policy_;
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_CORRECT_CROSSING_H_
