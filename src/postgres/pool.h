#ifndef ENTRYEXIT_SRC_POSTGRES_POOL_H_
#define ENTRYEXIT_SRC_POSTGRES_POOL_H_

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/mutex.h"
#include "entryexit/postgres/store.h"
#include "src/postgres/connection.h"

namespace entryexit::postgres {

// Connections, opened as they are needed, each with one holder at a time. Thread-safe.
class Pool {
 public:
  explicit Pool(DatabaseOptions options) : options_(std::move(options)) {}

  // Holds one connection; gives it back to the pool, or closes it when it is not idle.
  class Lease {
   public:
    Lease(Pool* pool, std::unique_ptr<Connection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    Lease(Lease&&) = default;
    ~Lease() {
      if (connection_ != nullptr) pool_->Release(std::move(connection_));
    }
    Connection& operator*() const { return *connection_; }

   private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  // Waits for a free connection until `deadline`. The pool must outlive the lease.
  // Errors: DATABASE_UNAVAILABLE, DEADLINE_EXCEEDED.
  absl::StatusOr<Lease> Acquire(core::Deadline deadline);

 private:
  // A place in the pool, perhaps with an idle connection in it.
  absl::StatusOr<std::unique_ptr<Connection>> TakePlace(core::Deadline deadline);
  absl::StatusOr<std::unique_ptr<Connection>> OpenConnection(core::Deadline deadline);
  void Release(std::unique_ptr<Connection> connection);
  void FreePlace(std::unique_ptr<Connection> idle);

  const DatabaseOptions options_;
  core::Mutex mutex_;
  core::CondVar place_freed_;
  int places_taken_ GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<Connection>> idle_ GUARDED_BY(mutex_);
};

}  // namespace entryexit::postgres

#endif  // ENTRYEXIT_SRC_POSTGRES_POOL_H_
