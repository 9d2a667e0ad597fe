#include <string>
#include <vector>

#include "tests/integration/postgres/store_fixture.h"

// What the role entryexit_reader may do.
namespace entryexit::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class ReaderRoleTest : public StoreTest {
 protected:
  // What a member of the role gets.
  std::vector<std::string> Read(const std::string& sql) const {
    return Sql("postgres", "SET ROLE entryexit_reader; " + sql);
  }

  // "table.column" of all that the role may read, of those for which `condition` holds.
  std::vector<std::string> ReadableColumns(const std::string& condition) const {
    return Sql("postgres", R"(
        SELECT c.table_name || '.' || c.column_name FROM information_schema.columns c
        WHERE c.table_schema = 'public'
          AND has_column_privilege('entryexit_reader', 'public.' || quote_ident(c.table_name),
                                   c.column_name, 'SELECT')
          AND ()" + condition + ") ORDER BY 1");
  }
};

TEST_F(ReaderRoleTest, ReadsNothingThatIsSealedOrNamesAPersonOrWasSaidOfOne) {
  EXPECT_THAT(ReadableColumns("true"), Not(IsEmpty()));
  EXPECT_THAT(ReadableColumns("c.data_type = 'bytea'"), IsEmpty());
  EXPECT_THAT(ReadableColumns("c.table_name IN ('travel_document', 'request', 'legal_hold')"),
              IsEmpty());
  EXPECT_THAT(ReadableColumns(R"(
      c.column_name IN ('document_id', 'number', 'issuing_state', 'birth_date', 'adult_on',
                        'application_id', 'request_id', 'content_digest', 'reason', 'reference',
                        'probe_digest', 'reference_distances', 'first_officer')
      AND c.table_name <> 'erasure_receipt')"),
              IsEmpty());
  // Who had something erased is in the receipts, which auditors publish.
  EXPECT_THAT(ReadableColumns("c.column_name IN ('principal', 'digest')"),
              ElementsAre("erasure_receipt.digest", "erasure_receipt.principal"));
}

TEST_F(ReaderRoleTest, ReadsNoColumnThatIsAddedLater) {
  EXPECT_THAT(Sql("postgres", R"(
      SELECT oid::regclass FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm')
        AND has_table_privilege('entryexit_reader', oid, 'SELECT'))"),
              IsEmpty());
  EXPECT_THAT(Read("SELECT * FROM traveler, settled_lead, erasure_notice, erasure_receipt"),
              IsEmpty());
  EXPECT_THAT(Read("SELECT * FROM schema_migration"), Not(IsEmpty()));
}

TEST_F(ReaderRoleTest, IsRefusedWhatItMayNotRead) {
  for (const char* sql : {"SELECT * FROM crossing", "SELECT ciphertext FROM capture",
                          "SELECT number FROM travel_document", "SELECT reason FROM case_event",
                          "SELECT birth_date FROM crossing", "SELECT adult_on FROM stay",
                          "SELECT wrapped FROM data_key", "SELECT FROM legal_hold"}) {
    EXPECT_THAT(Read(sql), ElementsAre("42501")) << sql;
  }
}

TEST_F(ReaderRoleTest, CountsWhatStatisticsNeed) {
  ASSERT_THAT(AddTraveler(*store_, "P1",
                          [](const core::TravelerId& traveler) {
                            return std::vector{Arrival(traveler, 0), Departure(traveler, 9)};
                          }),
              testing::IsOk());
  EXPECT_THAT(Read("SELECT count(*) FROM crossing JOIN traveler USING (traveler_id) "
                   "WHERE nationality IS NOT NULL GROUP BY direction"),
              ElementsAre("1", "1"));
  EXPECT_THAT(Read("SELECT count(*) FROM stay GROUP BY state, nationality"), IsEmpty());
  EXPECT_THAT(Read("SELECT count(*) FROM comparison"), ElementsAre("0"));
  EXPECT_THAT(Read("SELECT key_id FROM data_key WHERE retired_at IS NULL"), SizeIs(1));
}

TEST_F(ReaderRoleTest, ChangesNothingAndRunsNoFunctionOfTheOwner) {
  EXPECT_THAT(Sql("postgres", R"(
      SELECT oid::regclass || ' ' || p FROM pg_class,
             unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm')
        AND has_table_privilege('entryexit_reader', oid, p))"),
              IsEmpty());
  EXPECT_THAT(Sql("postgres", R"(
      SELECT oid::regprocedure FROM pg_proc
      WHERE pronamespace = 'public'::regnamespace AND prosecdef
        AND has_function_privilege('entryexit_reader', oid, 'EXECUTE'))"),
              IsEmpty());
  EXPECT_THAT(Sql("postgres",
                  "SELECT 1 FROM pg_roles WHERE rolname = 'entryexit_reader' AND "
                  "(rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls)"),
              IsEmpty());
}

}  // namespace
}  // namespace entryexit::postgres
