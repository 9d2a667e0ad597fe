#include "src/postgres/statements.h"
#include "tests/integration/postgres/store_fixture.h"

namespace entryexit::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SchemaTest : public StoreTest {};

TEST_F(SchemaTest, EveryStatementCanBePreparedByTheDaemon) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> link(PQconnectdb(Options().dsn.c_str()),
                                                          &PQfinish);
  for (int i = 0; i < static_cast<int>(StatementId::kCount); ++i) {
    const Statement& statement = StatementOf(static_cast<StatementId>(i));
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(
        PQprepare(link.get(), statement.name, statement.sql, 0, nullptr), &PQclear);
    EXPECT_EQ(PQresultStatus(result.get()), PGRES_COMMAND_OK)
        << statement.name << ": " << PQerrorMessage(link.get());
  }
}

TEST_F(SchemaTest, EveryKeyHoldsTheTravelerButThoseOfTheLookUpTables) {
  EXPECT_THAT(Sql("postgres", R"(
      SELECT c.conrelid::regclass::text FROM pg_constraint c
      WHERE c.connamespace = 'public'::regnamespace AND c.contype IN ('p', 'u', 'f')
        AND NOT EXISTS (
          SELECT FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
            AND a.attname = 'traveler_id')
      ORDER BY 1)"),
              ElementsAre("request", "schema_migration", "travel_document"));
}

TEST_F(SchemaTest, NoUniqueIndexIsOutsideTheConstraints) {
  EXPECT_THAT(Sql("postgres", R"(
      SELECT i.indexrelid::regclass::text FROM pg_index i
      JOIN pg_class t ON t.oid = i.indrelid AND t.relnamespace = 'public'::regnamespace
      WHERE i.indisunique
        AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid))"),
              IsEmpty());
}

TEST_F(SchemaTest, EveryTableIsDescribed) {
  EXPECT_THAT(Sql("postgres", R"(
      SELECT oid::regclass::text FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND obj_description(oid, 'pg_class') IS NULL)"),
              IsEmpty());
}

TEST_F(SchemaTest, AppendOnlyTablesRefuseTheDaemonByPrivilegeAndTheOwnerByTrigger) {
  for (const std::string table : {"crossing", "comparison", "case_event"}) {
    for (const std::string& change :
         {"DELETE FROM " + table, "UPDATE " + table + " SET traveler_id = traveler_id",
          "TRUNCATE " + table + " CASCADE"}) {
      EXPECT_THAT(Sql(testing::PostgresServer::kDaemon, change), ElementsAre("42501")) << change;
      EXPECT_THAT(Sql(testing::PostgresServer::kOwner, change), ElementsAre("23001")) << change;
    }
  }
}

TEST_F(SchemaTest, TheDaemonCannotRemoveCapturesOrChangeTheSchema) {
  for (const char* change :
       {"DELETE FROM capture", "DELETE FROM template", "DELETE FROM traveler",
        "DELETE FROM request", "DROP TABLE stay", "CREATE TABLE x ()",
        "UPDATE schema_migration SET version = 2", "UPDATE review_case SET kind = 'OVERSTAY'"}) {
    EXPECT_THAT(Sql(testing::PostgresServer::kDaemon, change), ElementsAre("42501")) << change;
  }
}

}  // namespace
}  // namespace entryexit::postgres
