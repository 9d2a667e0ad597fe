#include "src/postgres/connection.h"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <limits>

#include "entryexit/core/reason.h"
#include "src/postgres/errors.h"

namespace entryexit::postgres {
namespace {

// Rounded up, so that a wait does not end a moment early and spin.
int PollTimeout(core::Deadline deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(
      std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, std::numeric_limits<int>::max()));
}

absl::Status RefuseNul(const Statement& statement) {
  return core::MakeError(core::Reason::kInternal,
                         fmt::format("a text for the statement {} holds a NUL, which PostgreSQL "
                                     "cannot store",
                                     statement.name));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const std::string& dsn,
                                                             core::Deadline deadline,
                                                             int interrupt_fd) {
  // The first takes the whole connection string; those after it win over what it says.
  const char* keywords[] = {"dbname", "client_encoding", "fallback_application_name", nullptr};
  const char* values[] = {dsn.c_str(), "UTF8", "entryexit", nullptr};
  PGconn* raw = PQconnectStartParams(keywords, values, /*expand_dbname=*/1);
  if (raw == nullptr) return core::MakeError(core::Reason::kDatabaseUnavailable, "out of memory");
  std::unique_ptr<Connection> connection(new Connection(raw, interrupt_fd));
  // libpq would print notices on standard error; what matters of them shows in an error too.
  PQsetNoticeProcessor(
      raw, [](void*, const char*) {}, nullptr);
  if (absl::Status status = connection->Connect(deadline); !status.ok()) return status;
  if (PQsetnonblocking(raw, 1) != 0 || PQenterPipelineMode(raw) != 1) return LinkError(raw);
  const absl::Status set_up =
      connection->Run({{StatementId::kSetUpSession, {}}}, deadline).status();
  if (!set_up.ok()) return set_up;
  return connection;
}

absl::Status Connection::Connect(core::Deadline deadline) {
  // libpq wants the first wait to be for writing, unless the attempt has failed already.
  PostgresPollingStatusType next =
      PQstatus(connection_) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    if (next == PGRES_POLLING_FAILED) return LinkError(connection_);
    const short events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (absl::Status status = WaitFor(events, deadline); !status.ok()) return status;
    next = PQconnectPoll(connection_);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Result>> Connection::Run(const std::vector<Call>& calls,
                                                    core::Deadline deadline) {
  std::vector<Expected> expected;
  if (absl::Status status = Send(calls, expected); !status.ok()) return Broken(status);
  return Receive(expected, deadline);
}

absl::Status Connection::Send(const std::vector<Call>& calls, std::vector<Expected>& expected) {
  for (const Call& call : calls) {
    if (absl::Status status = SendOne(call, expected); !status.ok()) return status;
  }
  return PQpipelineSync(connection_) == 1 ? absl::OkStatus() : LinkError(connection_);
}

absl::Status Connection::SendOne(const Call& call, std::vector<Expected>& expected) {
  const Statement& statement = StatementOf(call.statement);
  spdlog::debug("statement {}", statement.name);
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;
  for (const Param& param : call.params) {
    if (param.value && !param.binary && param.value->find('\0') != std::string::npos) {
      return RefuseNul(statement);
    }
    values.push_back(param.value ? param.value->data() : nullptr);
    lengths.push_back(param.value ? static_cast<int>(param.value->size()) : 0);
    formats.push_back(param.binary ? 1 : 0);
  }
  const bool is_first_use = !prepared_.test(static_cast<size_t>(call.statement)) &&
                            std::ranges::none_of(expected, [&](const Expected& e) {
                              return e.statement == call.statement;
                            });
  if (is_first_use) {
    if (PQsendPrepare(connection_, statement.name, statement.sql, 0, nullptr) != 1) {
      return LinkError(connection_);
    }
    expected.push_back({call.statement, true});
  }
  expected.push_back({call.statement, false});
  const int sent = PQsendQueryPrepared(connection_, statement.name, static_cast<int>(values.size()),
                                       values.data(), lengths.data(), formats.data(),
                                       /*resultFormat=*/0);
  return sent == 1 ? absl::OkStatus() : LinkError(connection_);
}

absl::StatusOr<std::vector<Result>> Connection::Receive(const std::vector<Expected>& expected,
                                                        core::Deadline deadline) {
  std::vector<Result> results;
  absl::Status first_error;
  // libpq gives one result for each thing sent and a null after it, then one for the end of the
  // pipeline. What follows an error is skipped by the server and says so.
  for (size_t answered = 0;;) {
    if (absl::Status status = Exchange(deadline); !status.ok()) {
      return Broken(first_error.ok() ? status : first_error);
    }
    Result result(PQgetResult(connection_));
    if (result == nullptr) {
      if (PQstatus(connection_) == CONNECTION_BAD || ++answered > expected.size()) {
        return Broken(first_error.ok() ? LinkError(connection_) : first_error);
      }
      continue;
    }
    const ExecStatusType type = PQresultStatus(result.get());
    if (type == PGRES_PIPELINE_SYNC) break;
    if (type == PGRES_PIPELINE_ABORTED) continue;
    if (answered == expected.size()) return Broken(LinkError(connection_));
    const Expected& what = expected[answered];
    if (type != PGRES_COMMAND_OK && type != PGRES_TUPLES_OK) {
      const bool lost = PQstatus(connection_) == CONNECTION_BAD;
      first_error =
          lost ? LinkError(connection_) : ErrorOf(result.get(), StatementOf(what.statement).name);
      if (lost) return Broken(first_error);
    } else if (what.is_prepare) {
      prepared_.set(static_cast<size_t>(what.statement));
    } else {
      results.push_back(std::move(result));
    }
  }
  if (!first_error.ok()) return first_error;
  return results;
}

// The protocol has no COPY in pipeline mode.
absl::Status Connection::CopyIn(CopyId copy, std::string_view rows, core::Deadline deadline) {
  const CopyStatement& statement = StatementOf(copy);
  spdlog::debug("statement {}", statement.name);
  if (PQexitPipelineMode(connection_) != 1 || PQsendQuery(connection_, statement.sql) != 1) {
    return Broken(LinkError(connection_));
  }
  absl::Status status = Exchange(deadline);
  if (!status.ok()) return Broken(status);
  const Result begun(PQgetResult(connection_));
  const bool takes_rows = PQresultStatus(begun.get()) == PGRES_COPY_IN;
  if (takes_rows) status = SendRows(rows, deadline);
  if (!status.ok()) return Broken(status);
  if (!takes_rows) status = ErrorOf(begun.get(), statement.name);
  if (absl::Status finished = FinishCopy(statement, deadline); status.ok()) status = finished;
  if (PQenterPipelineMode(connection_) != 1) return Broken(LinkError(connection_));
  return status;
}

absl::Status Connection::SendRows(std::string_view rows, core::Deadline deadline) {
  constexpr size_t kPiece = size_t{1} << 16;
  while (!rows.empty()) {
    const std::string_view piece = rows.substr(0, kPiece);
    if (PQputCopyData(connection_, piece.data(), static_cast<int>(piece.size())) != 1) {
      return LinkError(connection_);
    }
    rows.remove_prefix(piece.size());
    // What cannot be sent yet waits here, not in memory.
    for (int unsent = PQflush(connection_); unsent != 0; unsent = PQflush(connection_)) {
      if (unsent < 0) return LinkError(connection_);
      if (absl::Status status = WaitFor(POLLIN | POLLOUT, deadline); !status.ok()) return status;
      if (PQconsumeInput(connection_) != 1) return LinkError(connection_);
    }
  }
  return PQputCopyEnd(connection_, nullptr) == 1 ? absl::OkStatus() : LinkError(connection_);
}

// Takes results until there are none.
absl::Status Connection::FinishCopy(const CopyStatement& statement, core::Deadline deadline) {
  absl::Status status;
  for (;;) {
    if (absl::Status exchanged = Exchange(deadline); !exchanged.ok()) return Broken(exchanged);
    const Result result(PQgetResult(connection_));
    if (PQstatus(connection_) == CONNECTION_BAD) return Broken(LinkError(connection_));
    if (result == nullptr) return status;
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK && status.ok()) {
      status = ErrorOf(result.get(), statement.name);
    }
  }
}

// Sends and reads until the next result is there.
absl::Status Connection::Exchange(core::Deadline deadline) {
  for (;;) {
    const int unsent = PQflush(connection_);
    if (unsent < 0) return LinkError(connection_);
    if (PQisBusy(connection_) == 0) return absl::OkStatus();
    const short events = unsent == 0 ? POLLIN : POLLIN | POLLOUT;
    if (absl::Status status = WaitFor(events, deadline); !status.ok()) return status;
    if (PQconsumeInput(connection_) != 1) return LinkError(connection_);
  }
}

absl::Status Connection::WaitFor(short events, core::Deadline deadline) {
  pollfd fds[] = {{PQsocket(connection_), events, 0}, {interrupt_fd_, POLLIN, 0}};
  for (;;) {
    const int ready = poll(fds, std::size(fds), PollTimeout(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return core::MakeError(core::Reason::kInternal, "poll failed");
    if (ready == 0) {
      return core::MakeError(core::Reason::kDeadlineExceeded,
                             "the database did not answer before the deadline");
    }
    if (fds[1].revents != 0) return core::MakeError(core::Reason::kCancelled, "interrupted");
    return absl::OkStatus();
  }
}

absl::Status Connection::Broken(absl::Status status) {
  broken_ = true;
  return status;
}

bool Connection::IsIdle() const {
  if (broken_ || PQstatus(connection_) != CONNECTION_OK ||
      PQtransactionStatus(connection_) != PQTRANS_IDLE) {
    return false;
  }
  // A server that speaks unasked says goodbye: after its restart, idle connections are dead.
  pollfd unasked{PQsocket(connection_), POLLIN, 0};
  return poll(&unasked, 1, 0) == 0;
}

absl::Status Connection::WaitForNews(core::Deadline deadline) { return WaitFor(POLLIN, deadline); }

absl::StatusOr<std::vector<std::string>> Connection::TakeNotifications() {
  if (PQconsumeInput(connection_) != 1) return Broken(LinkError(connection_));
  std::vector<std::string> payloads;
  for (;;) {
    const std::unique_ptr<PGnotify, decltype(&PQfreemem)> notification(PQnotifies(connection_),
                                                                       &PQfreemem);
    if (notification == nullptr) return payloads;
    payloads.emplace_back(notification->extra);
  }
}

}  // namespace entryexit::postgres
