#include "entryexit/postgres/migrations.h"

#include <future>

#include "entryexit/crypto/digest.h"
#include "src/postgres/embedded_migrations.h"
#include "tests/integration/postgres/store_fixture.h"

namespace entryexit::postgres {
namespace {

using core::Reason;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void Ignore(const std::string&) {}

class MigrationsTest : public StoreTest {
 protected:
  MigrationsTest() : empty_(*server().CreateDatabase()) {}

  // Leaves the empty database, which becomes the test's, as the first migrations made it.
  void ApplyFirst(size_t count) {
    database_ = empty_;
    ASSERT_THAT(
        Sql(testing::PostgresServer::kOwner,
            "CREATE TABLE schema_migration (version integer PRIMARY KEY, name text NOT NULL, "
            "sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"),
        IsEmpty());
    for (size_t i = 0; i < count; ++i) {
      const EmbeddedMigration& migration = EmbeddedMigrations()[i];
      ASSERT_THAT(Sql(testing::PostgresServer::kOwner,
                      std::string(migration.sql) +
                          "; INSERT INTO schema_migration (version, name, sha256) VALUES (" +
                          std::to_string(i + 1) + ", '" + migration.name + "', '" +
                          crypto::Sha256Hex(migration.sql) + "')"),
                  IsEmpty())
          << migration.name;
    }
  }

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

// Stays from before 0005 become what is known since the last event of their traveler.
TEST_F(MigrationsTest, StaysFromBeforeTheirHistoryAreKept) {
  ApplyFirst(4);
  // Two travelers. The first has a second document, and an admission change as the last event; the
  // second a departure.
  ASSERT_THAT(Sql(testing::PostgresServer::kDaemon, R"(
      INSERT INTO traveler SELECT md5('t' || i)::uuid FROM generate_series(1, 2) i;
      INSERT INTO travel_document (document_id, traveler_id, issuing_state, number, nationality,
                                   birth_date, sex, first_used_at)
        SELECT md5(document)::uuid, md5(traveler)::uuid, state, upper(document), state,
               '1990-01-01', 'F', first_used_at
        FROM (VALUES ('d1', 't1', 'UTO', timestamptz '2026-02-01'), ('d2', 't1', 'D', '2026-01-01'),
                     ('d3', 't2', 'XXA', '2026-01-01'))
          v (document, traveler, state, first_used_at);
      INSERT INTO crossing (traveler_id, crossing_id, request_id, document_id, direction, lane_id,
                            port_id, carrier, flight, captured_at, recorded_at, local_date,
                            class_of_admission, authorized_until, capture_status, findings,
                            opened_cases)
        SELECT md5('t' || i)::uuid, md5('c' || i || d)::uuid, gen_random_uuid(), md5('d1')::uuid, d,
               'SEA-1', 'SEA', '', '', day, day + interval '1 hour', day,
               CASE d WHEN 'ARRIVAL' THEN 'B-2' END, CASE d WHEN 'ARRIVAL' THEN day::date + 30 END,
               'EXEMPT', '[]', '{}'
        FROM (VALUES (1, 'ARRIVAL', timestamptz '2026-01-01 00:00+00'),
                     (2, 'ARRIVAL', '2026-01-02 00:00+00'),
                     (2, 'DEPARTURE', '2026-01-03 00:00+00')) v (i, d, day);
      INSERT INTO capture (traveler_id, crossing_id, media_type, digest, key_id, nonce, ciphertext)
        VALUES (md5('t1')::uuid, md5('c1ARRIVAL')::uuid, 'image/jpeg', repeat('a', 64), 'key',
                decode(repeat('00', 12), 'hex'), decode(repeat('00', 32), 'hex'));
      INSERT INTO admission_change (traveler_id, change_id, request_id, principal, recorded_at,
                                    application_id, revision, kind, filed_on, decision)
        VALUES (md5('t1')::uuid, gen_random_uuid(), gen_random_uuid(), 'authority',
                '2026-01-20 05:00+00', 'x', 1, 'EXTENSION', '2026-01-20', 'PENDING');
      INSERT INTO stay (traveler_id, arrival_id, port_id, state, arrived_at, arrived_on,
                        class_of_admission, authorized_until, departure_id, departed_at,
                        departed_on, pending_since)
        VALUES (md5('t1')::uuid, md5('c1ARRIVAL')::uuid, 'SEA', 'OPEN', '2026-01-01 00:00+00',
                '2026-01-01', 'B-2', '2026-01-31', NULL, NULL, NULL, '2026-01-20'),
               (md5('t2')::uuid, md5('c2ARRIVAL')::uuid, 'SEA', 'CLOSED', '2026-01-02 00:00+00',
                '2026-01-02', 'B-2', '2026-02-01', md5('c2DEPARTURE')::uuid,
                '2026-01-03 00:00+00', '2026-01-03', NULL))"),
              IsEmpty());

  ASSERT_THAT(Migrate(server().OwnerDsn(empty_), Ignore), testing::IsOk());
  EXPECT_THAT(CheckSchema(server().DaemonDsn(empty_)), testing::IsOk());
  EXPECT_THAT(Sql(testing::PostgresServer::kDaemon, R"(
      SELECT concat_ws(' ', nationality, state, arrived_on, authorized_until, pending_since,
                       departed_on, known_from AT TIME ZONE 'UTC', known_until)
      FROM stay ORDER BY arrived_on)"),
              ElementsAre("D OPEN 2026-01-01 2026-01-31 2026-01-20 2026-01-20 05:00:00 infinity",
                          "XXA CLOSED 2026-01-02 2026-02-01 2026-01-03 2026-01-03 01:00:00 "
                          "infinity"));
  // And pictures are told their time and nationality.
  EXPECT_THAT(
      Sql(testing::PostgresServer::kDaemon,
          "SELECT concat_ws(' ', captured_at AT TIME ZONE 'UTC', nationality) FROM capture"),
      ElementsAre("2026-01-01 00:00:00 UTO"));
}

// Since 0006 a departure that was not matched is known to be in doubt.
TEST_F(MigrationsTest, DeparturesFromBeforeAreDoubtedToo) {
  ApplyFirst(5);
  // Three travelers departed: one was matched, one was not, and of one an officer found that it was
  // the traveler.
  ASSERT_THAT(Sql(testing::PostgresServer::kDaemon, R"(
      INSERT INTO traveler SELECT md5('t' || i)::uuid FROM generate_series(1, 3) i;
      INSERT INTO crossing (traveler_id, crossing_id, request_id, document_id, direction, lane_id,
                            port_id, carrier, flight, captured_at, recorded_at, local_date,
                            class_of_admission, capture_status, findings, opened_cases)
        SELECT md5('t' || i)::uuid, md5('c' || i || d)::uuid, gen_random_uuid(), md5('d1')::uuid, d,
               'SEA-1', 'SEA', '', '', day, day, day, CASE d WHEN 'ARRIVAL' THEN 'B-2' END,
               'TEMPLATE_STORED', '[]', '{}'
        FROM generate_series(1, 3) i,
             (VALUES ('ARRIVAL', timestamptz '2026-01-02 00:00+00'),
                     ('DEPARTURE', '2026-01-03 00:00+00')) v (d, day);
      INSERT INTO comparison (traveler_id, comparison_id, crossing_id, compared_at, outcome,
                              distance, estimated_fmr, fmr_bound, probe_digest,
                              reference_distances, model_id, model_digest, model_engine, fmr_match,
                              fmr_no_match, match_distance, no_match_distance, calibration, best_k,
                              rule_version, attempt)
        SELECT md5('t' || i)::uuid, gen_random_uuid(), md5('c' || i || 'DEPARTURE')::uuid,
               '2026-01-03 00:00+00', outcome, 0.5, 0.1, 'EXACT', '', '[]', 'm', '', '', 0.0005,
               0.01, 0.3, 0.4, 'matched', 2, '1', attempt
        FROM (VALUES (1, 'NO_MATCH', 1), (1, 'MATCH', 2), (2, 'NO_MATCH', 1),
                     (3, 'INCONCLUSIVE', 1)) v (i, outcome, attempt);
      INSERT INTO review_case (traveler_id, case_id, kind, severity, state, version, crossing_id,
                               port_id, days_overstayed, opened_at, updated_at)
        SELECT md5('t' || i)::uuid, gen_random_uuid(), kind, 'HIGH', state, 1,
               md5('c' || i || 'DEPARTURE')::uuid, 'SEA', 0, '2026-01-03', '2026-01-03'
        FROM (VALUES (2, 'IDENTITY_NO_MATCH', 'UPHELD'),
                     (3, 'IDENTITY_INCONCLUSIVE', 'DISMISSED')) v (i, kind, state);
      INSERT INTO stay (traveler_id, nationality, arrival_id, port_id, state, arrived_at,
                        arrived_on, class_of_admission, authorized_until, departure_id,
                        departed_at, departed_on, known_from)
        SELECT md5('t' || i)::uuid, repeat(chr(64 + i), 3), md5('c' || i || 'ARRIVAL')::uuid,
               'SEA', 'CLOSED', '2026-01-02 00:00+00', '2026-01-02', 'B-2', '2026-02-01',
               md5('c' || i || 'DEPARTURE')::uuid, '2026-01-03 00:00+00', '2026-01-03',
               '2026-01-03 01:00+00'
        FROM generate_series(1, 3) i)"),
              IsEmpty());

  ASSERT_THAT(Migrate(server().OwnerDsn(empty_), Ignore), testing::IsOk());
  EXPECT_THAT(
      Sql(testing::PostgresServer::kDaemon, R"(
      SELECT concat_ws(' ', nationality, state, departed_on, authorized_until,
                       known_from > '2026-06-01', known_until = 'infinity')
      FROM stay ORDER BY nationality, known_from)"),
      ElementsAre("AAA CLOSED 2026-01-03 2026-02-01 f t", "BBB CLOSED 2026-01-03 2026-02-01 f f",
                  "BBB DEPARTURE_UNCONFIRMED 2026-01-03 2026-02-01 t t",
                  "CCC CLOSED 2026-01-03 2026-02-01 f t"));
}

TEST_F(MigrationsTest, ADatabaseThatIsAwayIsUnavailable) {
  EXPECT_THAT(CheckSchema("host=/nonexistent"), testing::FailsWith(Reason::kDatabaseUnavailable));
}

}  // namespace
}  // namespace entryexit::postgres
