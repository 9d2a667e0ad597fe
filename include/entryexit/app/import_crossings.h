#ifndef ENTRYEXIT_APP_IMPORT_CROSSINGS_H_
#define ENTRYEXIT_APP_IMPORT_CROSSINGS_H_

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/app/lane_directory.h"
#include "entryexit/app/record_crossing.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/ids.h"
#include "entryexit/core/mutex.h"
#include "entryexit/ports/store.h"

namespace entryexit::app {

// What became of one crossing of an import.
struct ImportResult {
  enum class Kind {
    kRecorded,
    kAlreadyRecorded,  // by an earlier import, a lane, or an earlier row
    kRefused,          // and would be again, until something is mended
  };
  Kind kind = Kind::kRefused;
  core::CrossingId crossing_id;  // empty when refused
  absl::Status refusal;          // why; OK unless refused
};

// Records crossings that another system kept, many at a time: the same rules, stays and cases as
// when a lane records them, but no capture is asked for. A crossing without an image is recorded as
// not captured and not compared. Thread-safe.
class ImportCrossings {
 public:
  // The arguments must outlive the object.
  ImportCrossings(const LaneDirectory& lanes, const RecordCrossing& record, ports::Store& store,
                  const core::Clock& clock, CrossingPolicy policy)
      : lanes_(lanes), record_(record), store_(store), clock_(clock), policy_(std::move(policy)) {}

  // Records `crossings`, in any order and of any travelers, and returns one result for each, in
  // their order; each is durable. Their `request_id` does not matter. Everything about a traveler
  // is recorded as a whole or not at all, but for crossings with images, which are recorded one by
  // one. All of one traveler in one call is what is fast. Lanes that have one of the travelers wait
  // meanwhile. Blocks.
  // The refusals are those of RecordCrossing::Record, and CROSSING_ALREADY_RECORDED for a crossing
  // that is recorded with another document, admission, carrier or flight.
  // Errors: those of Store::Transact; crossings of some travelers may be recorded all the same, and
  // the same call again tells which.
  absl::StatusOr<std::vector<ImportResult>> Import(
      const Call& call, const core::RequestId& import_id,
      const std::vector<CrossingRequest>& crossings) const;

 private:
  const LaneDirectory& lanes_;
  const RecordCrossing& record_;
  ports::Store& store_;
  const core::Clock& clock_;
  const CrossingPolicy policy_;
  // Lanes with travelers before them find the rest of the face engine.
  mutable core::Mutex one_face_at_a_time_;
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_IMPORT_CROSSINGS_H_
