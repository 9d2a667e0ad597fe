#ifndef ENTRYEXIT_APP_COMPARISONS_H_
#define ENTRYEXIT_APP_COMPARISONS_H_

#include <set>
#include <vector>

#include "absl/status/status.h"
#include "app/traveler_state.h"
#include "entryexit/app/record_crossing.h"
#include "entryexit/ports/face_engine.h"
#include "entryexit/ports/store.h"
#include "entryexit/ports/vault.h"

namespace entryexit::app {

// Compares the departures of one traveler with the arrivals before them, as corrected, while
// something is recorded of the traveler: keeps the latest results in the state, and what must be
// written. Departures captured under another model stay as they are, and what retention no longer
// allows to be used takes no part, whether or not it has been erased. Not thread-safe.
// Errors of all methods: KEY_UNAVAILABLE, STORED_DATA_INVALID.
class Comparisons {
 public:
  // The arguments must outlive the object.
  Comparisons(TravelerState& state, const ports::FaceEngine& engine, const ports::Vault& vault,
              const CrossingPolicy& policy)
      : state_(state), engine_(engine), vault_(vault), policy_(policy) {}

  absl::Status Compare(const ports::CrossingRecord& departure, core::Timestamp now);

  // Compares again the departures after `arrival`, which was not known when they were compared.
  absl::Status CompareThoseAfter(const ports::CrossingRecord& arrival, core::Timestamp now);

  // Compares again the departures whose last comparison used an arrival that is no longer before
  // them, or lacks one that is. An arrival that was erased since, or whose template was, is not
  // missed.
  // Errors besides: those of a transaction that reads.
  absl::Status CompareThoseWithOtherReferences(ports::Transaction& transaction,
                                               core::Timestamp now);

  // What was compared, to be written.
  const std::vector<ports::ComparisonRecord>& records() const { return records_; }
  absl::Status Write(ports::Transaction& transaction) const;

 private:
  void FindExpired(const ValidCrossings& valid, core::Timestamp now);
  absl::Status CompareAmong(const ValidCrossings& valid, const ports::CrossingRecord& departure,
                            core::Timestamp now);
  // The departures that count and have a template that can be compared.
  std::vector<const ports::CrossingRecord*> ComparableDepartures(const ValidCrossings& valid) const;
  absl::StatusOr<bool> HasOtherReferences(ports::Transaction& transaction,
                                          const ValidCrossings& valid,
                                          const core::DecisionReceipt& receipt) const;

  TravelerState& state_;
  const ports::FaceEngine& engine_;
  const ports::Vault& vault_;
  const CrossingPolicy& policy_;
  std::set<core::CrossingId> expired_;  // templates; as of the comparison under way
  std::vector<ports::ComparisonRecord> records_;
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_COMPARISONS_H_
