#include "entryexit/postgres/store.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <random>
#include <thread>
#include <utility>

#include "src/postgres/errors.h"
#include "src/postgres/options.h"
#include "src/postgres/pool.h"
#include "src/postgres/transaction.h"

namespace entryexit::postgres {
namespace {

using std::chrono::milliseconds;

constexpr int kMaxAttempts = 6;
constexpr milliseconds kRetryBackoff{10};  // doubles with every attempt: 310 ms in all

// Waits a random time, so that those who collided do not meet again. False when `deadline` would
// pass meanwhile.
bool BackOff(int attempt, core::Deadline deadline) {
  thread_local std::minstd_rand random(std::random_device{}());
  const milliseconds longest = kRetryBackoff * (1 << (attempt - 1));
  const milliseconds wait(std::uniform_int_distribution<milliseconds::rep>(
      longest.count() / 2, longest.count())(random));
  if (deadline - std::chrono::steady_clock::now() <= wait) return false;
  std::this_thread::sleep_for(wait);
  return true;
}

DatabaseOptions OneConnection(DatabaseOptions options) {
  options.pool_size = 1;
  return options;
}

class PostgresStore final : public ports::Store {
 public:
  explicit PostgresStore(const DatabaseOptions& options)
      : options_(options), pool_(options), ping_pool_(OneConnection(options)) {}

  absl::Status Transact(core::Deadline deadline,
                        const std::function<absl::Status(ports::Transaction&)>& work) override {
    for (int attempt = 1;; ++attempt) {
      absl::Status status = Attempt(deadline, work);
      if (!IsRetryable(status) || attempt == kMaxAttempts || !BackOff(attempt, deadline)) {
        return status;
      }
    }
  }

  absl::Status Ping(core::Deadline deadline) override {
    const absl::StatusOr<Pool::Lease> lease = ping_pool_.Acquire(deadline);
    if (!lease.ok()) return lease.status();
    return (**lease).Run({{StatementId::kPing, {}}}, deadline).status();
  }

 private:
  absl::Status Attempt(core::Deadline deadline,
                       const std::function<absl::Status(ports::Transaction&)>& work) {
    const absl::StatusOr<Pool::Lease> lease = pool_.Acquire(deadline);
    if (!lease.ok()) return lease.status();
    PostgresTransaction transaction(**lease, deadline, options_.statement_timeout);
    absl::Status status = work(transaction);
    if (status.ok()) status = transaction.Commit();
    // What the database said comes first, whatever the work made of it.
    if (!transaction.failure().ok()) status = transaction.failure();
    if (!status.ok()) transaction.Rollback();
    return status;
  }

  const DatabaseOptions options_;
  Pool pool_;
  Pool ping_pool_;  // so that a busy service does not look like a database that is away
};

}  // namespace

absl::StatusOr<std::unique_ptr<ports::Store>> OpenStore(const DatabaseOptions& options) {
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
  auto store = std::make_unique<PostgresStore>(options);
  const auto deadline = std::chrono::steady_clock::now() + options.connect_timeout;
  if (absl::Status status = store->Ping(deadline); !status.ok()) return status;
  return store;
}

}  // namespace entryexit::postgres
