#include "src/postgres/pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "entryexit/core/reason.h"

namespace entryexit::postgres {

absl::StatusOr<Pool::Lease> Pool::Acquire(core::Deadline deadline) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = TakePlace(deadline);
  if (!connection.ok()) return connection.status();
  if (*connection == nullptr || !(*connection)->IsIdle()) {
    connection = OpenConnection(deadline);
    if (!connection.ok()) {
      FreePlace(nullptr);
      return connection.status();
    }
  }
  return Lease(this, *std::move(connection));
}

absl::StatusOr<std::unique_ptr<Connection>> Pool::TakePlace(core::Deadline deadline) {
  core::MutexLock lock(mutex_);
  while (places_taken_ == options_.pool_size) {
    if (!place_freed_.WaitUntil(mutex_, deadline) && places_taken_ == options_.pool_size) {
      return core::MakeError(core::Reason::kDeadlineExceeded,
                             "no database connection became free before the deadline");
    }
  }
  ++places_taken_;
  if (idle_.empty()) return nullptr;
  std::unique_ptr<Connection> connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

absl::StatusOr<std::unique_ptr<Connection>> Pool::OpenConnection(core::Deadline deadline) {
  const core::Deadline give_up = std::chrono::steady_clock::now() + options_.connect_timeout;
  absl::StatusOr<std::unique_ptr<Connection>> connection =
      Connection::Open(options_.dsn, std::min(deadline, give_up));
  const bool server_is_silent =
      core::ReasonOf(connection.status()) == core::Reason::kDeadlineExceeded && give_up < deadline;
  if (!server_is_silent) return connection;
  return core::MakeError(core::Reason::kDatabaseUnavailable,
                         "the database did not accept a connection in time");
}

void Pool::Release(std::unique_ptr<Connection> connection) {
  if (!connection->IsIdle()) connection.reset();
  FreePlace(std::move(connection));
}

void Pool::FreePlace(std::unique_ptr<Connection> idle) {
  core::MutexLock lock(mutex_);
  --places_taken_;
  if (idle != nullptr) idle_.push_back(std::move(idle));
  place_freed_.NotifyOne();
}

}  // namespace entryexit::postgres
