#include "tests/support/postgres_fixture.h"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "tests/support/status_matchers.h"

namespace entryexit::testing {
namespace {

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

Connection Connect(const std::string& dsn) { return {PQconnectdb(dsn.c_str()), &PQfinish}; }

// The first value that `sql` returns, or the error message.
std::string Query(PGconn* connection, const char* sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection, sql), &PQclear);
  if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) return "";
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) return PQerrorMessage(connection);
  return PQgetvalue(result.get(), 0, 0);
}

class PostgresServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<PostgresServer>> server = PostgresServer::Start();
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    const absl::StatusOr<std::string> database = server_->CreateDatabase();
    ASSERT_THAT(database, IsOk());
    database_ = *database;
  }

  std::unique_ptr<PostgresServer> server_;
  std::string database_;
};

TEST_F(PostgresServerTest, OwnerCreatesTablesThatTheDaemonReadsOnlyWhenGranted) {
  const Connection owner = Connect(server_->OwnerDsn(database_));
  EXPECT_EQ(Query(owner.get(), "CREATE TABLE t AS SELECT 42 AS x"), "");
  const Connection daemon = Connect(server_->DaemonDsn(database_));
  EXPECT_THAT(Query(daemon.get(), "SELECT x FROM t"), ::testing::HasSubstr("permission denied"));
  EXPECT_EQ(Query(owner.get(), "GRANT SELECT ON t TO entryexit_daemon"), "");
  EXPECT_EQ(Query(daemon.get(), "SELECT x FROM t"), "42");
}

TEST_F(PostgresServerTest, CreatedDatabaseIsACopyOfItsTemplate) {
  ASSERT_THAT(server_->Execute(database_, "CREATE TABLE t AS SELECT 42 AS x"), IsOk());
  const absl::StatusOr<std::string> copy = server_->CreateDatabase(database_);
  ASSERT_THAT(copy, IsOk());
  EXPECT_NE(*copy, database_);
  EXPECT_EQ(Query(Connect(server_->Dsn(*copy, "postgres")).get(), "SELECT x FROM t"), "42");
}

TEST_F(PostgresServerTest, CommittedRowsSurviveAKillAndConnectionsDoNot) {
  const Connection owner = Connect(server_->OwnerDsn(database_));
  ASSERT_EQ(Query(owner.get(), "CREATE TABLE t AS SELECT 42 AS x"), "");
  server_->KillImmediate();
  EXPECT_EQ(PQping(server_->OwnerDsn(database_).c_str()), PQPING_NO_RESPONSE);
  ASSERT_THAT(server_->Restart(), IsOk());
  EXPECT_NE(Query(owner.get(), "SELECT x FROM t"), "42");
  EXPECT_EQ(Query(Connect(server_->OwnerDsn(database_)).get(), "SELECT x FROM t"), "42");
}

TEST_F(PostgresServerTest, DroppedConnectionsAreBrokenWhileTheServerStaysUp) {
  const Connection owner = Connect(server_->OwnerDsn(database_));
  ASSERT_THAT(server_->DropConnections(), IsOk());
  EXPECT_NE(Query(owner.get(), "SELECT 1"), "1");
  EXPECT_EQ(PQstatus(owner.get()), CONNECTION_BAD);
  EXPECT_EQ(Query(Connect(server_->OwnerDsn(database_)).get(), "SELECT 1"), "1");
}

TEST_F(PostgresServerTest, FrozenServerAnswersOnlyAfterItIsThawed) {
  const Connection owner = Connect(server_->OwnerDsn(database_));
  ASSERT_EQ(Query(owner.get(), "SELECT 1"), "1");
  server_->Freeze();
  ASSERT_EQ(PQsendQuery(owner.get(), "SELECT 2"), 1);
  pollfd socket = {.fd = PQsocket(owner.get()), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&socket, 1, /*timeout=*/200), 0);
  server_->Thaw();
  EXPECT_EQ(poll(&socket, 1, /*timeout=*/-1), 1);
}

TEST(PostgresServerOptionsTest, SettingsReachTheServer) {
  const auto server = PostgresServer::Start({.fsync = true, .settings = {"max_connections=7"}});
  ASSERT_THAT(server, IsOk());
  const Connection owner = Connect((*server)->OwnerDsn("postgres"));
  EXPECT_EQ(Query(owner.get(), "SHOW fsync"), "on");
  EXPECT_EQ(Query(owner.get(), "SHOW max_connections"), "7");
}

TEST(PostgresServerOptionsTest, WrongSettingIsAnErrorThatQuotesTheLog) {
  const auto server = PostgresServer::Start({.settings = {"no_such_setting=1"}});
  ASSERT_FALSE(server.ok());
  EXPECT_THAT(std::string(server.status().message()), ::testing::HasSubstr("no_such_setting"));
}

// Forks a program that starts a server, freezes it and waits to be killed; returns the program's
// process id and the server's directory.
std::pair<pid_t, std::string> StartAbandonedServer() {
  int report[2];
  EXPECT_EQ(pipe(report), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    close(report[0]);
    const auto server = PostgresServer::Start();
    if (!server.ok()) _exit(1);
    (*server)->Freeze();
    const std::string dsn = (*server)->Dsn("postgres", "postgres");
    if (write(report[1], dsn.data(), dsn.size()) < 0) _exit(1);
    close(report[1]);
    pause();
    _exit(0);
  }
  close(report[1]);
  std::string dsn(200, '\0');
  dsn.resize(static_cast<size_t>(std::max<ssize_t>(0, read(report[0], dsn.data(), dsn.size()))));
  close(report[0]);
  constexpr size_t kPrefix = sizeof("host=") - 1;
  return {pid, dsn.size() < kPrefix ? "" : dsn.substr(kPrefix, dsn.find(' ') - kPrefix)};
}

TEST(PostgresServerCrashTest, NothingIsLeftWhenTheTestProgramIsKilled) {
  const auto [pid, directory] = StartAbandonedServer();
  ASSERT_FALSE(directory.empty());
  ASSERT_TRUE(std::filesystem::exists(directory));
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  // The watchdog is nobody's child, so the end of its work can only be watched for.
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::filesystem::exists(directory) && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_FALSE(std::filesystem::exists(directory));
}

}  // namespace
}  // namespace entryexit::testing
