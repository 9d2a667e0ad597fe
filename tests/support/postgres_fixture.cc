#include "tests/support/postgres_fixture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "tests/support/files.h"

namespace entryexit::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kServerPrograms = "/usr/lib/postgresql/15/bin/";
constexpr std::chrono::seconds kStartTimeout{60};
constexpr std::chrono::milliseconds kPollInterval{10};

// Waits for the end of its standard input, that is of the test program, and then clears away what
// the program may have left. Processes that were frozen must be woken before they can end.
constexpr const char* kWatchdogScript = R"(
cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
while [ -n "$pid" ] && [ "/proc/$pid/cwd" -ef "$1/data" ]; do
  children=$(cat "/proc/$pid/task/$pid/children")
  kill -QUIT "$pid"
  kill -CONT $children "$pid"
  sleep 0.1
done
rm -rf "$1"
)";

struct Account {
  uid_t uid;
  gid_t gid;
};

absl::Status SystemError(const std::string& what) {
  return absl::InternalError(fmt::format("{}: {}", what, std::strerror(errno)));
}

// The account to run the server as when it must not be our own: PostgreSQL refuses root.
absl::StatusOr<std::optional<Account>> ServerAccount() {
  if (geteuid() != 0) return std::nullopt;
  const passwd* entry = getpwnam("postgres");
  if (entry == nullptr) return absl::NotFoundError("no account named postgres");
  return Account{entry->pw_uid, entry->pw_gid};
}

// Runs in a freshly forked child of a program that may have threads, so only async-signal-safe
// calls are allowed. Does not return.
[[noreturn]] void BecomeProgram(char* const* argv, char* const* envp, int input, int output,
                                const std::optional<Account>& account) {
  const bool ready = dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
                     dup2(output, STDERR_FILENO) >= 0 && close_range(3, ~0U, 0) == 0 &&
                     setsid() >= 0 && chdir("/") == 0;
  const bool allowed =
      !account.has_value() ||
      (setgroups(0, nullptr) == 0 && setgid(account->gid) == 0 && setuid(account->uid) == 0);
  if (ready && allowed) execve(argv[0], argv, envp);
  _exit(127);
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// `environment`: besides our own.
absl::StatusOr<pid_t> Spawn(std::vector<std::string> arguments,
                            std::vector<std::string> environment, const std::string& log_path,
                            const std::optional<Account>& account) {
  const std::vector<char*> argv = Pointers(arguments);
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  const std::vector<char*> envp = Pointers(environment);
  const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int output = open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t pid = input < 0 || output < 0 ? -1 : fork();
  if (pid == 0) BecomeProgram(argv.data(), envp.data(), input, output, account);
  absl::StatusOr<pid_t> result = pid;
  if (pid < 0) result = SystemError(fmt::format("cannot start {}", arguments[0]));
  if (input >= 0) close(input);
  if (output >= 0) close(output);
  return result;
}

absl::Status RunToEnd(std::vector<std::string> arguments, const std::string& log_path,
                      const std::optional<Account>& account) {
  const std::string program = arguments[0];
  absl::StatusOr<pid_t> pid = Spawn(std::move(arguments), {}, log_path, account);
  if (!pid.ok()) return pid.status();
  int status = 0;
  if (waitpid(*pid, &status, 0) < 0) return SystemError("waitpid");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::InternalError(fmt::format("{} failed with wait status {}", program, status));
}

// Starts the watchdog as an orphan, out of reach of whoever kills the test with all its children.
// Returns the end of the pipe that keeps it waiting.
absl::StatusOr<int> StartWatchdog(const std::string& directory) {
  std::vector<std::string> arguments = {"/bin/sh", "-c", kWatchdogScript, "watchdog", directory};
  const std::vector<char*> argv = Pointers(arguments);
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return SystemError("pipe2");
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  const pid_t middle = fork();
  if (middle == 0) {
    if (fork() == 0) BecomeProgram(argv.data(), environ, pipe_ends[0], null, std::nullopt);
    _exit(0);
  }
  close(pipe_ends[0]);
  close(null);
  if (middle > 0 && waitpid(middle, nullptr, 0) == middle) return pipe_ends[1];
  close(pipe_ends[1]);
  return SystemError("cannot start the watchdog");
}

absl::Status ExecuteOn(const std::string& dsn, const std::string& sql) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(dsn.c_str()),
                                                                &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    return absl::UnavailableError(PQerrorMessage(connection.get()));
  }
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()),
                                                             &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return absl::OkStatus();
  return absl::InternalError(PQerrorMessage(connection.get()));
}

// The pristine cluster, made once for each build and user. Ownership matters, so each user of the
// build directory has its own.
std::string PristineClusterPath() {
  return fmt::format(ENTRYEXIT_BINARY_DIR "/tests/postgres-15-cluster-{}", geteuid());
}

}  // namespace

PostgresServer::PostgresServer(std::string directory, PostgresOptions options, int watchdog_pipe)
    : directory_(std::move(directory)),
      options_(std::move(options)),
      watchdog_pipe_(watchdog_pipe) {}

PostgresServer::~PostgresServer() {
  KillImmediate();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
  close(watchdog_pipe_);
}

absl::StatusOr<std::unique_ptr<PostgresServer>> PostgresServer::Start(
    const PostgresOptions& options) {
  // Short and under /tmp whatever TMPDIR says: a unix socket's path holds 107 bytes.
  std::string directory = "/tmp/entryexit-test-XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) return SystemError("mkdtemp");
  const absl::StatusOr<int> watchdog_pipe = StartWatchdog(directory);
  if (!watchdog_pipe.ok()) return watchdog_pipe.status();
  std::unique_ptr<PostgresServer> server(
      new PostgresServer(std::move(directory), options, *watchdog_pipe));

  absl::Status status = server->InitializeData();
  if (status.ok()) status = server->Launch();
  if (status.ok()) {
    status = server->Execute("postgres", ReadAll(ENTRYEXIT_SOURCE_DIR "/sql/create_roles.sql"));
  }
  if (!status.ok()) return status;
  return server;
}

std::string PostgresServer::Dsn(const std::string& database, const std::string& user) const {
  return fmt::format("host={} dbname={} user={}", directory_, database, user);
}

std::string PostgresServer::SocketFile() const { return directory_ + "/.s.PGSQL.5432"; }

absl::StatusOr<std::string> PostgresServer::CreateDatabase(const std::string& template_database) {
  std::string name = fmt::format("test_{}", ++databases_created_);
  const absl::Status status = Execute(
      "postgres",
      fmt::format("CREATE DATABASE {} OWNER {} TEMPLATE {}", name, kOwner, template_database));
  if (!status.ok()) return status;
  return name;
}

absl::Status PostgresServer::Execute(const std::string& database, const std::string& sql) const {
  return ExecuteOn(Dsn(database, "postgres"), sql);
}

absl::Status PostgresServer::DropConnections() const {
  return Execute("postgres",
                 "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                 "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
}

void PostgresServer::Stop() { EndWith(SIGINT); }

void PostgresServer::KillImmediate() { EndWith(SIGQUIT); }

absl::Status PostgresServer::Restart() {
  Stop();
  return Launch();
}

absl::Status PostgresServer::EnsureReady() {
  if (postmaster_ >= 0 && waitpid(postmaster_, nullptr, WNOHANG) == postmaster_) postmaster_ = -1;
  if (postmaster_ >= 0) {
    const absl::Status ready = WaitUntilReady();
    if (ready.ok() || postmaster_ >= 0) return ready;
  }
  return Launch();
}

void PostgresServer::Freeze() {
  if (postmaster_ < 0 || !frozen_.empty()) return;
  // The postmaster first: once it stands still, the list of its children is complete.
  kill(postmaster_, SIGSTOP);
  frozen_.push_back(postmaster_);
  std::istringstream children(ReadAll(fmt::format("/proc/{0}/task/{0}/children", postmaster_)));
  for (pid_t child = 0; children >> child;) {
    kill(child, SIGSTOP);
    frozen_.push_back(child);
  }
}

void PostgresServer::Thaw() {
  for (const pid_t pid : frozen_) kill(pid, SIGCONT);
  frozen_.clear();
}

void PostgresServer::EndWith(int signal) {
  if (postmaster_ < 0) return;
  kill(postmaster_, signal);
  Thaw();
  waitpid(postmaster_, nullptr, 0);
  postmaster_ = -1;
}

std::string PostgresServer::DataPath() const {
  return (options_.data_parent.empty() ? directory_ : options_.data_parent) + "/data";
}

absl::Status PostgresServer::InitializeData() {
  const absl::StatusOr<std::optional<Account>> account = ServerAccount();
  if (!account.ok()) return account.status();
  if (account->has_value() && chown(directory_.c_str(), (*account)->uid, (*account)->gid) != 0) {
    return SystemError("chown");
  }
  const std::string data = DataPath();
  const std::string log = directory_ + "/log";
  if (!options_.data_parent.empty()) {
    fs::create_symlink(data, directory_ + "/data");  // where the watchdog looks
  }
  const std::string pristine = PristineClusterPath();
  if (fs::exists(pristine)) return RunToEnd({"/bin/cp", "-a", pristine, data}, log, std::nullopt);

  absl::Status status =
      RunToEnd({fmt::format("{}initdb", kServerPrograms), "--pgdata=" + data, "--no-sync",
                "--auth=trust", "--username=postgres", "--no-locale", "--encoding=UTF8"},
               log, *account);
  if (!status.ok()) return absl::InternalError("initdb failed:\n" + LogTail());
  // Renamed into place, so that another test program sees all of it or nothing. One that was
  // quicker wins: its directory is not empty, and the rename fails.
  const std::string unfinished = fmt::format("{}.{}", pristine, getpid());
  status = RunToEnd({"/bin/cp", "-a", data, unfinished}, log, std::nullopt);
  std::error_code already_there;
  fs::rename(unfinished, pristine, already_there);
  fs::remove_all(unfinished, already_there);
  return status;
}

absl::Status PostgresServer::Launch() {
  const absl::StatusOr<std::optional<Account>> account = ServerAccount();
  if (!account.ok()) return account.status();
  std::vector<std::string> arguments = {
      fmt::format("{}postgres", kServerPrograms), "-D", DataPath(), "-k", directory_, "-c",
      "listen_addresses=", "-c", options_.fsync ? "fsync=on" : "fsync=off",
      // Small: many test programs, each with its own server, run side by side.
      "-c", "shared_buffers=16MB"};
  for (const std::string& setting : options_.settings) {
    arguments.insert(arguments.end(), {"-c", setting});
  }
  const absl::StatusOr<pid_t> pid =
      Spawn(std::move(arguments), options_.environment, directory_ + "/log", *account);
  if (!pid.ok()) return pid.status();
  postmaster_ = *pid;
  return WaitUntilReady();
}

absl::Status PostgresServer::WaitUntilReady() {
  const auto give_up = std::chrono::steady_clock::now() + kStartTimeout;
  const std::string dsn = Dsn("postgres", "postgres");
  while (PQping(dsn.c_str()) != PQPING_OK) {
    if (waitpid(postmaster_, nullptr, WNOHANG) == postmaster_) {
      postmaster_ = -1;
      return absl::InternalError("PostgreSQL ended at its start:\n" + LogTail());
    }
    if (std::chrono::steady_clock::now() > give_up) {
      return absl::DeadlineExceededError("PostgreSQL does not answer:\n" + LogTail());
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  return absl::OkStatus();
}

std::string PostgresServer::Log() const { return ReadAll(directory_ + "/log"); }

std::string PostgresServer::LogTail() const {
  constexpr size_t kTailBytes = 2000;
  const std::string log = Log();
  return log.size() <= kTailBytes ? log : log.substr(log.size() - kTailBytes);
}

}  // namespace entryexit::testing
