#ifndef ENTRYEXIT_POSTGRES_STORE_H_
#define ENTRYEXIT_POSTGRES_STORE_H_

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "entryexit/ports/store.h"

namespace entryexit::postgres {

struct DatabaseOptions {
  // libpq connection string or URI. Sign in as a member of the role entryexit_daemon.
  std::string dsn;
  // The most connections held at once; the case feed and Ping have one more each. One transaction
  // takes one.
  int pool_size = 8;
  // How long one attempt to connect may take.
  std::chrono::milliseconds connect_timeout{5000};
  // How long one statement may take, when the deadline of its transaction leaves it that long.
  std::chrono::milliseconds statement_timeout{30000};
};

// Connects once, so that a database that is away or a wrong `options.dsn` shows at start, and not
// to the first lane. Later failures are survived: connections are opened again as needed. Does not
// look at the schema; see CheckSchema.
// Errors: CONFIG_INVALID (a pool size or a timeout that is not positive), DATABASE_UNAVAILABLE,
// DEADLINE_EXCEEDED.
absl::StatusOr<std::unique_ptr<ports::Store>> OpenStore(const DatabaseOptions& options);

// Connects and starts the feed's thread, which the feed's destructor ends. When the link is lost
// the feed connects again by itself, trying for as long as it lives. Listeners must not subscribe
// or end a subscription from within their call.
// Errors: as OpenStore.
absl::StatusOr<std::unique_ptr<ports::CaseFeed>> OpenCaseFeed(const DatabaseOptions& options);

}  // namespace entryexit::postgres

#endif  // ENTRYEXIT_POSTGRES_STORE_H_
