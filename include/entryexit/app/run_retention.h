#ifndef ENTRYEXIT_APP_RUN_RETENTION_H_
#define ENTRYEXIT_APP_RUN_RETENTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/erasure_receipt.h"
#include "entryexit/core/retention.h"
#include "entryexit/ports/store.h"

namespace entryexit::app {

// How long what is recorded may be kept.
struct RetentionRules {
  core::RetentionPolicy policy;
  std::string operating_state;  // whose nationals have rules of their own; ICAO 9303-3 code
};

// One run over all travelers.
struct RetentionRun {
  std::string run_id;  // a UUID
  bool dry_run = false;
};

// Where a run stands.
struct RetentionCursor {
  ports::ErasurePhase phase{};
  std::optional<ports::ErasureCandidate> after;
};

// Something that was erased or announced, or would be.
struct RetentionLine {
  core::ErasedItem item;
  std::string rule_id;
  core::Timestamp due;
};

// What a part of a run did.
struct RetentionPart {
  std::int64_t travelers = 0;  // looked at; one is looked at again in other parts
  std::vector<RetentionLine> erased;
  std::vector<RetentionLine> announced;
  std::vector<core::ErasureReceipt> receipts;  // of what was erased
  // Travelers whose records could not be read or erased, and why.
  std::vector<std::pair<core::TravelerId, absl::Status>> failures;
  std::optional<RetentionCursor> next;  // where to go on; absent when all is done
};

// Erases what the retention policy gives no more time, and announces what it wants announced
// before. A part of a run is one transaction, under the locks of its travelers and under one
// receipt: a run that is killed half-way loses nothing but its last part, another one goes on from
// there, and of two at once each thing is erased by one. Thread-safe.
class RunRetention {
 public:
  // The arguments must outlive the object.
  RunRetention(ports::Store& store, const core::Clock& clock, const RetentionRules& rules);

  // A run with an id of its own.
  static RetentionRun NewRun(bool dry_run);

  // Works on the next things that may be due; begin without a cursor. A traveler who cannot be read
  // or erased does not stop the others, a database that does not answer does. A dry run writes
  // nothing and tells the same. Blocks.
  // Errors: DATABASE_UNAVAILABLE, DATABASE_READ_ONLY, DATABASE_FULL, DEADLINE_EXCEEDED.
  absl::StatusOr<RetentionPart> Run(const Call& call, const RetentionRun& run,
                                    const std::optional<RetentionCursor>& cursor) const;

  // Receipts by number, after `after`; 0: from the first. Errors: those of Store::Transact.
  absl::StatusOr<std::vector<core::ErasureReceipt>> Receipts(const Call& call, std::int64_t after,
                                                             int limit) const;

 private:
  ports::Store& store_;
  const core::Clock& clock_;
  const RetentionRules& rules_;
  const std::string policy_digest_;
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_RUN_RETENTION_H_
