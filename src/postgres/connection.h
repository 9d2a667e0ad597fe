#ifndef ENTRYEXIT_SRC_POSTGRES_CONNECTION_H_
#define ENTRYEXIT_SRC_POSTGRES_CONNECTION_H_

#include <libpq-fe.h>

#include <bitset>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "entryexit/core/clock.h"
#include "src/postgres/statements.h"
#include "src/postgres/values.h"

namespace entryexit::postgres {

struct Call {
  StatementId statement;
  Params params;
};

// One link to the server, in pipeline mode: calls travel together, in one round trip. All waiting
// is bounded by a deadline on our side too, so that a server that stands still holds nobody.
// Not thread-safe: one holder at a time.
class Connection {
 public:
  // `interrupt_fd`, when not negative, ends every wait with CANCELLED once it is readable; it must
  // outlive the connection.
  // Errors: DATABASE_UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const std::string& dsn,
                                                          core::Deadline deadline,
                                                          int interrupt_fd = -1);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { PQfinish(connection_); }

  // Runs `calls` one after the other, as far as they succeed; returns what each returned, or the
  // first error. Requires: not empty. Prepares each statement at its first use.
  // Errors: those that ErrorOf gives, and DEADLINE_EXCEEDED, CANCELLED, after which the connection
  // is of no further use since an answer may be on its way.
  absl::StatusOr<std::vector<Result>> Run(const std::vector<Call>& calls, core::Deadline deadline);

  // Writes `rows`, as CopyRows makes them, by one COPY. No transaction needs to be open.
  // Errors: as Run.
  absl::Status CopyIn(CopyId copy, std::string_view rows, core::Deadline deadline);

  // True when the link is whole as far as is known without asking, and no transaction is open.
  bool IsIdle() const;

  // Waits until the server has something to tell.
  absl::Status WaitForNews(core::Deadline deadline);
  // The payloads of the notifications that have arrived.
  // Errors: DATABASE_UNAVAILABLE when the link was lost.
  absl::StatusOr<std::vector<std::string>> TakeNotifications();

 private:
  // What the server will answer, in this order.
  struct Expected {
    StatementId statement;
    bool is_prepare;
  };

  Connection(PGconn* connection, int interrupt_fd)
      : connection_(connection), interrupt_fd_(interrupt_fd) {}

  absl::Status Connect(core::Deadline deadline);
  absl::Status Send(const std::vector<Call>& calls, std::vector<Expected>& expected);
  absl::Status SendOne(const Call& call, std::vector<Expected>& expected);
  absl::StatusOr<std::vector<Result>> Receive(const std::vector<Expected>& expected,
                                              core::Deadline deadline);
  absl::Status Exchange(core::Deadline deadline);
  absl::Status SendRows(std::string_view rows, core::Deadline deadline);
  absl::Status FinishCopy(const CopyStatement& statement, core::Deadline deadline);
  absl::Status WaitFor(short events, core::Deadline deadline);
  absl::Status Broken(absl::Status status);

  PGconn* const connection_;
  const int interrupt_fd_;
  bool broken_ = false;
  std::bitset<static_cast<size_t>(StatementId::kCount)> prepared_;
};

}  // namespace entryexit::postgres

#endif  // ENTRYEXIT_SRC_POSTGRES_CONNECTION_H_
