#include "entryexit/postgres/migrations.h"

#include <future>

#include "tests/integration/postgres/store_fixture.h"

namespace entryexit::postgres {
namespace {

using core::Reason;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void Ignore(const std::string&) {}

class MigrationsTest : public StoreTest {
 protected:
  MigrationsTest() : empty_(*server().CreateDatabase()) {}

  const std::string empty_;
};

TEST_F(MigrationsTest, ASecondRunHasNothingToDo) {
  const auto first = Migrate(server().OwnerDsn(empty_), Ignore);
  ASSERT_THAT(first, testing::IsOk());
  EXPECT_EQ(first->applied.front(), "0001_create_schema");
  const auto second = Migrate(server().OwnerDsn(empty_), Ignore);
  ASSERT_THAT(second, testing::IsOk());
  EXPECT_THAT(second->applied, IsEmpty());
  EXPECT_EQ(second->version, first->version);
  EXPECT_THAT(CheckSchema(server().DaemonDsn(empty_)), testing::IsOk());
}

TEST_F(MigrationsTest, TwoMigratorsAtOnceApplyEachMigrationOnce) {
  const auto migrate = [&] { return Migrate(server().OwnerDsn(empty_), Ignore); };
  auto other = std::async(std::launch::async, migrate);
  const auto mine = migrate();
  const auto theirs = other.get();
  ASSERT_THAT(mine, testing::IsOk());
  ASSERT_THAT(theirs, testing::IsOk());
  EXPECT_NE(mine->applied.empty(), theirs->applied.empty());
}

TEST_F(MigrationsTest, AnEmptyDatabaseIsRefusedWithWhatToRun) {
  const absl::Status status = CheckSchema(server().DaemonDsn(empty_));
  EXPECT_THAT(status, testing::FailsWith(Reason::kSchemaMismatch));
  EXPECT_THAT(std::string(status.message()), HasSubstr("run: entryexitctl migrate"));
}

TEST_F(MigrationsTest, AnOlderSchemaIsRefusedWithWhatToRun) {
  Sql("postgres", "DELETE FROM schema_migration");
  const absl::Status status = CheckSchema(Options().dsn);
  EXPECT_THAT(status, testing::FailsWith(Reason::kSchemaMismatch));
  EXPECT_THAT(std::string(status.message()), HasSubstr("run: entryexitctl migrate"));
}

TEST_F(MigrationsTest, ANewerSchemaIsRefused) {
  Sql("postgres", "INSERT INTO schema_migration (version, name, sha256) VALUES (9999, 'x', 'x')");
  EXPECT_THAT(CheckSchema(Options().dsn), testing::FailsWith(Reason::kSchemaMismatch));
  EXPECT_THAT(Migrate(server().OwnerDsn(database_), Ignore),
              testing::FailsWith(Reason::kSchemaMismatch));
}

TEST_F(MigrationsTest, AnAppliedMigrationWithOtherContentIsRefused) {
  Sql("postgres", "UPDATE schema_migration SET sha256 = repeat('0', 64) WHERE version = 1");
  EXPECT_THAT(CheckSchema(Options().dsn), testing::FailsWith(Reason::kSchemaMismatch));
  EXPECT_THAT(Migrate(server().OwnerDsn(database_), Ignore),
              testing::FailsWith(Reason::kSchemaMismatch));
}

TEST_F(MigrationsTest, AFailedMigrationLeavesNothingBehind) {
  ASSERT_THAT(server().Execute(empty_, "CREATE TABLE case_event ()"), testing::IsOk());
  EXPECT_THAT(Migrate(server().OwnerDsn(empty_), Ignore),
              testing::FailsWith(Reason::kSchemaMismatch));
  database_ = empty_;
  EXPECT_THAT(Sql("postgres", "SELECT 1 FROM pg_tables WHERE tablename = 'crossing'"), IsEmpty());
}

TEST_F(MigrationsTest, ADatabaseThatIsAwayIsUnavailable) {
  EXPECT_THAT(CheckSchema("host=/nonexistent"), testing::FailsWith(Reason::kDatabaseUnavailable));
}

}  // namespace
}  // namespace entryexit::postgres
