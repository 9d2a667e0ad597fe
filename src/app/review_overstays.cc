#include "entryexit/app/review_overstays.h"

#include <utility>
#include <vector>

#include "app/audited.h"
#include "app/traveler_state.h"

namespace entryexit::app {
namespace {

// So many that the progress is seen to move, and that a part does not outlast its deadline.
constexpr int kTravelersPerPart = 100;

// Writes what the traveler's cases lack. `progress` is of the whole part.
absl::Status ReviewTraveler(ports::Store& store, const Call& call, const core::TravelerId& id,
                            core::Timestamp now, ReviewProgress& progress) {
  std::vector<CaseChange> changes;
  const auto review = [&](ports::Transaction& transaction, AuditNote& note) -> absl::Status {
    absl::Status status = transaction.LockTraveler(id);
    if (!status.ok()) return status;
    const absl::StatusOr<TravelerState> state = LoadTraveler(transaction, id);
    if (!state.ok()) return state.status();
    changes = ReviewCases(*state, now);
    note.leaves_record = !changes.empty();
    return WriteCases(transaction, changes);
  };
  AuditNote known;
  known.travelers = {id};
  if (absl::Status status = TransactAudited(store, call, known, review); !status.ok()) {
    return status;
  }
  ++progress.travelers;
  for (const CaseChange& change : changes) {
    const bool opens = change.event.kind == ports::CaseEventKind::kOpened ||
                       change.event.kind == ports::CaseEventKind::kReopened;
    ++(opens ? progress.opened : progress.changed);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ReviewProgress> ReviewOverstays::Review(
    const Call& call, const std::optional<core::TravelerId>& after) const {
  using Travelers = std::vector<core::TravelerId>;
  const core::Timestamp now = clock_.Now();
  const auto travelers = ReadAudited<Travelers>(
      store_, call, AuditNote{}, [&](ports::Transaction& transaction, AuditNote& /*note*/) {
        return transaction.TravelersToReview(core::LastDayOver(now), after, kTravelersPerPart);
      });
  if (!travelers.ok()) return travelers.status();

  ReviewProgress progress;
  for (const core::TravelerId& id : *travelers) {
    absl::Status status = ReviewTraveler(store_, call, id, now, progress);
    if (absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status)) return status;
    if (!status.ok()) progress.failures.emplace_back(id, std::move(status));
  }
  if (travelers->size() == kTravelersPerPart) progress.next = travelers->back();
  return progress;
}

}  // namespace entryexit::app
