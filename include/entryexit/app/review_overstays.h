#ifndef ENTRYEXIT_APP_REVIEW_OVERSTAYS_H_
#define ENTRYEXIT_APP_REVIEW_OVERSTAYS_H_

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/core/clock.h"
#include "entryexit/ports/store.h"

namespace entryexit::app {

// What a part of a review did.
struct ReviewProgress {
  std::int64_t travelers = 0;  // looked at
  std::int64_t opened = 0;     // cases, reopened ones included
  std::int64_t changed = 0;    // cases otherwise
  // Travelers whose records could not be read or written, and why.
  std::vector<std::pair<core::TravelerId, absl::Status>> failures;
  // Where to go on; absent when all are done.
  std::optional<core::TravelerId> next;
};

// Opens a case for every stay whose authorization is over everywhere and whose departure was not
// recorded, and brings those up to date that have become graver. Each traveler is a transaction of
// its own: a review that is killed half-way, run twice or run by two at once does every traveler
// once, and one run after another finds nothing to do. (A later event withdraws such a case when it
// is recorded.) Thread-safe.
class ReviewOverstays {
 public:
  // The arguments must outlive the object.
  ReviewOverstays(ports::Store& store, const core::Clock& clock) : store_(store), clock_(clock) {}

  // Reviews some travelers after `after`. One who cannot be reviewed does not stop the others, a
  // database that does not answer does. Blocks.
  // Errors: DATABASE_UNAVAILABLE, DATABASE_READ_ONLY, DATABASE_FULL, DEADLINE_EXCEEDED.
  absl::StatusOr<ReviewProgress> Review(const Call& call,
                                        const std::optional<core::TravelerId>& after) const;

 private:
  ports::Store& store_;
  const core::Clock& clock_;
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_REVIEW_OVERSTAYS_H_
