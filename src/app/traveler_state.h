#ifndef ENTRYEXIT_APP_TRAVELER_STATE_H_
#define ENTRYEXIT_APP_TRAVELER_STATE_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/core/leads.h"
#include "entryexit/ports/store.h"

namespace entryexit::app {

// What is stored on one traveler, as far as recording a crossing takes: no pictures, and of the
// comparisons the latest of each departure only, since a commuter has many. Crossings stand by
// time.
struct TravelerState {
  core::TravelerId traveler_id;
  // As each was recorded first; for crossings whose own data is not kept.
  std::map<core::DocumentId, core::Holder> documents;
  std::vector<ports::CrossingRecord> crossings;  // as recorded
  std::vector<ports::CorrectionRecord> corrections;
  std::vector<ports::AdmissionChangeRecord> admission_changes;
  std::vector<ports::TemplateRecord> templates;
  std::vector<ports::ComparisonSummary> comparisons;
  std::vector<ports::CaseRecord> cases;
  std::vector<ports::SettledLead> settled;  // whose cases were decided and have been erased
};

TravelerState StateOf(ports::TravelerRecords records);
absl::StatusOr<TravelerState> LoadTraveler(ports::Transaction& transaction,
                                           const core::TravelerId& id);
// Only what the stays follow from: no templates.
absl::StatusOr<TravelerState> LoadMovements(ports::Transaction& transaction,
                                            const core::TravelerId& id);

// The crossings as corrected, less those that were voided.
using ValidCrossings = std::map<core::CrossingId, core::CrossingEvent>;
ValidCrossings ValidCrossingsOf(const TravelerState& state);

// The correction of a crossing that counts; null when it has none.
const ports::CorrectionRecord* LatestCorrection(const TravelerState& state,
                                                const core::CrossingId& crossing);
// The traveler to whom a crossing was moved with its document; none when it is still here.
std::optional<core::TravelerId> MovedTo(const TravelerState& state,
                                        const core::CrossingId& crossing);
// What the document shown at the crossing said.
core::Holder HolderOf(const TravelerState& state, const ports::CrossingRecord& crossing);
// TRAVELER_NOT_FOUND, for one whose documents were all moved, with where the last of them went.
absl::Status MovedAway(const std::vector<ports::CorrectionRecord>& corrections);

// A departure is in doubt while its last comparison is no match or inconclusive and no officer has
// dismissed the case of it.
core::StayHistory StaysOf(const TravelerState& state);
// The same as records, by arrival.
std::vector<ports::StayRecord> StayRecordsOf(const TravelerState& state);

// The last comparison of a departure; null when it has none.
const ports::ComparisonSummary* LatestComparison(const TravelerState& state,
                                                 const core::CrossingId& departure);

// A change to one case, with the event that tells of it.
struct CaseChange {
  ports::CaseRecord record;
  ports::CaseEvent event;
  bool is_new;
};

// What must be written so that the traveler's cases say what the recorded events say: leads
// without a case open one, leads that are gone withdraw theirs, and for the rest
// core::StateAfter says. A document conflict of old stays as it is.
// Suspected overstays, which come about by the mere passing of days, are only withdrawn.
std::vector<CaseChange> ReconcileCases(const TravelerState& state, core::Timestamp now);
// The same, and opens cases of suspected overstays.
std::vector<CaseChange> ReviewCases(const TravelerState& state, core::Timestamp now);

// Whether the traveler disputes what is recorded: has asked for a correction that was not granted.
bool IsDisputed(const TravelerState& state);

// Of correction requests about one crossing one at a time waits for an officer.
// Errors: CASE_NOT_CLOSED, naming the one that waits.
absl::Status CheckNoRequestWaits(const TravelerState& state, const core::CrossingId& crossing);

// When an event that comes in at `now` is recorded: after all that is, whatever the clock says, so
// that what was known at a moment does not change later.
core::Timestamp RecordingTime(const TravelerState& state, core::Timestamp now);

absl::Status WriteCases(ports::Transaction& transaction, const std::vector<CaseChange>& changes);

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_TRAVELER_STATE_H_
