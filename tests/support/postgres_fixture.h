#ifndef ENTRYEXIT_TESTS_SUPPORT_POSTGRES_FIXTURE_H_
#define ENTRYEXIT_TESTS_SUPPORT_POSTGRES_FIXTURE_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace entryexit::testing {

struct PostgresOptions {
  // True makes each commit wait for the disk, as in production. False loses nothing when only
  // processes are killed, and is several times faster.
  bool fsync = false;
  // Further server settings, each "name=value", e.g. "max_connections=10".
  std::vector<std::string> settings;
  // Further variables of its environment, each "NAME=value".
  std::vector<std::string> environment = {};
  // An empty directory of the server's account for its data; empty: in the temporary directory.
  std::string data_parent = {};
};

// A real, private PostgreSQL 15 server on a unix socket in a temporary directory, with the roles of
// sql/create_roles.sql and no password. Works for root too: the server then runs as the account
// `postgres`. When the test program ends, however it ends, the server is killed and the directory
// removed.
//
// Not thread-safe. Clients may connect from any thread or process.
class PostgresServer {
 public:
  static constexpr const char* kOwner = "entryexit_owner";
  static constexpr const char* kDaemon = "entryexitd";

  // Starts a server and waits until it accepts connections. Errors carry the end of its log.
  static absl::StatusOr<std::unique_ptr<PostgresServer>> Start(const PostgresOptions& options = {});

  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();

  // libpq connection strings. OwnerDsn migrates, DaemonDsn serves.
  std::string Dsn(const std::string& database, const std::string& user) const;
  std::string OwnerDsn(const std::string& database) const { return Dsn(database, kOwner); }
  std::string DaemonDsn(const std::string& database) const { return Dsn(database, kDaemon); }

  // The unix socket on which it listens.
  std::string SocketFile() const;

  // Creates a database with a fresh name that the owner role owns, as a copy of `template_database`
  // (which nobody may be connected to), and returns its name.
  absl::StatusOr<std::string> CreateDatabase(const std::string& template_database = "template1");

  // Runs `sql` as the superuser, for what a test does to the server behind the service's back.
  absl::Status Execute(const std::string& database, const std::string& sql) const;

  // Breaks every client connection; the server stays up.
  absl::Status DropConnections() const;

  // Ends the server in order: open transactions are rolled back. No-op when it is not running.
  void Stop();

  // Ends every server process at once, as a crash does. Committed data survive a Restart.
  void KillImmediate();

  // Starts the server again on the same socket and data after Stop or KillImmediate, and waits
  // until it accepts connections. Stops it first if it is running.
  absl::Status Restart();

  // The same for a server that may have ended by itself, for want of disk space say: starts it if
  // it has, and waits until it accepts connections.
  absl::Status EnsureReady();

  // All that the server has logged.
  std::string Log() const;

  // Of the process whose children serve the connections; negative when it is not running.
  pid_t pid() const { return postmaster_; }

  // Suspends every server process: connections stay open and get no answer until Thaw.
  void Freeze();
  void Thaw();

 private:
  PostgresServer(std::string directory, PostgresOptions options, int watchdog_pipe);

  std::string DataPath() const;
  absl::Status InitializeData();
  absl::Status Launch();
  absl::Status WaitUntilReady();
  void EndWith(int signal);
  std::string LogTail() const;

  const std::string directory_;
  const PostgresOptions options_;
  // The watchdog waits for the other end of this pipe to close.
  const int watchdog_pipe_;
  pid_t postmaster_ = -1;
  std::vector<pid_t> frozen_;
  int databases_created_ = 0;
};

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_SUPPORT_POSTGRES_FIXTURE_H_
