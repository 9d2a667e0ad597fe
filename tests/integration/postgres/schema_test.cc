#include "entryexit/crypto/digest.h"
#include "src/postgres/statements.h"
#include "tests/integration/postgres/store_fixture.h"

namespace entryexit::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SchemaTest : public StoreTest {
 protected:
  // Of each table some column, as an assignment of itself.
  static std::string ColumnOf(const std::string& table) {
    const bool is_chain = table == "erasure_receipt" || table == "audit_checkpoint";
    return is_chain ? "number = number" : "traveler_id = traveler_id";
  }

  // Adds to `table` a copy of each of its rows that `rows` selects, with the values of the JSON
  // object `changes` in place of theirs. The SQLSTATE if it was refused.
  std::vector<std::string> AddCopy(const std::string& table, const std::string& rows,
                                   const std::string& changes) const {
    return Sql(testing::PostgresServer::kDaemon,
               "INSERT INTO " + table + " SELECT (jsonb_populate_record(t, '" + changes +
                   "')).* FROM " + table + " t WHERE " + rows);
  }

  // The same of the traveler's first crossing in `direction`, as another at a lane of its own.
  std::vector<std::string> AddCrossing(const std::string& direction, const std::string& changes) {
    return AddCopy("crossing", "lane_id = 'SEA-1' AND direction = '" + direction + "'",
                   R"({"crossing_id": ")" + crypto::NewUuid() + R"(", "lane_id": ")" +
                       std::to_string(++lane_) + R"(", )" + changes + "}");
  }

 private:
  int lane_ = 0;
};

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

// Pictures and templates refer to their data keys, a few rows that every node of a cluster may
// have.
TEST_F(SchemaTest, EveryKeyHoldsTheTravelerButThoseOfTheLookUpTables) {
  EXPECT_THAT(
      Sql("postgres", R"(
      SELECT c.conrelid::regclass::text FROM pg_constraint c
      WHERE c.connamespace = 'public'::regnamespace AND c.contype IN ('p', 'u', 'f')
        AND NOT EXISTS (
          SELECT FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
            AND a.attname = 'traveler_id')
      ORDER BY 1)"),
      ElementsAre("audit_checkpoint", "audit_record", "capture", "data_key", "erasure_receipt",
                  "key_rotation", "request", "schema_migration", "template", "travel_document"));
}

// Those that no constraint stands for: a constraint cannot be on a part of the rows.
TEST_F(SchemaTest, EveryOtherUniqueIndexHoldsTheTravelerToo) {
  const std::string others = R"(
      SELECT i.indexrelid::regclass::text FROM pg_index i
      JOIN pg_class t ON t.oid = i.indrelid AND t.relnamespace = 'public'::regnamespace
      WHERE i.indisunique
        AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid))";
  EXPECT_THAT(Sql("postgres", others + " ORDER BY 1"),
              ElementsAre("data_key_current", "key_rotation_open", "review_case_once_a_lead",
                          "review_case_one_request_waits", "stay_departs_once", "stay_known_once"));
  EXPECT_THAT(Sql("postgres", others + R"(
        AND NOT EXISTS (
          SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY (i.indkey)
            AND a.attname = 'traveler_id') ORDER BY 1)"),
              ElementsAre("data_key_current", "key_rotation_open"));
}

// A table that is added here belongs into the export of a traveler, or a decision says why it does
// not (request: it repeats what its subject says; audit_record: it is about those who looked).
// Erasing must reach it too, but for the audit log.
TEST_F(SchemaTest, EveryTableOfTravelersIsOneThatAnExportAndErasingKnow) {
  EXPECT_THAT(Sql("postgres", R"(
      SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
        AND a.attname = 'traveler_id' AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY 1)"),
              ElementsAre("admission_change", "audit_record", "capture", "case_event", "comparison",
                          "crossing", "crossing_correction", "erasure_notice", "legal_hold",
                          "request", "review_case", "settled_lead", "stay", "template",
                          "travel_document", "traveler"));
}

TEST_F(SchemaTest, EveryTableIsDescribed) {
  EXPECT_THAT(Sql("postgres", R"(
      SELECT oid::regclass::text FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND obj_description(oid, 'pg_class') IS NULL)"),
              IsEmpty());
}

TEST_F(SchemaTest, AppendOnlyTablesRefuseTheDaemonByPrivilegeAndTheOwnerByTrigger) {
  for (const std::string table :
       {"crossing", "comparison", "case_event", "admission_change", "crossing_correction",
        "erasure_receipt", "legal_hold", "erasure_notice", "settled_lead", "audit_record",
        "audit_checkpoint"}) {
    for (const std::string& change :
         {"DELETE FROM " + table, "UPDATE " + table + " SET " + ColumnOf(table),
          "TRUNCATE " + table + " CASCADE"}) {
      EXPECT_THAT(Sql(testing::PostgresServer::kDaemon, change), ElementsAre("42501")) << change;
      EXPECT_THAT(Sql(testing::PostgresServer::kOwner, change), ElementsAre("23001")) << change;
    }
  }
}

// Otherwise whoever may make temporary types could have code of his own run as the owner.
TEST_F(SchemaTest, FunctionsOfTheOwnerLookForTemporaryThingsLast) {
  EXPECT_THAT(Sql("postgres", R"(
      SELECT oid::regprocedure FROM pg_proc
      WHERE pronamespace = 'public'::regnamespace AND (prosecdef OR prorettype = 'trigger'::regtype)
        AND NOT COALESCE(proconfig @> ARRAY['search_path=pg_catalog, pg_temp'], false))"),
              IsEmpty());
}

TEST_F(SchemaTest, TheDaemonCannotRemoveCapturesOrChangeTheSchema) {
  for (const char* change :
       {"DELETE FROM capture", "DELETE FROM template", "DELETE FROM traveler",
        "DELETE FROM request", "DELETE FROM stay", "TRUNCATE stay",
        "UPDATE stay SET known_from = known_from", "UPDATE stay SET state = 'OPEN'",
        "DROP TABLE stay", "CREATE TABLE x ()", "UPDATE schema_migration SET version = 2",
        "UPDATE review_case SET kind = 'OVERSTAY'"}) {
    EXPECT_THAT(Sql(testing::PostgresServer::kDaemon, change), ElementsAre("42501")) << change;
  }
}

TEST_F(SchemaTest, NoCaseOfAnImpostorOrAnOverstayIsUpheldByOne) {
  ports::CrossingRecord crossing;
  ASSERT_THAT(AddTraveler(*store_, "P1",
                          [&](const core::TravelerId& traveler) {
                            return std::vector{crossing = Departure(traveler, 0)};
                          }),
              testing::IsOk());
  const auto change_to = [&](const std::string& state, const std::string& first_officer) {
    return Sql(testing::PostgresServer::kDaemon,
               "UPDATE review_case SET state = '" + state + "', first_officer = " + first_officer);
  };
  for (const core::CaseKind kind :
       {core::CaseKind::kIdentityNoMatch, core::CaseKind::kIdentityInconclusive,
        core::CaseKind::kOverstay, core::CaseKind::kSuspectedOverstay}) {
    ports::CaseRecord record = CaseOf(crossing, 1);
    record.kind = kind;
    record.days_overstayed = 0;
    ASSERT_THAT(Run([&](ports::Transaction& t) { return t.AddCase(record); }), testing::IsOk());
    EXPECT_THAT(change_to("UPHELD", "NULL"), ElementsAre("23001")) << core::NameOf(kind);
    EXPECT_THAT(change_to("AWAITS_SECOND_OFFICER", "NULL"), ElementsAre("23514"))
        << "whoever was first must be known";
    EXPECT_THAT(change_to("OPEN", "'officer/1'"), ElementsAre("23514"));
    EXPECT_THAT(change_to("DISMISSED", "NULL"), IsEmpty());
    EXPECT_THAT(change_to("UPHELD", "NULL"), ElementsAre("23001"));
    EXPECT_THAT(change_to("AWAITS_SECOND_OFFICER", "'officer/1'"), IsEmpty());
    EXPECT_THAT(change_to("UPHELD", "NULL"), IsEmpty());
    Sql("postgres", "DELETE FROM review_case");
  }
}

TEST_F(SchemaTest, EveryCaseBeginsOpen) {
  ports::CrossingRecord crossing;
  ASSERT_THAT(AddTraveler(*store_, "P1",
                          [&](const core::TravelerId& traveler) {
                            return std::vector{crossing = Departure(traveler, 0)};
                          }),
              testing::IsOk());
  for (const core::CaseState state :
       {core::CaseState::kAwaitsSecondOfficer, core::CaseState::kUpheld,
        core::CaseState::kDismissed, core::CaseState::kWithdrawn}) {
    ports::CaseRecord record = CaseOf(crossing, 1);
    record.state = state;
    if (state == core::CaseState::kAwaitsSecondOfficer) record.first_officer = "officer/1";
    EXPECT_FALSE(Run([&](ports::Transaction& t) { return t.AddCase(record); }).ok())
        << core::NameOf(state);
    EXPECT_FALSE(Run([&](ports::Transaction& t) { return t.AddCases({record}); }).ok())
        << core::NameOf(state);
  }
  EXPECT_THAT(Sql("postgres", "SELECT count(*) FROM review_case"), ElementsAre("0"));
}

TEST_F(SchemaTest, NoRequestIsRefusedByOneAndOneAtATimeIsAboutACrossing) {
  ports::CrossingRecord crossing;
  ASSERT_THAT(AddTraveler(*store_, "P1",
                          [&](const core::TravelerId& traveler) {
                            return std::vector{crossing = Departure(traveler, 0)};
                          }),
              testing::IsOk());
  const auto add = [&] {
    ports::CaseRecord record = CaseOf(crossing, 1);
    record.kind = core::CaseKind::kCorrectionRequest;
    record.days_overstayed = 0;
    record.terms = {Day(0), Day(45), std::nullopt};
    return Run([&](ports::Transaction& t) { return t.AddCase(record); });
  };
  const auto change_to = [&](const std::string& state, const std::string& first_officer) {
    return Sql(testing::PostgresServer::kDaemon,
               "UPDATE review_case SET state = '" + state + "', first_officer = " + first_officer);
  };
  ASSERT_THAT(add(), testing::IsOk());
  EXPECT_FALSE(add().ok()) << "one waits";
  EXPECT_THAT(change_to("DISMISSED", "NULL"), ElementsAre("23001"));
  EXPECT_THAT(change_to("AWAITS_SECOND_OFFICER", "'officer/1'"), IsEmpty());
  EXPECT_FALSE(add().ok()) << "it waits still";
  EXPECT_THAT(change_to("DISMISSED", "NULL"), IsEmpty());
  EXPECT_THAT(add(), testing::IsOk());
  // A day to answer by is of requests, and only of them.
  EXPECT_THAT(Sql("postgres", "UPDATE review_case SET due_on = NULL"), ElementsAre("23514"));
  EXPECT_THAT(Sql("postgres", "UPDATE review_case SET kind = 'NO_REFERENCE'"),
              ElementsAre("23514"));
}

TEST_F(SchemaTest, OnlyWhatAnotherTravelerHasTooIsRemovedAsMoved) {
  ports::CrossingRecord crossing;
  const auto from = AddTraveler(*store_, "P1", [&](const core::TravelerId& traveler) {
    return std::vector{crossing = Arrival(traveler, 0), Arrival(traveler, 1)};
  });
  ports::CrossingRecord copy;
  const auto to = AddTraveler(*store_, "P2", [&](const core::TravelerId& traveler) {
    copy = crossing;
    copy.traveler_id = traveler;
    return std::vector{copy};
  });
  ASSERT_THAT(from, testing::IsOk());
  ASSERT_THAT(to, testing::IsOk());
  const auto count = [&](const std::string& table) {
    return Sql("postgres", "SELECT count(*) FROM " + table).front();
  };
  const auto remove = [&](const core::TravelerId& source, const core::TravelerId& target) {
    EXPECT_THAT(Run([&](ports::Transaction& t) { return t.RemoveMovedBiometrics(source, target); }),
                testing::IsOk());
  };
  const auto add = [&](const core::TravelerId& traveler, const std::string& where) {
    for (const std::string table : {"capture", "template"}) {
      const std::string more =
          table == "capture" ? "'image/jpeg'" : "direction, captured_at, 'm', repeat('a', 64), 'e'";
      EXPECT_THAT(
          Sql(testing::PostgresServer::kOwner,
              "INSERT INTO " + table + " SELECT traveler_id, crossing_id, " + more +
                  ", repeat('b', 64), '" + kDataKey +
                  "', decode(repeat('00', 12), 'hex'), "
                  "decode(repeat('00', 64), 'hex')" +
                  (table == "capture" ? ", captured_at, nationality" : "") +
                  " FROM crossing WHERE traveler_id = '" + traveler.value() + "' AND " + where),
          IsEmpty());
    }
  };
  add(*from, "true");
  remove(*from, *to);
  EXPECT_EQ(count("capture"), "2") << "nothing was moved";
  add(*to, "true");
  remove(*from, *from);
  EXPECT_EQ(count("template"), "3");
  remove(*from, *to);
  EXPECT_EQ(count("capture"), "2");
  EXPECT_EQ(count("template"), "2");
  EXPECT_THAT(
      Sql("postgres", "SELECT crossing_id FROM capture WHERE traveler_id = '" + to->value() + "'"),
      ElementsAre(crossing.crossing_id.value()));
}

TEST_F(SchemaTest, WindowsOfStayAreWholeAndOfArrivals) {
  ASSERT_THAT(AddTraveler(*store_, "P1",
                          [](const core::TravelerId& traveler) {
                            return std::vector{Arrival(traveler, 0), Departure(traveler, 1)};
                          }),
              testing::IsOk());
  for (const char* window : {R"("window_stay_days": 1, "window_days": 2)",
                             R"("window_stay_days": 3659, "window_days": 3660)",
                             R"("window_stay_days": null, "window_days": null)"}) {
    EXPECT_THAT(AddCrossing("ARRIVAL", window), IsEmpty()) << window;
  }
  for (const char* window :
       {R"("window_stay_days": 0)", R"("window_stay_days": -1)", R"("window_stay_days": 180)",
        R"("window_stay_days": 181)", R"("window_stay_days": null)", R"("window_days": null)",
        R"("window_days": 90)", R"("window_days": 3661)"}) {
    EXPECT_THAT(AddCrossing("ARRIVAL", window), ElementsAre("23514")) << window;
  }
  EXPECT_THAT(AddCrossing("DEPARTURE", R"("window_stay_days": null)"), IsEmpty());
  EXPECT_THAT(AddCrossing("DEPARTURE", R"("window_stay_days": 90, "window_days": 180)"),
              ElementsAre("23514"));
}

TEST_F(SchemaTest, ACrossingHasAllOfItsDocumentsDataOrNone) {
  ASSERT_THAT(AddTraveler(*store_, "P1",
                          [](const core::TravelerId& traveler) {
                            return std::vector{Departure(traveler, 1)};
                          }),
              testing::IsOk());
  EXPECT_THAT(AddCrossing("DEPARTURE", R"("sex": "<")"), IsEmpty());
  EXPECT_THAT(AddCrossing("DEPARTURE", R"("nationality": null, "birth_date": null, "sex": null)"),
              IsEmpty());
  for (const char* changes :
       {R"("nationality": null)", R"("birth_date": null)", R"("sex": null)", R"("sex": "X")",
        R"("nationality": "d")", R"("nationality": "")", R"("nationality": "ABCD")"}) {
    EXPECT_THAT(AddCrossing("DEPARTURE", changes), ElementsAre("23514")) << changes;
  }
}

TEST_F(SchemaTest, AnArrivalIsAnAdmissionAndADepartureIsNone) {
  ASSERT_THAT(AddTraveler(*store_, "P1",
                          [](const core::TravelerId& traveler) {
                            return std::vector{Arrival(traveler, 0), Departure(traveler, 1)};
                          }),
              testing::IsOk());
  const std::string no_window = R"("window_stay_days": null, "window_days": null)";
  EXPECT_THAT(AddCrossing("ARRIVAL", no_window), IsEmpty());
  EXPECT_THAT(AddCrossing("ARRIVAL", R"("authorized_until": null, )" + no_window), IsEmpty());
  EXPECT_THAT(AddCrossing("DEPARTURE", no_window), IsEmpty());
  EXPECT_THAT(AddCrossing("ARRIVAL",
                          R"("class_of_admission": null, "authorized_until": null, )" + no_window),
              ElementsAre("23514"));
  EXPECT_THAT(AddCrossing("DEPARTURE", R"("class_of_admission": "B-2")"), ElementsAre("23514"));
  EXPECT_THAT(AddCrossing("DEPARTURE", R"("authorized_until": "2026-09-30")"),
              ElementsAre("23514"));
}

TEST_F(SchemaTest, AComparisonHasADistanceAndItsRateOrNeither) {
  ports::CrossingRecord departure;
  ASSERT_THAT(AddTraveler(*store_, "P1",
                          [&](const core::TravelerId& traveler) {
                            return std::vector{departure = Departure(traveler, 0)};
                          }),
              testing::IsOk());
  const ports::ComparisonRecord record = ComparisonOf(departure, 1, core::Outcome::kMatch, At(1));
  ASSERT_THAT(Run([&](ports::Transaction& t) { return t.AddComparison(record); }), testing::IsOk());
  int attempt = 1;
  const auto add = [&](const std::string& changes) {
    return AddCopy("comparison", "attempt = 1",
                   R"({"comparison_id": ")" + crypto::NewUuid() + R"(", "attempt": )" +
                       std::to_string(++attempt) + ", " + changes + "}");
  };
  const std::string nothing =
      R"("distance": null, "estimated_fmr": null, "fmr_bound": null, "outcome": )";
  const std::vector<std::string> lawful = {
      nothing + R"("NO_REFERENCE")", nothing + R"("EXEMPT")",
      R"("outcome": "NO_MATCH")",    R"("outcome": "INCONCLUSIVE", "fmr_bound": null)",
      R"("match_distance": 0.4)",    R"("probe_digest": ")" + Hex('a') + R"(")",
  };
  for (const std::string& changes : lawful) EXPECT_THAT(add(changes), IsEmpty()) << changes;
  const std::vector<std::string> unlawful = {
      nothing + R"("MATCH")",
      R"("outcome": "NO_REFERENCE")",
      R"("distance": null)",
      R"("estimated_fmr": null)",
      R"("estimated_fmr": null, "fmr_bound": null)",
      R"("distance": null, "estimated_fmr": null)",
      R"("distance": null, "estimated_fmr": null, "outcome": "NO_REFERENCE")",
      R"("match_distance": 0.5)",
      R"("outcome": "PERHAPS")",
      R"("probe_digest": "a")",
  };
  for (const std::string& changes : unlawful) {
    EXPECT_THAT(add(changes), ElementsAre("23514")) << changes;
  }
}

TEST_F(SchemaTest, AStayTellsAllOfTheDepartureThatClosedItOrNothing) {
  ports::CrossingRecord arrival;
  ports::CrossingRecord departure;
  const auto traveler = AddTraveler(*store_, "P1", [&](const core::TravelerId& id) {
    return std::vector{arrival = Arrival(id, 0), departure = Departure(id, 1)};
  });
  ASSERT_THAT(traveler, testing::IsOk());
  const ports::StayRecord closed = Closed(StayOf(arrival), departure);
  ASSERT_THAT(
      Run([&](ports::Transaction& t) { return t.ReplaceStays(*traveler, {closed}, At(0)); }),
      testing::IsOk());
  int year = 2000;
  const auto add = [&](const std::string& changes) {
    const std::string past = std::to_string(++year);
    return AddCopy("stay", "known_until = 'infinity'",
                   R"({"known_from": ")" + past + R"(-01-01", "known_until": ")" + past +
                       R"(-01-02", )" + changes + "}");
  };
  const std::string no_departure =
      R"("departure_id": null, "departed_at": null, "departed_on": null, "state": )";
  const std::vector<std::string> lawful = {
      R"("state": "DEPARTURE_UNCONFIRMED")",
      no_departure + R"("OPEN")",
      no_departure + R"("DEPARTURE_NOT_RECORDED")",
  };
  for (const std::string& changes : lawful) EXPECT_THAT(add(changes), IsEmpty()) << changes;
  const std::vector<std::string> unlawful = {
      no_departure + R"("CLOSED")",
      no_departure + R"("DEPARTURE_UNCONFIRMED")",
      R"("state": "OPEN")",
      R"("departure_id": null)",
      R"("departed_at": null)",
      R"("departed_on": null)",
      R"("departed_at": "2001-01-01")",
      R"("state": "LEFT")",
  };
  for (const std::string& changes : unlawful) {
    EXPECT_THAT(add(changes), ElementsAre("23514")) << changes;
  }
}

TEST_F(SchemaTest, DigestsAndOutcomesAreOfTheirForm) {
  const auto cast = [&](const std::string& value, const std::string& domain) {
    return Sql(testing::PostgresServer::kDaemon, "SELECT count(E'" + value + "'::" + domain + ")");
  };
  const std::string digits = "0123456789abcdef";
  const std::string digest = digits + digits + digits + digits;
  const std::string short_of_one = digest.substr(1);
  for (const char* domain : {"sha256_hex", "sha256_hex_or_none"}) {
    EXPECT_THAT(cast(digest, domain), ElementsAre("1"));
    for (const std::string& value :
         {short_of_one, digest + "0", short_of_one + "g", short_of_one + "A", short_of_one + "\\n",
          digest + "\\n", short_of_one + " ", std::string("0")}) {
      EXPECT_THAT(cast(value, domain), ElementsAre("23514")) << value;
    }
  }
  EXPECT_THAT(cast("", "sha256_hex"), ElementsAre("23514"));
  EXPECT_THAT(cast("", "sha256_hex_or_none"), ElementsAre("1"));
  EXPECT_THAT(cast("NO_MATCH", "outcome_or_reason"), ElementsAre("1"));
  EXPECT_THAT(cast(std::string(64, 'A'), "outcome_or_reason"), ElementsAre("1"));
  for (const std::string& value :
       {std::string(65, 'A'), std::string(), std::string("ok"), std::string("A B")}) {
    EXPECT_THAT(cast(value, "outcome_or_reason"), ElementsAre("23514")) << value;
  }
}

TEST_F(SchemaTest, CorrectionsObeyTheirRules) {
  ports::CrossingRecord arrival;
  ASSERT_THAT(AddTraveler(*store_, "P1",
                          [&](const core::TravelerId& traveler) {
                            return std::vector{arrival = Arrival(traveler, 0)};
                          }),
              testing::IsOk());
  const ports::CorrectionRecord first = CorrectionOf(arrival, 1, 5);
  ASSERT_THAT(Run([&](ports::Transaction& t) { return t.AddCorrection(first); }), testing::IsOk());
  int revision = 1;
  const auto add = [&](const std::string& changes) {
    return AddCopy("crossing_correction", "revision = 1",
                   R"({"correction_id": ")" + crypto::NewUuid() + R"(", "revision": )" +
                       std::to_string(++revision) + ", " + changes + "}");
  };
  const std::string no_time = R"("captured_at": null, "local_date": null)";
  const std::string no_admission =
      R"("class_of_admission": null, "authorized_until": null, "window_stay_days": null, )"
      R"("window_days": null)";
  const std::string voided = R"("voided": true, )";
  const std::string moved = voided + no_time + ", " + no_admission + R"(, "moved_to": ")";
  const std::vector<std::string> lawful = {
      voided + no_time + ", " + no_admission,
      no_time + ", " + no_admission,
      no_time,
      no_admission,
      R"("authorized_until": null)",
      R"("window_stay_days": null, "window_days": null)",
      R"("reason": ")" + std::string(2000, 'x') + R"(")",
      moved + crypto::NewUuid() + R"(")",
  };
  for (const std::string& changes : lawful) EXPECT_THAT(add(changes), IsEmpty()) << changes;
  const std::vector<std::string> unlawful = {
      R"("moved_to": ")" + crypto::NewUuid() + R"(")",
      moved + arrival.traveler_id.value() + R"(")",
      voided + no_time,
      voided + no_admission,
      R"("captured_at": null)",
      R"("local_date": null)",
      R"("class_of_admission": null)",
      no_admission + R"(, "authorized_until": "2026-09-30")",
      no_admission + R"(, "window_stay_days": 30, "window_days": 60)",
      R"("window_days": null)",
      R"("window_days": 30)",
      R"("reason": "")",
      R"("reason": ")" + std::string(2001, 'x') + R"(")",
      R"("principal": "")",
      R"("revision": 0)",
      R"("revision": 1001)",
  };
  for (const std::string& changes : unlawful) {
    EXPECT_THAT(add(changes), ElementsAre("23514")) << changes;
  }
  EXPECT_THAT(add(R"("revision": 1)"), ElementsAre("23505"));
  EXPECT_THAT(add(R"("crossing_id": ")" + crypto::NewUuid() + R"(")"), ElementsAre("23503"));
}

TEST_F(SchemaTest, AdmissionChangesObeyTheirRules) {
  const auto traveler = AddTraveler(*store_, "P1");
  ASSERT_THAT(traveler, testing::IsOk());
  const ports::AdmissionChangeRecord first = Extension(*traveler, 0);
  ASSERT_THAT(Run([&](ports::Transaction& t) { return t.AddAdmissionChange(first); }),
              testing::IsOk());
  const auto add = [&](const std::string& changes) {
    return AddCopy("admission_change", "change_id = '" + first.change_id.value() + "'",
                   R"({"change_id": ")" + crypto::NewUuid() + R"(", )" + changes + "}");
  };
  const std::string longest(64, 'x');
  const std::string ungranted = R"(, "class_of_admission": null, "authorized_until": null)";
  const std::vector<std::string> lawful = {
      R"("application_id": "x")",
      R"("application_id": ")" + longest + R"(")",
      R"("authorized_until": null)",
      R"("filed_on": "2026-09-26", "decided_on": "2026-09-26")",
      R"("decision": "DENIED")" + ungranted,
      R"("decision": "WITHDRAWN")" + ungranted,
      R"("decision": "PENDING", "decided_on": null)" + ungranted,
      R"("decision": "RECORDED_IN_ERROR", "decided_on": null)" + ungranted,
      R"("revision": 1000)",
  };
  for (const std::string& changes : lawful) EXPECT_THAT(add(changes), IsEmpty()) << changes;
  const std::vector<std::string> unlawful = {
      R"("application_id": "")",
      R"("application_id": "x)" + longest + R"(")",
      R"("application_id": "a b")",
      R"("application_id": "a\n")",
      R"("application_id": "\u00e9")",
      R"("principal": "")",
      R"("kind": "PAROLE")",
      R"("decision": "APPEALED")",
      R"("decision": "RECORDED_IN_ERROR")" + ungranted,
      R"("revision": 0)",
      R"("revision": 1001)",
      R"("decided_on": null)",
      R"("decided_on": "2026-09-20")",
      R"("decision": "PENDING")" + ungranted,
      R"("decision": "DENIED", "decided_on": null)" + ungranted,
      R"("decision": "DENIED", "authorized_until": null)",
      R"("decision": "DENIED", "class_of_admission": null)",
      R"("class_of_admission": null, "authorized_until": null)",
      R"("class_of_admission": "")",
      R"("class_of_admission": "123456789")",
  };
  for (const std::string& changes : unlawful) {
    EXPECT_THAT(add(changes), ElementsAre("23514")) << changes;
  }
  EXPECT_THAT(add(R"("traveler_id": ")" + crypto::NewUuid() + R"(")"), ElementsAre("23503"));
  EXPECT_THAT(add(R"("change_id": ")" + first.change_id.value() + R"(")"), ElementsAre("23505"));
}

TEST_F(SchemaTest, OfAStayNothingChangesButThatItCeasesToBeKnown) {
  ports::CrossingRecord arrival;
  ports::CrossingRecord departure;
  const auto traveler = AddTraveler(*store_, "P1", [&](const core::TravelerId& id) {
    return std::vector{arrival = Arrival(id, 0), departure = Departure(id, 1)};
  });
  ASSERT_THAT(traveler, testing::IsOk());
  ASSERT_THAT(Run([&](ports::Transaction& t) {
                return t.ReplaceStays(*traveler, {StayOf(arrival)}, At(0));
              }),
              testing::IsOk());
  const std::string moment = "timestamptz '2026-09-02'";
  const std::vector<std::string> all = Sql("postgres", "SELECT s::text FROM stay s");
  ASSERT_THAT(all, SizeIs(1));
  const std::vector<std::string> refused = {
      "UPDATE stay SET port_id = 'PDX', known_until = " + moment,
      "UPDATE stay SET known_from = known_from - interval '1 day', known_until = " + moment,
      "UPDATE stay SET arrived_on = arrived_on + 1",
      "UPDATE stay SET nationality = nationality",
      "UPDATE stay SET known_until = 'infinity'",
      "DELETE FROM stay",
      "TRUNCATE stay",
  };
  for (const std::string& change : refused) {
    EXPECT_THAT(Sql(testing::PostgresServer::kOwner, change), ElementsAre("23001")) << change;
  }
  EXPECT_EQ(Sql("postgres", "SELECT s::text FROM stay s"), all);

  const std::string cease = "UPDATE stay SET known_until = " + moment;
  EXPECT_THAT(Sql(testing::PostgresServer::kDaemon, "UPDATE stay SET known_until = known_from"),
              ElementsAre("23514"));
  EXPECT_THAT(Sql(testing::PostgresServer::kDaemon, cease), IsEmpty());
  for (const std::string& change : {cease, cease + " + interval '1 day'",
                                    std::string("UPDATE stay SET known_until = 'infinity'")}) {
    EXPECT_THAT(Sql(testing::PostgresServer::kDaemon, change), ElementsAre("23001")) << change;
  }
}

TEST_F(SchemaTest, OfWhatIsKnownNowAnArrivalBeginsAndADepartureEndsOneStay) {
  ports::CrossingRecord arrival;
  ports::CrossingRecord other;
  ports::CrossingRecord departure;
  const auto traveler = AddTraveler(*store_, "P1", [&](const core::TravelerId& id) {
    return std::vector{arrival = Arrival(id, 0), other = Arrival(id, 1),
                       departure = Departure(id, 2)};
  });
  ASSERT_THAT(traveler, testing::IsOk());
  const ports::StayRecord closed = Closed(StayOf(arrival), departure);
  ASSERT_THAT(
      Run([&](ports::Transaction& t) { return t.ReplaceStays(*traveler, {closed}, At(0)); }),
      testing::IsOk());
  const auto add = [&](const std::string& changes) { return AddCopy("stay", "true", changes); };
  const std::string later = R"("known_from": "2026-09-02")";
  const std::string before = R"("known_from": "2026-08-01", "known_until": "2026-08-02")";
  const std::string of_other = R"(, "arrival_id": ")" + other.crossing_id.value() + R"(")";
  EXPECT_THAT(add("{" + later + "}"), ElementsAre("23505"));
  EXPECT_THAT(add("{" + later + of_other + "}"), ElementsAre("23505"));
  EXPECT_THAT(add("{" + before + R"(, "nationality": "d"})"), ElementsAre("23514"));
  EXPECT_THAT(add(R"({"known_from": "2026-08-02", "known_until": "2026-08-02"})"),
              ElementsAre("23514"));
  EXPECT_THAT(add("{" + before + "}"), IsEmpty());
  EXPECT_THAT(Sql(testing::PostgresServer::kDaemon, "SELECT count(*) FROM stay"), ElementsAre("2"));
}

TEST_F(SchemaTest, EveryKindOfCaseCanBeStored) {
  ports::CrossingRecord arrival;
  ASSERT_THAT(AddTraveler(*store_, "P1",
                          [&](const core::TravelerId& id) {
                            return std::vector{arrival = Arrival(id, 0)};
                          }),
              testing::IsOk());
  for (int i = 0; i <= static_cast<int>(core::CaseKind::kSuspectedOverstay); ++i) {
    ports::CaseRecord record = CaseOf(arrival, i);
    record.kind = static_cast<core::CaseKind>(i);
    if (record.kind != core::CaseKind::kOverstay) record.days_overstayed = 0;
    EXPECT_THAT(Run([&](ports::Transaction& t) { return t.AddCase(record); }), testing::IsOk())
        << i;
    const auto stored = Fetch([&](ports::Transaction& t) { return t.GetCase(record.case_id); });
    ASSERT_THAT(stored, testing::IsOk());
    EXPECT_EQ(stored->kind, record.kind);
  }
}

}  // namespace
}  // namespace entryexit::postgres
