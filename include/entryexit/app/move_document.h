#ifndef ENTRYEXIT_APP_MOVE_DOCUMENT_H_
#define ENTRYEXIT_APP_MOVE_DOCUMENT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/app/record_crossing.h"
#include "entryexit/ports/face_engine.h"
#include "entryexit/ports/store.h"
#include "entryexit/ports/vault.h"

namespace entryexit::app {

struct MoveRequest {
  core::RequestId request_id;
  std::string issuing_state;  // of the document
  std::string number;
  std::optional<core::TravelerId> to;  // absent: it becomes a traveler of its own
  std::string reason;                  // 1 to 2000 characters
};

struct MoveResult {
  core::TravelerId from;
  core::TravelerId to;
  std::vector<ports::StayRecord> stays;  // of `to`, as what is known now gives them
};

// Moves a travel document, and all that was recorded with it, to another traveler: a dual national
// arrives on one passport and departs on the other, or two people were taken for one. The crossings
// are copied, under the same ids, and stay with the first traveler as moved; pictures and templates
// are sealed for the other one. Departures of both are compared again, the stays of both computed
// anew and their cases brought up to date, all in one transaction. To move back is to undo it.
// Thread-safe.
class MoveDocument {
 public:
  // The arguments must outlive the object.
  MoveDocument(const ports::FaceEngine& engine, ports::Store& store, const ports::Vault& vault,
               const core::Clock& clock, const CrossingPolicy& policy)
      : engine_(engine), store_(store), vault_(vault), clock_(clock), policy_(policy) {}

  // Does the request at most once. Blocks.
  // Errors: MISSING_FIELD; INVALID_FIELD, also when the document is that traveler's already, or the
  // only one of a traveler of its own, and when nothing was recorded with it that would make one;
  // TRAVELER_HELD when a legal hold keeps it where it is; TRAVELER_NOT_FOUND when nobody uses the
  // document and when there is no such traveler; CROSSING_ALREADY_RECORDED when both travelers
  // crossed at one lane, direction and moment; REQUEST_ID_REUSED; KEY_UNAVAILABLE; those of
  // Store::Transact.
  absl::StatusOr<MoveResult> Move(const Call& call, const MoveRequest& request) const;

 private:
  const ports::FaceEngine& engine_;
  ports::Store& store_;
  const ports::Vault& vault_;
  const core::Clock& clock_;
  const CrossingPolicy& policy_;
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_MOVE_DOCUMENT_H_
