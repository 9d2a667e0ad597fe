// What the daemon refuses to start with: in every case one line on stderr that says what is wrong
// and what to do, and exit code 1. Warnings, which the log may show before it, are switched off.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "entryexit/crypto/certificates.h"
#include "entryexit/crypto/signing.h"
#include "entryexit/crypto/vault.h"
#include "entryexit/postgres/migrations.h"
#include "tests/e2e/daemon_process.h"
#include "tests/support/postgres_fixture.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

PostgresServer& Postgres() {
  static const std::unique_ptr<PostgresServer> kServer = [] {
    auto server = PostgresServer::Start();
    if (!server.ok()) {
      std::cerr << server.status().ToString() << std::endl;
      std::abort();
    }
    return *std::move(server);
  }();
  return *kServer;
}

// A complete installation in a directory of its own, which each test spoils in one place.
class Startup : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto database = Postgres().CreateDatabase();
    ASSERT_THAT(database, IsOk());
    database_ = *database;
    ASSERT_THAT(crypto::WriteNewKeyFile(path("vault.keys")), IsOk());
    ASSERT_THAT(crypto::WriteNewSigningKey({path("audit.key"), path("audit.pub")}), IsOk());
    const crypto::CertificateFiles authority{path("ca.pem"), path("ca.key")};
    ASSERT_THAT(crypto::CreateAuthority(authority, crypto::IfExists::kRefuse), IsOk());
    ASSERT_THAT(crypto::IssueServerCertificate(authority, {{"localhost"}, {}}, 1,
                                               {path("server.pem"), path("server.key")},
                                               crypto::IfExists::kRefuse),
                IsOk());
    fs::copy(fs::path(ENTRYEXIT_SOURCE_DIR) / "models", path("models"),
             fs::copy_options::recursive);
    fs::copy(fs::path(ENTRYEXIT_SOURCE_DIR) / "config/admission_policy.yaml",
             path("admission_policy.yaml"));
    fs::copy(fs::path(ENTRYEXIT_SOURCE_DIR) / "config/retention_policy.yaml",
             path("retention_policy.yaml"));
    fs::copy(fs::path(ENTRYEXIT_SOURCE_DIR) / "config/purpose_policy.yaml",
             path("purpose_policy.yaml"));
    Configure("");
  }

  fs::path path(const std::string& name) const { return directory_.path() / name; }
  const std::string& database() const { return database_; }

  void Migrate() {
    ASSERT_THAT(postgres::Migrate(Postgres().OwnerDsn(database_), [](const std::string&) {}),
                IsOk());
  }

  // Writes the configuration, with `more` at its end, on line 27, where the section `policy` is not
  // over yet.
  void Configure(const std::string& more) {
    std::ofstream(path("entryexitd.yaml")) << fmt::format(R"(server:
  listen: "127.0.0.1:0"
  tls_ca: ca.pem
  tls_certificate: server.pem
  tls_key: server.key
metrics:
  listen: ""
log:
  level: error
database:
  dsn: "{}"
encryption:
  key_file: vault.keys
audit: {{signing_key_file: audit.key}}
face:
  manifest: models/manifest.yaml
  installed_models: installed
ports:
  - id: SEA
    name: Seattle
    time_zone: America/Los_Angeles
    lanes: [{{id: SEA-A1, direction: arrival}}]
policy:
  admission_policy: admission_policy.yaml
  retention_policy: retention_policy.yaml
  purpose_policy: purpose_policy.yaml
{})",
                                                          Postgres().DaemonDsn(database_), more);
  }

  void ExpectRefusal(const std::string& reason, const std::string& detail) const {
    const CommandResult result = RunDaemonCommand("--config " + path("entryexitd.yaml").string());
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    EXPECT_TRUE(result.err.starts_with("entryexitd: ")) << result.err;
    EXPECT_THAT(result.err, HasSubstr("[" + reason + "]"));
    EXPECT_THAT(result.err, HasSubstr(detail));
  }

 private:
  const TempDir directory_;
  std::string database_;
};

TEST_F(Startup, NeedsASchema) { ExpectRefusal("SCHEMA_MISMATCH", "run: entryexitctl migrate"); }

TEST_F(Startup, RefusesASchemaThatIsNewerThanItself) {
  Migrate();
  ASSERT_THAT(Postgres().Execute(database(),
                                 "INSERT INTO schema_migration (version, name, sha256) "
                                 "VALUES (1000, '1000_from_the_future', 'x')"),
              IsOk());
  ExpectRefusal("SCHEMA_MISMATCH", "newer");
}

TEST_F(Startup, RefusesASchemaThatWasMadeByOtherMigrations) {
  Migrate();
  ASSERT_THAT(Postgres().Execute(database(), "UPDATE schema_migration SET sha256 = 'x'"), IsOk());
  ExpectRefusal("SCHEMA_MISMATCH", "other content");
}

TEST_F(Startup, NeedsADatabaseThatAnswers) {
  setenv("ENTRYEXIT_DATABASE_DSN", "host=/nonexistent dbname=x", 1);
  ExpectRefusal("DATABASE_UNAVAILABLE", "/nonexistent");
  unsetenv("ENTRYEXIT_DATABASE_DSN");
}

TEST_F(Startup, NeedsTheKeyFile) {
  fs::remove(path("vault.keys"));
  ExpectRefusal("KEY_UNAVAILABLE", path("vault.keys").string());
}

TEST_F(Startup, RefusesAKeyFileThatOthersMayRead) {
  fs::permissions(path("vault.keys"), fs::perms(0644));
  ExpectRefusal("KEY_UNAVAILABLE", "mode 0644: run chmod 0600");
}

TEST_F(Startup, RefusesAKeyFileWithoutAKey) {
  std::ofstream(path("vault.keys")) << "no key at all\n";
  ExpectRefusal("KEY_UNAVAILABLE", path("vault.keys").string() + ":1:");
}

TEST_F(Startup, NeedsTheKeyThatSignsTheAuditLog) {
  std::ofstream(path("audit.key")) << "no key at all\n";
  ExpectRefusal("KEY_UNAVAILABLE", "entryexitctl audit keygen makes one");
  fs::remove(path("audit.key"));
  ExpectRefusal("KEY_UNAVAILABLE", path("audit.key").string());
}

TEST_F(Startup, NeedsTheModel) {
  Migrate();
  fs::remove(path("models/entryexit_resnet_v1.dat"));
  ExpectRefusal("MODEL_FILE_MISSING", "entryexit_resnet_v1.dat");
}

TEST_F(Startup, RefusesAModelOfAnotherDigest) {
  Migrate();
  std::ofstream(path("models/entryexit_resnet_v1.dat"), std::ios::app) << "x";
  ExpectRefusal("MODEL_DIGEST_MISMATCH", "entryexit_resnet_v1.dat");
}

TEST_F(Startup, RefusesToServeWhenAGoldenCaptureDrifts) {
  Migrate();
  fs::copy_file(path("models/golden/id_010_departure_2.jpg"),
                path("models/golden/id_003_arrival_1.jpg"), fs::copy_options::overwrite_existing);
  ExpectRefusal("GOLDEN_DRIFT", "id_003_arrival_1.jpg");
}

TEST_F(Startup, NeedsItsCertificate) {
  Migrate();
  fs::remove(path("server.pem"));
  ExpectRefusal("CONFIG_INVALID", path("server.pem").string());
}

TEST_F(Startup, RefusesAnUnknownKeyAndNamesItsLine) {
  Configure("servr: {}\n");
  ExpectRefusal("CONFIG_INVALID", path("entryexitd.yaml").string() + ":27:");
}

TEST_F(Startup, RefusesAnUnknownKeyInASectionAndNamesItsLine) {
  Configure("  max_clock_skew: 3\n");
  ExpectRefusal("CONFIG_INVALID", path("entryexitd.yaml").string() + ":27:");
}

TEST_F(Startup, RefusesAValueOutOfItsRangeAndNamesItsLine) {
  Configure("  max_clock_skew_s: -1\n");
  ExpectRefusal("CONFIG_INVALID", path("entryexitd.yaml").string() + ":27:");
}

TEST_F(Startup, NeedsTheAdmissionPolicy) {
  fs::remove(path("admission_policy.yaml"));
  ExpectRefusal("CONFIG_INVALID", path("admission_policy.yaml").string() + ": No such file");
}

TEST_F(Startup, RefusesAnAdmissionPolicyThatIsNotSoundAndNamesItsLine) {
  std::ofstream(path("admission_policy.yaml")) << "classes:\n  B-2: [{from: 2026-02-30}]\n";
  ExpectRefusal("CONFIG_INVALID", path("admission_policy.yaml").string() + ":2:");
}

TEST_F(Startup, NeedsASoundRetentionPolicyAndNamesTheLineThatIsNot) {
  std::ofstream(path("retention_policy.yaml")) << "rules:\n  - {id: x, traveler: all}\n";
  ExpectRefusal("CONFIG_INVALID", path("retention_policy.yaml").string() + ":2:");
  fs::remove(path("retention_policy.yaml"));
  ExpectRefusal("CONFIG_INVALID", path("retention_policy.yaml").string() + ": No such file");
}

TEST_F(Startup, NeedsASoundPurposePolicyThatLetsEveryCallBeMade) {
  std::ofstream(path("purpose_policy.yaml")) << "purposes:\n  WORK: {calls: [RecordArrival]}\n";
  ExpectRefusal("CONFIG_INVALID", path("purpose_policy.yaml").string() + ":2:");
  std::ofstream(path("purpose_policy.yaml")) << "purposes:\n  WORK: {calls: [GetTraveler]}\n";
  ExpectRefusal("CONFIG_INVALID", "purposes: none allows");
  fs::remove(path("purpose_policy.yaml"));
  ExpectRefusal("CONFIG_INVALID", path("purpose_policy.yaml").string() + ": No such file");
}

}  // namespace
}  // namespace entryexit::testing
