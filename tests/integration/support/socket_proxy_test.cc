#include "tests/support/socket_proxy.h"

#include <libpq-fe.h>

#include <memory>
#include <string>

#include "tests/support/postgres_fixture.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::testing {
namespace {

using Link = std::unique_ptr<PGconn, decltype(&PQfinish)>;

// The first value that `sql` returns, empty without one, or "failed".
std::string Ask(PGconn* link, const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(link, sql.c_str()), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return "failed";
  return PQntuples(result.get()) == 0 ? "" : PQgetvalue(result.get(), 0, 0);
}

class SocketProxyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = PostgresServer::Start();
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    auto proxy = SocketProxy::ListenOnFile(directory_.path() / ".s.PGSQL.5432");
    ASSERT_THAT(proxy, IsOk());
    proxy_ = *std::move(proxy);
  }

  Link Connect() const {
    const std::string dsn = server_->Dsn("postgres", "postgres");
    return {PQconnectdb((dsn + " host=" + directory_.path().string()).c_str()), &PQfinish};
  }

  const TempDir directory_;
  std::unique_ptr<PostgresServer> server_;
  std::unique_ptr<SocketProxy> proxy_;
};

TEST_F(SocketProxyTest, PassesOnMoreThanItHoldsBothWays) {
  proxy_->ForwardToFile(server_->SocketFile());
  const Link link = Connect();
  EXPECT_EQ(Ask(link.get(), "SELECT length('" + std::string(3'000'000, 'x') + "')"), "3000000");
  EXPECT_EQ(Ask(link.get(), "SELECT repeat('x', 3000000)").size(), 3'000'000U);
}

TEST_F(SocketProxyTest, LeadsNowhereUntilToldWhereto) {
  EXPECT_EQ(PQstatus(Connect().get()), CONNECTION_BAD);
  proxy_->ForwardToFile(server_->SocketFile());
  EXPECT_EQ(PQstatus(Connect().get()), CONNECTION_OK);
}

TEST_F(SocketProxyTest, CutsConnectionsThatAreOpenAndTakesNewOnes) {
  proxy_->ForwardToFile(server_->SocketFile());
  const Link link = Connect();
  EXPECT_EQ(Ask(link.get(), "SELECT 1"), "1");
  proxy_->Cut();
  EXPECT_EQ(Ask(link.get(), "SELECT pg_sleep(10)"), "failed");
  EXPECT_EQ(PQstatus(link.get()), CONNECTION_BAD);
  EXPECT_EQ(Ask(Connect().get(), "SELECT 1"), "1");
}

TEST_F(SocketProxyTest, WithholdsTheAnswerToWhatIsDone) {
  proxy_->ForwardToFile(server_->SocketFile());
  const Link link = Connect();
  proxy_->WithholdAnswers();
  ASSERT_EQ(PQsendQuery(link.get(), "CREATE TABLE done ()"), 1);
  // Done, and nobody was told.
  while (!server_->Execute("postgres", "TABLE done").ok()) {
  }
  PQconsumeInput(link.get());
  EXPECT_EQ(PQisBusy(link.get()), 1);
  proxy_->Cut();
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQgetResult(link.get()), &PQclear);
  EXPECT_EQ(PQresultStatus(result.get()), PGRES_FATAL_ERROR);
  EXPECT_EQ(Ask(Connect().get(), "SELECT 1"), "1");
}

}  // namespace
}  // namespace entryexit::testing
