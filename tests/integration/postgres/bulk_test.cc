#include <random>

#include "entryexit/crypto/digest.h"
#include "src/postgres/copy_rows.h"
#include "src/postgres/statements.h"
#include "tests/integration/postgres/store_fixture.h"

namespace entryexit::postgres {
namespace {

using core::Reason;
using ports::Transaction;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class BulkTest : public StoreTest {
 protected:
  static ports::NewTraveler NewTraveler(const std::string& number) {
    return {core::TravelerId(crypto::NewTimeOrderedUuid(std::chrono::system_clock::now())),
            DocumentIdOf(Document(number)), Document(number)};
  }

  std::string Count(const std::string& from) const {
    return Sql("postgres", "SELECT count(*) FROM " + from).front();
  }
};

// What a careless format would take for something else.
const std::string kNasty[] = {
    "",
    "\\N",
    "\\.",
    "\\",
    "\\\\",
    "tab\tin it",
    "line\nbreak",
    "\r\n",
    "\"quoted, x\"",
    "'; DROP--",
    "NULL",
    "naïve 北京 😀",
    std::string(64, '\\'),
    "\b\f\v\x01\x1f",
    "trailing\\",
    "a\\tb",
    " leading and trailing ",
};

TEST_F(BulkTest, TextsAreStoredAsTheyAre) {
  const ports::NewTraveler traveler = NewTraveler("P1");
  std::vector<ports::CrossingRecord> crossings;
  for (const std::string& text : kNasty) {
    crossings.push_back(Departure(traveler.traveler_id, static_cast<int>(crossings.size())));
    crossings.back().carrier = text;
    crossings.back().flight = text.substr(0, 20);
  }
  ASSERT_THAT(Run([&](Transaction& t) -> absl::Status {
                if (absl::Status s = t.AddTravelers({traveler}); !s.ok()) return s;
                return t.AddCrossings(crossings);
              }),
              testing::IsOk());
  const auto stored = Fetch([&](Transaction& t) { return t.CrossingsOf({traveler.traveler_id}); });
  ASSERT_THAT(stored, testing::IsOk());
  ASSERT_THAT(*stored, SizeIs(std::size(kNasty)));
  for (size_t i = 0; i < stored->size(); ++i) EXPECT_EQ((*stored)[i].carrier, kNasty[i]);
}

TEST_F(BulkTest, RandomBytesOfTextAreStoredAsTheyAre) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> character(1, 127);
  const ports::NewTraveler traveler = NewTraveler("P1");
  std::vector<ports::CrossingRecord> crossings;
  for (int i = 0; i < 2000; ++i) {
    crossings.push_back(Departure(traveler.traveler_id, i));
    crossings.back().carrier.clear();
    for (int n = i % 64; n > 0; --n) {
      crossings.back().carrier += static_cast<char>(character(random));
    }
  }
  ASSERT_THAT(Run([&](Transaction& t) -> absl::Status {
                if (absl::Status s = t.AddTravelers({traveler}); !s.ok()) return s;
                return t.AddCrossings(crossings);
              }),
              testing::IsOk());
  const auto stored = Fetch([&](Transaction& t) { return t.CrossingsOf({traveler.traveler_id}); });
  ASSERT_THAT(stored, testing::IsOk());
  ASSERT_THAT(*stored, SizeIs(crossings.size()));
  for (size_t i = 0; i < stored->size(); ++i) {
    EXPECT_EQ((*stored)[i].carrier, crossings[i].carrier);
  }
}

TEST_F(BulkTest, EveryRecordIsAsIfItWereAddedAlone) {
  const ports::NewTraveler traveler = NewTraveler("P1");
  ports::CrossingRecord arrival = Arrival(traveler.traveler_id, 0);
  arrival.capture_status = ports::CaptureStatus::kNotCaptured;
  arrival.opened_cases = {core::CaseId(crypto::NewUuid()), core::CaseId(crypto::NewUuid())};
  arrival.findings = {{core::QualityIssue::kNoPicture, 0, 1}};
  const ports::CrossingRecord departure = Departure(traveler.traveler_id, 60);
  const ports::StayRecord stay = Closed(StayOf(arrival), departure);
  const ports::CaseRecord record = CaseOf(departure, 60);
  const ports::CaseEvent event = {traveler.traveler_id,
                                  record.case_id,
                                  1,
                                  ports::CaseEventKind::kOpened,
                                  At(60),
                                  "service",
                                  "why\tnot"};
  ASSERT_THAT(Run([&](Transaction& t) -> absl::Status {
                absl::Status s = t.AddTravelers({traveler});
                if (s.ok()) s = t.AddCrossings({arrival, departure});
                if (s.ok()) s = t.AddStays({stay}, At(61));
                if (s.ok()) s = t.AddCases({record});
                return s.ok() ? t.AddCaseEvents({event}) : s;
              }),
              testing::IsOk());

  const auto known = Fetch([&](Transaction& t) {
    return t.LockTravelersOf({traveler.document_id, DocumentIdOf(Document("P2"))});
  });
  ASSERT_THAT(known, testing::IsOk());
  ASSERT_THAT(*known, SizeIs(1));
  EXPECT_EQ((*known)[0].document_id, traveler.document_id);
  EXPECT_EQ((*known)[0].traveler_id, traveler.traveler_id);
  const auto crossings =
      Fetch([&](Transaction& t) { return t.CrossingsOf({traveler.traveler_id}); });
  ASSERT_THAT(crossings, testing::IsOk());
  ASSERT_THAT(*crossings, SizeIs(2));
  EXPECT_EQ((*crossings)[0].crossing_id, arrival.crossing_id);
  EXPECT_EQ((*crossings)[0].capture_status, ports::CaptureStatus::kNotCaptured);
  EXPECT_EQ((*crossings)[0].admission, arrival.admission);
  EXPECT_EQ((*crossings)[0].opened_cases, arrival.opened_cases);
  EXPECT_EQ((*crossings)[0].findings, arrival.findings);
  EXPECT_EQ((*crossings)[1].recorded_at, departure.recorded_at);
  EXPECT_EQ((*crossings)[1].admission, std::nullopt);
  EXPECT_THAT(*Fetch([&](Transaction& t) { return t.AllStays(traveler.traveler_id); }),
              ElementsAre(stay));
  const auto stored_case = Fetch([&](Transaction& t) { return t.GetCase(record.case_id); });
  ASSERT_THAT(stored_case, testing::IsOk());
  EXPECT_EQ(stored_case->days_overstayed, record.days_overstayed);
  const auto events =
      Fetch([&](Transaction& t) { return t.CaseEvents(traveler.traveler_id, record.case_id); });
  ASSERT_THAT(events, testing::IsOk());
  ASSERT_THAT(*events, SizeIs(1));
  EXPECT_EQ((*events)[0].reason, "why\tnot");
}

// Two travelers, of whom one has a stay that another one supersedes, and one that stays as it is.
TEST_F(BulkTest, WhatIsDoneForManyIsWhatIsDoneForEach) {
  const ports::NewTraveler a = NewTraveler("P1");
  const ports::NewTraveler b = NewTraveler("P2");
  const ports::CrossingRecord a1 = Arrival(a.traveler_id, 0);
  const ports::CrossingRecord a2 = Arrival(a.traveler_id, 5000);
  const ports::CrossingRecord b1 = Arrival(b.traveler_id, 0);
  const ports::CrossingRecord left = Departure(a.traveler_id, 60);
  const ports::AdmissionChangeRecord change = Extension(b.traveler_id, 90);
  const ports::CaseRecord record = CaseOf(left, 60);
  ASSERT_THAT(Run([&](Transaction& t) -> absl::Status {
                absl::Status s = t.AddTravelers({a, b});
                if (s.ok()) s = t.AddCrossings({a1, a2, b1, left});
                if (s.ok()) s = t.AddStays({StayOf(a1), StayOf(a2), StayOf(b1)}, At(6000));
                if (s.ok()) s = t.AddAdmissionChange(change);
                return s.ok() ? t.AddCases({record}) : s;
              }),
              testing::IsOk());
  const std::vector<core::TravelerId> both = {a.traveler_id, b.traveler_id};
  const auto documents = Fetch([&](Transaction& t) { return t.DocumentsOf(both); });
  ASSERT_THAT(documents, testing::IsOk());
  ASSERT_THAT(*documents, SizeIs(2));
  for (const Transaction::DocumentOf& each : *documents) {
    EXPECT_EQ(each.document, each.traveler_id == a.traveler_id ? a.document : b.document);
  }
  const auto corrections = Fetch([&](Transaction& t) { return t.CorrectionsOf(both); });
  ASSERT_THAT(corrections, testing::IsOk());
  EXPECT_THAT(*corrections, IsEmpty());
  const auto settled = Fetch([&](Transaction& t) { return t.SettledLeadsOf(both); });
  ASSERT_THAT(settled, testing::IsOk());
  EXPECT_THAT(*settled, IsEmpty());
  const auto changes = Fetch([&](Transaction& t) { return t.AdmissionChangesOf(both); });
  ASSERT_THAT(changes, testing::IsOk());
  ASSERT_THAT(*changes, SizeIs(1));
  EXPECT_EQ((*changes)[0].change, change.change);
  const auto cases = Fetch([&](Transaction& t) { return t.CasesOf(both); });
  ASSERT_THAT(cases, testing::IsOk());
  ASSERT_THAT(*cases, SizeIs(1));
  EXPECT_EQ((*cases)[0].case_id, record.case_id);
  const auto counts = Fetch([&](Transaction& t) {
    return t.CountCrossingsOf({a.document_id, b.document_id, DocumentIdOf(Document("P3"))});
  });
  ASSERT_THAT(counts, testing::IsOk());
  ASSERT_THAT(*counts, SizeIs(2));
  for (const Transaction::DocumentCrossings& count : *counts) {
    EXPECT_EQ(count.crossings, count.document_id == a.document_id ? 3 : 1);
  }
  const auto comparisons = Fetch([&](Transaction& t) { return t.LatestComparisonsOf(both); });
  ASSERT_THAT(comparisons, testing::IsOk());
  EXPECT_THAT(*comparisons, IsEmpty());

  const ports::StayRecord closed = Closed(StayOf(a1), left);
  ASSERT_THAT(Run([&](Transaction& t) {
                return t.ReplaceStaysOf({{a.traveler_id, {closed, StayOf(a2)}, At(7000)},
                                         {b.traveler_id, {}, At(8000)}});
              }),
              testing::IsOk());
  const auto stays = [&](const core::TravelerId& id) {
    return *Fetch([&](Transaction& t) { return t.AllStays(id); });
  };
  EXPECT_THAT(stays(a.traveler_id), ElementsAre(closed, StayOf(a2)));
  EXPECT_THAT(stays(b.traveler_id), IsEmpty());
  // What was known until then is kept.
  EXPECT_THAT(Sql("postgres", R"(SELECT extract(epoch FROM known_until - known_from)::integer / 60
                                 FROM stay WHERE known_until < 'infinity' ORDER BY known_until)"),
              ElementsAre("1000", "2000"));
  EXPECT_EQ(Count("stay"), "4");
}

TEST_F(BulkTest, NothingIsWrittenOfNothing) {
  EXPECT_THAT(Run([](Transaction& t) -> absl::Status {
                absl::Status s = t.AddTravelers({});
                if (s.ok()) s = t.AddCrossings({});
                if (s.ok()) s = t.AddStays({}, At(0));
                if (s.ok()) s = t.AddCases({});
                return s.ok() ? t.AddCaseEvents({}) : s;
              }),
              testing::IsOk());
  const auto known = Fetch([](Transaction& t) { return t.LockTravelersOf({}); });
  ASSERT_THAT(known, testing::IsOk());
  EXPECT_THAT(*known, IsEmpty());
}

TEST_F(BulkTest, ANulIsRefusedAndNothingStays) {
  const ports::NewTraveler traveler = NewTraveler("P1");
  ports::CrossingRecord crossing = Departure(traveler.traveler_id, 0);
  crossing.carrier = std::string("a\0b", 3);
  EXPECT_THAT(Run([&](Transaction& t) -> absl::Status {
                if (absl::Status s = t.AddTravelers({traveler}); !s.ok()) return s;
                return t.AddCrossings({crossing});
              }),
              testing::FailsWith(Reason::kInternal));
  EXPECT_EQ(Count("traveler"), "0");
}

TEST_F(BulkTest, OneBadRowTakesTheWholeTransactionWithIt) {
  std::vector<ports::NewTraveler> travelers;
  std::vector<ports::CrossingRecord> crossings;
  for (int i = 0; i < 3000; ++i) {
    travelers.push_back(NewTraveler("P" + std::to_string(i)));
    crossings.push_back(Departure(travelers.back().traveler_id, i));
  }
  crossings[2900].flight = std::string(33, 'x');  // longer than the table takes
  EXPECT_THAT(Run([&](Transaction& t) -> absl::Status {
                if (absl::Status s = t.AddTravelers(travelers); !s.ok()) return s;
                return t.AddCrossings(crossings);
              }),
              testing::FailsWith(Reason::kInternal));
  EXPECT_EQ(Count("traveler"), "0");
  // The connection is as good as before.
  EXPECT_THAT(AddTraveler(*store_, "P1"), testing::IsOk());
}

TEST_F(BulkTest, ADocumentThatSomebodyElseAddedMeanwhileMakesTheTransactionRunAgain) {
  int runs = 0;
  size_t known = 0;
  EXPECT_THAT(Run([&](Transaction& t) -> absl::Status {
                const auto found = t.LockTravelersOf({DocumentIdOf(Document("P1"))});
                if (!found.ok()) return found.status();
                known = found->size();
                if (++runs == 1) {
                  EXPECT_THAT(AddTraveler(*store_, "P1"), testing::IsOk());
                }
                return known > 0 ? absl::OkStatus() : t.AddTravelers({NewTraveler("P1")});
              }),
              testing::IsOk());
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(known, 1U);
  EXPECT_EQ(Count("traveler"), "1");
}

TEST_F(BulkTest, ALinkThatIsLostIsMadeGood) {
  int runs = 0;
  EXPECT_THAT(Run([&](Transaction& t) -> absl::Status {
                const ports::NewTraveler traveler = NewTraveler("P1");
                absl::Status s = t.AddTravelers({traveler});
                if (++runs == 1) {
                  EXPECT_THAT(server().DropConnections(), testing::IsOk());
                }
                return s.ok() ? t.AddCrossings({Departure(traveler.traveler_id, 0)}) : s;
              }),
              testing::IsOk());
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Count("crossing"), "1");
}

TEST_F(BulkTest, EveryCopyIsTakenFromTheDaemon) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> link(PQconnectdb(Options().dsn.c_str()),
                                                          &PQfinish);
  for (int i = 0; i < static_cast<int>(CopyId::kCount); ++i) {
    const CopyStatement& statement = StatementOf(static_cast<CopyId>(i));
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(link.get(), statement.sql),
                                                               &PQclear);
    EXPECT_EQ(PQresultStatus(result.get()), PGRES_COPY_IN)
        << statement.name << ": " << PQerrorMessage(link.get());
    PQputCopyEnd(link.get(), nullptr);
    while (PGresult* rest = PQgetResult(link.get())) PQclear(rest);
  }
}

TEST(CopyRowsTest, EscapesWhatTheFormatKnows) {
  CopyRows rows;
  rows.Add(ParamsOf(std::string("a\tb\\"), std::optional<int>(), 7));
  rows.Add(ParamsOf(std::string("\\N\r\n"), std::string(), std::string("\\.")));
  EXPECT_EQ(rows.text(), "a\\tb\\\\\t\\N\t7\n\\\\N\\r\\n\t\t\\\\.\n");
  EXPECT_FALSE(rows.holds_nul());
  rows.Add(ParamsOf(std::string(1, '\0')));
  EXPECT_TRUE(rows.holds_nul());
}

}  // namespace
}  // namespace entryexit::postgres
