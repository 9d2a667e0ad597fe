#include "entryexit/app/import_crossings.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <tuple>

#include "entryexit/crypto/digest.h"
#include "tests/integration/app/app_fixture.h"

namespace entryexit::app {
namespace {

using core::CaseKind;
using core::Outcome;
using core::Reason;
using ::entryexit::testing::FailsWith;
using ::entryexit::testing::IsOk;
using ports::CaptureStatus;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using Kind = ImportResult::Kind;

class ImportCrossingsTest : public AppTest {
 protected:
  ImportCrossingsTest() : import_(*lanes_, *record_, *store_, clock_, policy_) {
    PlanFace("anna", 0.0);
    PlanFace("anna again", 0.4);
    PlanFace("somebody else", 3.0);
    engine_.Plan("dark picture", {core::QualityIssue::kTooDark});
  }

  static Call AdminCall() {
    return {{Role::kAdmin, "bob", "admin/bob"},
            std::chrono::steady_clock::now() + std::chrono::minutes(10),
            "/entryexit.v1.ImportService/ImportCrossings"};
  }

  std::vector<ImportResult> Import(const std::vector<CrossingRequest>& rows) {
    auto results = import_.Import(AdminCall(), import_id_, rows);
    EXPECT_THAT(results, IsOk());
    return results.ok() ? *std::move(results) : std::vector<ImportResult>(rows.size());
  }

  // Without an image.
  CrossingRequest ArrivalRow(int day, int authorized_until_day, const std::string& number = "X1") {
    return Arrival(day, "", authorized_until_day, number);
  }
  CrossingRequest DepartureRow(int day, const std::string& number = "X1") {
    return Departure(day, "", number);
  }

  static std::vector<Kind> KindsOf(const std::vector<ImportResult>& results) {
    std::vector<Kind> kinds;
    for (const ImportResult& result : results) kinds.push_back(result.kind);
    return kinds;
  }

  const core::RequestId import_id_{crypto::NewUuid()};
  const ImportCrossings import_;
};

TEST_F(ImportCrossingsTest, GivesStaysAndCasesAsALaneDoesAndAsksForNoFace) {
  const auto results = Import({ArrivalRow(0, 9), DepartureRow(20), ArrivalRow(30, 60),
                               DepartureRow(5, "X2"), ArrivalRow(0, 9, "X3")});
  EXPECT_THAT(KindsOf(results), Each(Kind::kRecorded));
  EXPECT_EQ(TheCase(CaseKind::kOverstay).record.days_overstayed, 11);
  EXPECT_THAT(OpenCases(), ElementsAre(CaseKind::kOverstay)) << "and no case of identity";
  EXPECT_THAT(OpenCases("X2"), ElementsAre(CaseKind::kDepartureWithoutArrival));
  EXPECT_THAT(OpenCases("X3"), IsEmpty());
  const TravelerView traveler = Traveler();
  ASSERT_THAT(traveler.stays, SizeIs(2));
  EXPECT_EQ(traveler.stays[0].stay.state, core::StayState::kClosed);
  EXPECT_EQ(traveler.stays[1].stay.state, core::StayState::kOpen);
  const auto crossings = Crossings();
  ASSERT_THAT(crossings, SizeIs(3));
  for (const CrossingView& view : crossings) {
    EXPECT_EQ(view.crossing.capture_status, CaptureStatus::kNotCaptured);
    EXPECT_EQ(view.crossing.request_id, import_id_);
    EXPECT_THAT(view.comparisons, IsEmpty());
  }
  EXPECT_EQ(crossings[0].crossing.crossing_id, results[0].crossing_id);
  EXPECT_THAT(crossings[1].crossing.opened_cases,
              ElementsAre(TheCase(CaseKind::kOverstay).record.case_id));
}

TEST_F(ImportCrossingsTest, RunAgainItChangesNothing) {
  const std::vector<CrossingRequest> rows = {ArrivalRow(0, 9), DepartureRow(20),
                                             DepartureRow(5, "X2")};
  const auto first = Import(rows);
  const auto again = Import(rows);
  EXPECT_THAT(KindsOf(again), Each(Kind::kAlreadyRecorded));
  for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(again[i].crossing_id, first[i].crossing_id);
  EXPECT_THAT(Crossings(), SizeIs(2));
  EXPECT_THAT(Cases(), SizeIs(1));
}

TEST_F(ImportCrossingsTest, WhatWasKilledHalfWayIsCompleted) {
  const std::vector<CrossingRequest> rows = {ArrivalRow(0, 9), DepartureRow(20),
                                             ArrivalRow(0, 9, "X2"), DepartureRow(5, "X2")};
  Import({rows[0], rows[2], rows[3]});
  EXPECT_THAT(KindsOf(Import(rows)), ElementsAre(Kind::kAlreadyRecorded, Kind::kRecorded,
                                                 Kind::kAlreadyRecorded, Kind::kAlreadyRecorded));
  EXPECT_EQ(TheCase(CaseKind::kOverstay).record.days_overstayed, 11);
  EXPECT_EQ(Traveler().stays[0].stay.state, core::StayState::kClosed);
}

TEST_F(ImportCrossingsTest, ARowThatIsThereTwiceIsRecordedOnce) {
  CrossingRequest otherwise = ArrivalRow(0, 10);
  CrossingRequest other_flight = ArrivalRow(0, 9);
  other_flight.flight = "XX 2";
  const auto results =
      Import({ArrivalRow(0, 9), ArrivalRow(0, 9), otherwise, other_flight, ArrivalRow(0, 9)});
  EXPECT_THAT(KindsOf(results), ElementsAre(Kind::kRecorded, Kind::kAlreadyRecorded, Kind::kRefused,
                                            Kind::kRefused, Kind::kAlreadyRecorded));
  EXPECT_EQ(results[1].crossing_id, results[0].crossing_id);
  EXPECT_THAT(results[2].refusal, FailsWith(Reason::kCrossingAlreadyRecorded));
  EXPECT_EQ(Crossings()[0].crossing.admission->authorized_until, Day(9));
}

TEST_F(ImportCrossingsTest, EachBadRowIsRefusedWithItsReasonAndTheOthersAreRecorded) {
  CrossingRequest unknown_lane = ArrivalRow(0, 9);
  unknown_lane.lane_id = core::LaneId("NOWHERE");
  CrossingRequest wrong_direction = DepartureRow(1);
  wrong_direction.lane_id = core::LaneId("SEA-IN");
  CrossingRequest unknown_class = ArrivalRow(0, 9);
  unknown_class.admission->class_of_admission = "Q-9";
  CrossingRequest before_arrival = ArrivalRow(10, 9);
  CrossingRequest future = DepartureRow(400);
  CrossingRequest ancient = DepartureRow(-20000);
  CrossingRequest bad_country = ArrivalRow(0, 9);
  std::get<core::TravelDocument>(bad_country.identification).issuing_state = "UT0";
  CrossingRequest unborn = ArrivalRow(0, 9);
  std::get<core::TravelDocument>(unborn.identification).birth_date = Day(1000);
  CrossingRequest nul = ArrivalRow(0, 9);
  nul.flight = std::string("A\0B", 3);
  const auto results = Import({unknown_lane, wrong_direction, unknown_class, before_arrival, future,
                               ancient, bad_country, unborn, nul, ArrivalRow(0, 9)});
  const Reason expected[] = {
      Reason::kLaneUnknown,  Reason::kLaneWrongDirection, Reason::kClassUnknown,
      Reason::kInvalidField, Reason::kCapturedAtInFuture, Reason::kInvalidField,
      Reason::kInvalidField, Reason::kInvalidField,       Reason::kInvalidField};
  for (size_t i = 0; i < std::size(expected); ++i) {
    EXPECT_EQ(results[i].kind, Kind::kRefused);
    EXPECT_THAT(results[i].refusal, FailsWith(expected[i])) << i;
  }
  EXPECT_EQ(results.back().kind, Kind::kRecorded);
  EXPECT_THAT(Crossings(), SizeIs(1));
}

TEST_F(ImportCrossingsTest, ADepartureBeforeTheArrivalIsAnEvent) {
  EXPECT_THAT(KindsOf(Import({ArrivalRow(10, 20), DepartureRow(9)})), Each(Kind::kRecorded));
  EXPECT_THAT(OpenCases(), ElementsAre(CaseKind::kDepartureWithoutArrival));
}

TEST_F(ImportCrossingsTest, OtherDataOfOneDocumentOpenACase) {
  CrossingRequest other = DepartureRow(5);
  std::get<core::TravelDocument>(other.identification).nationality = "D";
  EXPECT_THAT(KindsOf(Import({other, ArrivalRow(0, 9)})), Each(Kind::kRecorded));
  EXPECT_THAT(OpenCases(), ElementsAre(CaseKind::kDocumentDataConflict));
}

TEST_F(ImportCrossingsTest, FillsInWhatALaneRecordedAndLeavesThatAsItIs) {
  Record(Departure(20, "anna"));
  EXPECT_THAT(OpenCases(), ElementsAre(CaseKind::kDepartureWithoutArrival));
  const auto results = Import({ArrivalRow(0, 9), DepartureRow(20)});
  EXPECT_THAT(KindsOf(results), ElementsAre(Kind::kRecorded, Kind::kAlreadyRecorded));
  EXPECT_EQ(Crossings()[1].crossing.capture_status, CaptureStatus::kTemplateStored);
  // The lead is withdrawn; the departure has still no reference, now of a known arrival.
  EXPECT_THAT(OpenCases(), UnorderedElementsAre(CaseKind::kOverstay, CaseKind::kNoReference));
}

TEST_F(ImportCrossingsTest, ALaneIsToldThatTheCrossingWasImported) {
  Import({ArrivalRow(0, 9)});
  EXPECT_THAT(TryRecord(Arrival(0, "anna", 9)), FailsWith(Reason::kCrossingAlreadyRecorded));
  // Later crossings are the lane's as ever.
  const CrossingResult departure = Record(Departure(5, "anna again"));
  EXPECT_EQ(departure.comparison->receipt.outcome, Outcome::kNoReference);
  EXPECT_THAT(OpenCases(), ElementsAre(CaseKind::kNoReference));
}

TEST_F(ImportCrossingsTest, AnImageIsRecordedComparedAndRecognisedAgain) {
  const std::vector<CrossingRequest> rows = {Departure(5, "somebody else"), Arrival(0, "anna", 9),
                                             ArrivalRow(10, 20), Departure(15, "anna again"),
                                             Departure(30, "dark picture", "X2")};
  const auto results = Import(rows);
  EXPECT_THAT(KindsOf(results), Each(Kind::kRecorded));
  const auto crossings = Crossings();
  ASSERT_THAT(crossings, SizeIs(4));
  EXPECT_EQ(crossings[0].crossing.capture_status, CaptureStatus::kTemplateStored);
  EXPECT_EQ(crossings[1].comparisons.back().receipt.outcome, Outcome::kNoMatch);
  EXPECT_EQ(crossings[2].crossing.capture_status, CaptureStatus::kNotCaptured);
  EXPECT_EQ(crossings[3].comparisons.back().receipt.outcome, Outcome::kMatch);
  EXPECT_EQ(Crossings("X2")[0].crossing.capture_status, CaptureStatus::kLowQuality);
  EXPECT_THAT(KindsOf(Import(rows)), Each(Kind::kAlreadyRecorded));
  EXPECT_THAT(Crossings(), SizeIs(4));
}

TEST_F(ImportCrossingsTest, OneDamagedTravelerKeepsNobodyElseOut) {
  Import({ArrivalRow(0, 9, "X5")});
  Sql("ALTER TABLE crossing DISABLE TRIGGER ALL; UPDATE crossing SET findings = '[{\"issue\": "
      "\"?\", "
      "\"measured\": 1, \"limit\": 1}]'");
  std::vector<CrossingRequest> rows;
  for (int i = 0; i < 10; ++i) rows.push_back(DepartureRow(5, "X" + std::to_string(i)));
  const auto results = Import(rows);
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(results[i].kind, i == 5 ? Kind::kRefused : Kind::kRecorded) << i;
  }
  EXPECT_THAT(results[5].refusal, FailsWith(Reason::kStoredDataInvalid));
}

// More is known of them than one transaction loads.
TEST_F(ImportCrossingsTest, CommutersAreImportedPieceByPiece) {
  std::vector<CrossingRequest> rows;
  for (int commuter = 0; commuter < 3; ++commuter) {
    for (int hour = 0; hour < 8'000; ++hour) {
      rows.push_back(Departure(-400, "", "C" + std::to_string(commuter)));
      rows.back().captured_at = At(-400, hour);
    }
  }
  EXPECT_THAT(KindsOf(Import(rows)), Each(Kind::kRecorded));
  rows.resize(8'000);
  rows.push_back(ArrivalRow(-450, -440, "C0"));
  rows.push_back(ArrivalRow(-450, -440, "C1"));
  rows.push_back(ArrivalRow(-450, -440, "C2"));
  const std::vector<Kind> kinds = KindsOf(Import(rows));
  EXPECT_EQ(std::ranges::count(kinds, Kind::kAlreadyRecorded), 8'000);
  EXPECT_EQ(std::ranges::count(kinds, Kind::kRecorded), 3);
  for (const char* const commuter : {"C0", "C1", "C2"}) {
    ASSERT_THAT(Traveler(commuter).stays, SizeIs(1));
    EXPECT_EQ(Traveler(commuter).stays[0].stay.state, core::StayState::kClosed);
  }
}

TEST_F(ImportCrossingsTest, TheSameRowsFromManyAtOnceAreRecordedOnce) {
  std::vector<CrossingRequest> rows;
  for (int i = 0; i < 200; ++i) {
    const std::string number = "X" + std::to_string(i);
    rows.push_back(ArrivalRow(0, 9, number));
    rows.push_back(DepartureRow(20, number));
  }
  constexpr int kImports = 4;
  std::vector<std::vector<ImportResult>> results(kImports);
  {
    std::vector<std::jthread> threads;
    for (auto& result : results) {
      threads.emplace_back([&] { result = Import(rows); });
    }
    // And a lane, of which one document is new too.
    threads.emplace_back([&] {
      for (int i = 0; i < 200; i += 20) {
        const auto recorded = TryRecord(Arrival(-50, "anna", -40, "X" + std::to_string(i)));
        EXPECT_THAT(recorded, IsOk());
      }
    });
  }
  for (size_t row = 0; row < rows.size(); ++row) {
    std::set<core::CrossingId> ids;
    int recorded = 0;
    for (const auto& result : results) {
      ids.insert(result[row].crossing_id);
      if (result[row].kind == Kind::kRecorded) ++recorded;
      EXPECT_NE(result[row].kind, Kind::kRefused);
    }
    EXPECT_THAT(ids, SizeIs(1));
    EXPECT_EQ(recorded, 1);
  }
}

// What is known of a history, less the ids that differ between two services.
using StayKey = std::tuple<core::Timestamp, core::StayState, std::optional<core::Date>,
                           std::optional<core::Timestamp>, std::string>;
using CaseKey = std::tuple<CaseKind, core::Timestamp, core::Direction, core::Severity, int>;

class ImportedHistoryTest : public ImportCrossingsTest {
 protected:
  std::vector<CrossingRequest> RandomHistory(std::mt19937& random, const std::string& number) {
    const auto below = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
    std::vector<CrossingRequest> rows;
    std::set<std::pair<core::Timestamp, core::Direction>> used;
    for (int n = 1 + below(12); n > 0; --n) {
      const int day = below(100);
      const bool arrives = below(2) == 0;
      CrossingRequest row =
          arrives ? ArrivalRow(day, day + below(30), number) : DepartureRow(day, number);
      row.captured_at = At(day, below(24));
      if (arrives) {
        const char* const kClasses[] = {"B-2", "WT", "SCH-C", "F-1", "A-1"};
        row.admission->class_of_admission = kClasses[below(5)];
        if (below(3) == 0 && row.admission->class_of_admission != "B-2") {
          row.admission->authorization = {};
        } else {
          row.admission->authorization = Day(day + 1 + below(30));
        }
      }
      if (below(10) == 0) {
        std::get<core::TravelDocument>(row.identification).sex = core::Sex::kMale;
      }
      row.lane_id = core::LaneId(below(2) == 0 ? "SEA-1" : "SEA-2");
      if (used.insert({row.captured_at, row.direction}).second) rows.push_back(std::move(row));
    }
    return rows;
  }

  std::vector<StayKey> Stays(const std::string& number) {
    std::vector<StayKey> keys;
    for (const ports::StayRecord& record : Traveler(number).stays) {
      const core::Stay& stay = record.stay;
      keys.emplace_back(stay.arrived_at, stay.state, stay.authorized_until, stay.departed_at,
                        record.port_id.value() + record.nationality);
    }
    return keys;
  }

  // Those that stand: in another order of recording, others may have come and gone.
  std::multiset<CaseKey> OpenCaseKeys(const std::string& number) {
    std::map<core::CrossingId, ports::CrossingRecord> crossings;
    for (const CrossingView& view : Crossings(number)) {
      crossings.emplace(view.crossing.crossing_id, view.crossing);
    }
    std::multiset<CaseKey> keys;
    for (const ports::CaseRecord& record : Cases(number)) {
      if (record.state != core::CaseState::kOpen) continue;
      const ports::CrossingRecord& crossing = crossings.at(record.crossing_id);
      keys.emplace(record.kind, crossing.captured_at, crossing.direction, record.severity,
                   record.days_overstayed);
    }
    return keys;
  }
};

TEST_F(ImportedHistoryTest, IsTheSameAsTheHistoryRecordedCrossingByCrossing) {
  std::mt19937 random(20260901);
  constexpr int kHistories = 150;
  std::vector<CrossingRequest> all;
  for (int i = 0; i < kHistories; ++i) {
    const std::string number = std::to_string(i);
    const std::vector<CrossingRequest> rows = RandomHistory(random, "A" + number);
    for (CrossingRequest row : rows) {
      // The lane records each alone, by time, as it happened.
      all.push_back(row);
      std::get<core::TravelDocument>(all.back().identification).number = "B" + number;
    }
    std::vector<CrossingRequest> by_time = rows;
    std::ranges::sort(by_time, {}, [](const CrossingRequest& row) {
      return std::tuple(row.captured_at, row.direction, row.lane_id);
    });
    for (const CrossingRequest& row : by_time) Import({row});
  }
  std::ranges::shuffle(all, random);
  const auto results = Import(all);
  EXPECT_THAT(KindsOf(results), Each(Kind::kRecorded));
  for (int i = 0; i < kHistories; ++i) {
    const std::string number = std::to_string(i);
    EXPECT_EQ(Stays("A" + number), Stays("B" + number)) << i;
    EXPECT_EQ(OpenCaseKeys("A" + number), OpenCaseKeys("B" + number)) << i;
  }
}

// A lane records with a capture, so its departures are compared: as exempt ones, whose outcome
// raises nothing, so that stays and their cases can be held against those of an import.
TEST_F(ImportedHistoryTest, IsTheSameAsWhatLanesRecordedInAnyOrderAndInAnyPieces) {
  policy_.exempt_classes = {"B-2", "WT", "SCH-C", "F-1", "A-1"};
  const RecordCrossing lane(*lanes_, engine_, *store_, *vault_, clock_, policy_);
  std::mt19937 random(4711);
  constexpr int kHistories = 150;
  std::vector<CrossingRequest> all;
  for (int i = 0; i < kHistories; ++i) {
    const std::string number = std::to_string(i);
    std::vector<CrossingRequest> rows = RandomHistory(random, "A" + number);
    std::ranges::shuffle(rows, random);
    // The same person throughout: which data a document was first seen with depends on the order.
    for (CrossingRequest& row : rows) {
      std::get<core::TravelDocument>(row.identification).sex = core::Sex::kFemale;
      all.push_back(row);
      std::get<core::TravelDocument>(all.back().identification).number = "B" + number;
      row.waiver = Waiver::kExempt;
      EXPECT_THAT(lane.Record(LaneCall(row.lane_id.value()), row), IsOk());
    }
  }
  std::ranges::shuffle(all, random);
  constexpr size_t kPiece = 97;
  for (size_t first = 0; first < all.size(); first += kPiece) {
    const auto last =
        all.begin() + static_cast<std::ptrdiff_t>(std::min(first + kPiece, all.size()));
    const auto results = Import({all.begin() + static_cast<std::ptrdiff_t>(first), last});
    EXPECT_THAT(KindsOf(results), Each(Kind::kRecorded));
  }
  for (int i = 0; i < kHistories; ++i) {
    const std::string number = std::to_string(i);
    EXPECT_EQ(Stays("A" + number), Stays("B" + number)) << i;
    EXPECT_EQ(OpenCaseKeys("A" + number), OpenCaseKeys("B" + number)) << i;
  }
}

}  // namespace
}  // namespace entryexit::app
