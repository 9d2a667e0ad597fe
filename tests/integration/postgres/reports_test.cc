#include <algorithm>
#include <map>
#include <random>
#include <tuple>

#include "entryexit/crypto/digest.h"
#include "tests/integration/postgres/store_fixture.h"

namespace entryexit::postgres {
namespace {

using core::CrossingFigure;
using core::StayFigure;
using ports::StayRecord;
using ports::Transaction;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kNoLimit = 1000000;

class ReportsTest : public StoreTest {
 protected:
  core::TravelerId Add(
      const std::function<std::vector<ports::CrossingRecord>(const core::TravelerId&)>& make) {
    const auto id = AddTraveler(*store_, "P" + std::to_string(++travelers_), make);
    EXPECT_THAT(id, testing::IsOk());
    return *id;
  }

  void Know(const core::TravelerId& id, const std::vector<StayRecord>& stays, core::Timestamp at) {
    ASSERT_THAT(Run([&](Transaction& t) { return t.ReplaceStays(id, stays, at); }),
                testing::IsOk());
  }

  std::vector<StayRecord> Overstays(core::Date as_of, core::Timestamp known_at,
                                    std::optional<core::OverstayKind> kind = std::nullopt,
                                    int page_size = kNoLimit) {
    std::vector<StayRecord> all;
    std::optional<ports::OverstayCursor> after;
    for (;;) {
      const auto page = Fetch(
          [&](Transaction& t) { return t.ListOverstays(as_of, known_at, kind, after, page_size); });
      EXPECT_THAT(page, testing::IsOk());
      if (!page.ok()) return all;
      all.insert(all.end(), page->begin(), page->end());
      if (page->size() < static_cast<size_t>(page_size)) return all;
      const StayRecord& last = page->back();
      after = {*last.stay.authorized_until, last.traveler_id, last.stay.arrival_id};
    }
  }

  std::vector<core::StayCount> StayCounts(const core::ReportScope& scope) {
    auto counts = Fetch([&](Transaction& t) { return t.CountStays(scope); });
    EXPECT_THAT(counts, testing::IsOk());
    std::ranges::sort(*counts);
    return *counts;
  }

  std::vector<core::CrossingCount> CrossingCounts(const core::ReportScope& scope) {
    auto counts = Fetch([&](Transaction& t) { return t.CountCrossings(scope); });
    EXPECT_THAT(counts, testing::IsOk());
    std::ranges::sort(*counts);
    return *counts;
  }

  std::vector<core::TravelerId> ToReview(core::Date as_of, int page_size) {
    std::vector<core::TravelerId> all;
    std::optional<core::TravelerId> after;
    for (;;) {
      const auto page =
          Fetch([&](Transaction& t) { return t.TravelersToReview(as_of, after, page_size); });
      EXPECT_THAT(page, testing::IsOk());
      if (!page.ok()) return all;
      all.insert(all.end(), page->begin(), page->end());
      if (page->size() < static_cast<size_t>(page_size)) return all;
      after = page->back();
    }
  }

 private:
  int travelers_ = 0;
};

// A stay of `arrival` as anything may have become of it, whatever the days of the crossings say.
StayRecord AnyStay(const ports::CrossingRecord& arrival, const ports::CrossingRecord& departure,
                   std::minstd_rand& random) {
  const auto one_in = [&](unsigned n) { return random() % n == 0; };
  const auto any_day = [&] { return Day(static_cast<int>(random() % 10)); };
  StayRecord record = StayOf(arrival);
  core::Stay& stay = record.stay;
  stay.arrived_on = any_day();
  stay.class_of_admission = one_in(2) ? "B-2" : "F-1";
  stay.authorized_until = any_day();
  if (one_in(8)) stay.authorized_until.reset();
  if (one_in(4)) stay.pending_since = any_day();
  if (one_in(5)) {
    stay.state = core::StayState::kDepartureNotRecorded;
  } else if (one_in(2)) {
    record = Closed(record, departure);
    stay.departed_on = any_day();
    if (one_in(4)) stay.state = core::StayState::kDepartureUnconfirmed;
  }
  return record;
}

struct Visit {
  ports::CrossingRecord arrival;
  ports::CrossingRecord departure;
};

std::vector<ports::CrossingRecord> CrossingsOf(const std::vector<Visit>& visits) {
  std::vector<ports::CrossingRecord> crossings;
  for (const Visit& visit : visits) {
    crossings.push_back(visit.arrival);
    crossings.push_back(visit.departure);
  }
  return crossings;
}

std::vector<Visit> VisitsOf(const core::TravelerId& traveler, int count) {
  std::vector<Visit> visits;
  for (int i = 0; i < count; ++i) {
    visits.push_back({Arrival(traveler, 2 * i), Departure(traveler, 2 * i + 1)});
    if (i % 3 == 0) visits.back().arrival.port_id = core::PortId("PDX");
  }
  return visits;
}

// What core says of the stays that CountStays counts.
std::vector<core::StayCount> CountedByCore(const std::vector<StayRecord>& stays,
                                           const core::ReportScope& scope) {
  std::map<std::tuple<std::string, std::string, core::PortId>, core::StayFigures> cells;
  for (const StayRecord& record : stays) {
    core::Stay stay = record.stay;
    if (stay.arrived_on > scope.as_of || !stay.authorized_until ||
        *stay.authorized_until < scope.from || *stay.authorized_until > scope.to) {
      continue;
    }
    auto& figures = cells[{record.nationality, stay.class_of_admission, record.port_id}];
    ++figures[StayFigure::kExpectedDepartures];
    if (stay.state == core::StayState::kClosed && *stay.departed_on <= scope.as_of) {
      ++figures[StayFigure::kDeparted];
    }
    if (stay.state == core::StayState::kDepartureUnconfirmed) {
      ++figures[StayFigure::kDepartureUnconfirmed];
    }
    if (stay.state == core::StayState::kDepartureNotRecorded) {
      ++figures[StayFigure::kDepartureNotRecorded];
    }
    const bool pending = stay.pending_since.has_value();
    stay.pending_since.reset();
    const auto overstay = core::OverstayOf(stay, scope.as_of);
    if (!overstay) continue;
    if (overstay->kind == core::OverstayKind::kSuspectedInCountry) {
      ++figures[pending ? StayFigure::kPending : StayFigure::kSuspectedInCountry];
    } else if (!pending) {
      ++figures[StayFigure::kOutOfCountry];
    }
  }
  std::vector<core::StayCount> counts;
  for (const auto& [key, figures] : cells) {
    counts.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), figures});
  }
  return counts;
}

core::StayFigures StayFiguresOf(std::initializer_list<std::int64_t> cells) {
  core::StayFigures figures;
  int i = 0;
  for (const std::int64_t cell : cells) figures[static_cast<StayFigure>(i++)] = cell;
  return figures;
}

core::CrossingFigures CrossingFiguresOf(std::initializer_list<std::int64_t> cells) {
  core::CrossingFigures figures;
  int i = 0;
  for (const std::int64_t cell : cells) figures[static_cast<CrossingFigure>(i++)] = cell;
  return figures;
}

ports::CaseRecord SuspectedOverstay(const ports::CrossingRecord& arrival, core::Severity severity,
                                    core::CaseState state = core::CaseState::kOpen) {
  ports::CaseRecord record = CaseOf(arrival, 1);
  record.kind = core::CaseKind::kSuspectedOverstay;
  record.days_overstayed = 0;
  record.severity = severity;
  record.state = state;
  return record;
}

TEST_F(ReportsTest, AStayIsKnownAsItWasAtEachMoment) {
  std::vector<Visit> visits;
  const core::TravelerId id = Add([&](const core::TravelerId& traveler) {
    return CrossingsOf(visits = VisitsOf(traveler, 2));
  });
  const auto rows = [&] { return Sql("postgres", "SELECT count(*) FROM stay").front(); };
  const StayRecord other = StayOf(visits[1].arrival);
  const StayRecord open = StayOf(visits[0].arrival);
  StayRecord extended = open;
  extended.stay.authorized_until = Day(60);
  const StayRecord closed = Closed(extended, visits[0].departure);
  Know(id, {open, other}, At(10));
  EXPECT_EQ(rows(), "2");
  Know(id, {other, open}, At(20));
  EXPECT_EQ(rows(), "2") << "nothing had changed";
  Know(id, {extended, other}, At(30));
  EXPECT_EQ(rows(), "3");
  Know(id, {closed, other}, At(40));
  Know(id, {closed}, At(50));
  EXPECT_EQ(rows(), "4");

  const auto stays = Fetch([&](Transaction& t) { return t.AllStays(id); });
  ASSERT_THAT(stays, testing::IsOk());
  ASSERT_THAT(*stays, SizeIs(1));
  EXPECT_TRUE(stays->front() == closed);

  const auto arrivals = [&](int as_of, core::Timestamp known_at) {
    std::vector<std::pair<core::CrossingId, core::Date>> listed;
    for (const StayRecord& record : Overstays(Day(as_of), known_at)) {
      listed.emplace_back(record.stay.arrival_id, *record.stay.authorized_until);
    }
    std::ranges::sort(listed);
    return listed;
  };
  const std::pair first(open.stay.arrival_id, Day(30));
  const std::pair later(open.stay.arrival_id, Day(60));
  const std::pair second(other.stay.arrival_id, Day(30));
  using ::testing::UnorderedElementsAre;
  const std::chrono::microseconds moment(1);
  EXPECT_THAT(arrivals(31, At(10) - moment), IsEmpty());
  EXPECT_THAT(arrivals(31, At(10)), UnorderedElementsAre(first, second));
  EXPECT_THAT(arrivals(31, At(30) - moment), UnorderedElementsAre(first, second));
  EXPECT_THAT(arrivals(31, At(30)), ElementsAre(second));
  EXPECT_THAT(arrivals(61, At(39)), UnorderedElementsAre(later, second));
  EXPECT_THAT(arrivals(61, At(40)), ElementsAre(second));
  EXPECT_THAT(arrivals(61, At(50)), IsEmpty());
  EXPECT_THAT(arrivals(61, At(1000000)), IsEmpty());
}

TEST_F(ReportsTest, WhatIsRecordedLaterChangesNoReportOfAnEarlierMoment) {
  std::minstd_rand random(1);
  std::vector<std::vector<Visit>> visits;
  for (int i = 0; i < 6; ++i) {
    std::vector<Visit> made;
    Add([&](const core::TravelerId& id) { return CrossingsOf(made = VisitsOf(id, 8)); });
    visits.push_back(std::move(made));
  }
  struct Report {
    std::vector<StayRecord> overstays;
    std::vector<StayRecord> suspected;
    std::vector<core::StayCount> stays;
    std::vector<core::CrossingCount> crossings;
    bool operator==(const Report&) const = default;
  };
  const core::Date as_of = Day(7);
  const auto report = [&](core::Timestamp known_at, int page_size) {
    const core::ReportScope scope{Day(1), Day(8), as_of, known_at};
    return Report{Overstays(as_of, known_at, std::nullopt, page_size),
                  Overstays(as_of, known_at, core::OverstayKind::kSuspectedInCountry, page_size),
                  StayCounts(scope), CrossingCounts(scope)};
  };
  std::map<core::Timestamp, Report> reports;
  size_t rows = 0;
  for (int step = 0; step < 12; ++step) {
    for (const std::vector<Visit>& of_one : visits) {
      if (random() % 3 == 0) continue;
      std::vector<StayRecord> stays;
      for (const Visit& visit : of_one) {
        if (random() % 4 != 0) stays.push_back(AnyStay(visit.arrival, visit.departure, random));
      }
      Know(of_one.front().arrival.traveler_id, stays, At(100 + step));
    }
    reports[At(100 + step)] = report(At(100 + step), kNoLimit);
    rows += reports[At(100 + step)].overstays.size();
    for (const auto& [known_at, before] : reports) {
      ASSERT_TRUE(report(known_at, kNoLimit) == before) << step;
    }
  }
  EXPECT_GT(rows, 12U) << "there was something to compare";
  for (const auto& [known_at, before] : reports) {
    EXPECT_TRUE(report(known_at, 3) == before) << "in pages";
  }
}

// The counts in SQL say what the rule in core says of every stay on every day.
TEST_F(ReportsTest, StaysAreCountedAsTheRuleFindsThem) {
  std::minstd_rand random(2);
  const char* const nationalities[] = {"D", "UTO", "XXA"};
  std::vector<StayRecord> known;
  for (int i = 0; i < 10; ++i) {
    std::vector<Visit> visits;
    const core::TravelerId id = Add([&](const core::TravelerId& traveler) {
      return CrossingsOf(visits = VisitsOf(traveler, 40));
    });
    std::vector<StayRecord> before;
    std::vector<StayRecord> stays;
    for (const Visit& visit : visits) {
      before.push_back(AnyStay(visit.arrival, visit.departure, random));
      stays.push_back(AnyStay(visit.arrival, visit.departure, random));
      stays.back().nationality = nationalities[i % 3];
    }
    Know(id, before, At(100));
    Know(id, stays, At(101));
    // What becomes known later must not show.
    Know(id, i % 2 == 0 ? before : stays, At(102));
    known.insert(known.end(), stays.begin(), stays.end());
  }
  for (int as_of = -1; as_of < 11; ++as_of) {
    for (const auto& [from, to] : {std::pair(0, 10), std::pair(3, 5), std::pair(4, 4)}) {
      const core::ReportScope scope{Day(from), Day(to), Day(as_of), At(101)};
      EXPECT_EQ(StayCounts(scope), CountedByCore(known, scope))
          << "days " << from << " to " << to << " as of " << as_of;
    }
  }
}

TEST_F(ReportsTest, EachFigureOfStaysCountsItsOwn) {
  std::vector<Visit> visits;
  const core::TravelerId id = Add([&](const core::TravelerId& traveler) {
    visits = VisitsOf(traveler, 14);
    for (Visit& visit : visits) visit.arrival.port_id = core::PortId("SEA");
    return CrossingsOf(visits);
  });
  std::vector<StayRecord> stays;
  const auto add = [&](int until, std::optional<int> departed = {}) -> core::Stay& {
    const Visit& visit = visits[stays.size()];
    stays.push_back(StayOf(visit.arrival));
    if (departed) {
      stays.back() = Closed(stays.back(), visit.departure);
      stays.back().stay.departed_on = Day(*departed);
    }
    stays.back().stay.authorized_until = Day(until);
    return stays.back().stay;
  };
  add(10, 10);                         // departed in time
  add(10, 12);                         // departed late
  add(10, 12).pending_since = Day(5);  // departed with an application pending
  add(10);                             // overdue
  add(10, 21);                         // overdue on the day: departed after it
  add(10).pending_since = Day(5);      // there with an application pending
  add(20);                             // last lawful day
  add(10).state = core::StayState::kDepartureNotRecorded;
  add(10, 12).state = core::StayState::kDepartureUnconfirmed;
  add(10, 21).state = core::StayState::kDepartureUnconfirmed;
  add(9, 9);                         // last lawful day before the period
  add(21);                           // and after it
  add(10).authorized_until.reset();  // none
  add(20).arrived_on = Day(21);      // not yet arrived
  Know(id, stays, At(100));
  EXPECT_THAT(StayCounts({Day(10), Day(20), Day(20), At(100)}),
              ElementsAre(core::StayCount{"D", "B-2", core::PortId("SEA"),
                                          StayFiguresOf({10, 3, 1, 2, 1, 1, 2})}));
  EXPECT_THAT(StayCounts({Day(10), Day(20), Day(20), At(99)}), IsEmpty());
}

TEST_F(ReportsTest, EachFigureOfCrossingsCountsItsOwn) {
  constexpr int kDay = 1440;
  const core::LaneId pdx_lane("PDX-1");
  const core::PortId pdx("PDX");
  std::vector<StayRecord> stays;
  std::vector<ports::ComparisonRecord> comparisons;
  const core::TravelerId id = Add([&](const core::TravelerId& traveler) {
    stays.clear();
    comparisons.clear();
    std::vector<ports::CrossingRecord> crossings;
    const auto add = [&](const ports::CrossingRecord& crossing) -> ports::CrossingRecord& {
      return crossings.emplace_back(crossing);
    };
    const auto compare = [&](const ports::CrossingRecord& departure, int attempt,
                             core::Outcome outcome, int at) {
      comparisons.push_back(ComparisonOf(departure, attempt, outcome, At(at)));
    };
    using enum core::Outcome;
    // Departed; compared twice, the second time by a clock that was set back.
    auto arrival = add(Arrival(traveler, 0));
    auto departure = add(Departure(traveler, 2 * kDay));
    stays.push_back(Closed(StayOf(arrival), departure));
    compare(departure, 1, kInconclusive, 2 * kDay + 1);
    compare(departure, 2, kMatch, 2 * kDay);
    // Departed on a day that was not over yet.
    arrival = add(Arrival(traveler, 1 * kDay));
    departure = add(Departure(traveler, 5 * kDay));
    stays.push_back(Closed(StayOf(arrival), departure));
    compare(departure, 1, kMatch, 5 * kDay);
    // Not departed.
    arrival = add(Arrival(traveler, 10));
    crossings.back().capture_status = ports::CaptureStatus::kExempt;
    stays.push_back(StayOf(arrival));
    // Before and after the period, and recorded after the moment of the report.
    add(Arrival(traveler, -1 * kDay));
    add(Arrival(traveler, 6 * kDay));
    add(Arrival(traveler, 3 * kDay)).recorded_at = At(6 * kDay) + std::chrono::microseconds(1);
    // Departures without an arrival, by what became of them then.
    const auto lone = [&](int minutes, core::Outcome outcome) {
      departure = Departure(traveler, minutes);
      departure.lane_id = pdx_lane;
      departure.port_id = pdx;
      departure.capture_status = ports::CaptureStatus::kLowQuality;
      add(departure);
      compare(departure, 1, outcome, minutes);
    };
    int minutes = 3 * kDay;
    for (const auto outcome :
         {kNoReference, kNoMatch, kInconclusive, kLowQuality, kExempt, kOptedOut, kOptedOut}) {
      lone(++minutes, outcome);
    }
    compare(departure, 2, kMatch, 6 * kDay + 1);  // later than the moment of the report
    lone(++minutes, kMatch);
    comparisons.pop_back();  // not compared at all
    return crossings;
  });
  ASSERT_THAT(Run([&](Transaction& t) {
                absl::Status status;
                for (const auto& comparison : comparisons) {
                  if (status.ok()) status = t.AddComparison(comparison);
                }
                return status;
              }),
              testing::IsOk());
  Know(id, stays, At(6 * kDay));
  const core::ReportScope scope{Day(0), Day(5), Day(4), At(6 * kDay)};
  const auto expected = [&](std::int64_t without_departure, std::int64_t without_arrival) {
    return std::vector{
        core::CrossingCount{pdx, pdx_lane, CrossingFiguresOf({0, 8, 0, 0, 8, 0, 1, 1, 1, 1, 1, 2})},
        core::CrossingCount{
            core::PortId("SEA"), core::LaneId("SEA-1"),
            CrossingFiguresOf({3, 1, 3, without_departure, without_arrival, 1, 0, 0, 0, 0, 0, 0})}};
  };
  EXPECT_EQ(CrossingCounts(scope), expected(2, 0));
  // That the departure was another's is learned later.
  Know(id, {stays[1], stays[2]}, At(7 * kDay));
  EXPECT_EQ(CrossingCounts(scope), expected(2, 0));
  core::ReportScope before = scope;
  before.known_at = At(6 * kDay) - std::chrono::microseconds(1);
  EXPECT_EQ(CrossingCounts(before), expected(3, 1));
  // Both days of the period belong to it.
  EXPECT_THAT(
      CrossingCounts({Day(1), Day(2), Day(4), At(6 * kDay)}),
      ElementsAre(core::CrossingCount{core::PortId("SEA"), core::LaneId("SEA-1"),
                                      CrossingFiguresOf({1, 1, 2, 1, 0, 1, 0, 0, 0, 0, 0, 0})}));
}

// The counts in SQL say what core::Corrected says of every crossing on every day.
TEST_F(ReportsTest, CrossingsAreCountedAsCorrectedByThen) {
  constexpr int kDay = 1440;
  std::minstd_rand random(3);
  std::vector<ports::CrossingRecord> crossings;
  Add([&](const core::TravelerId& traveler) {
    crossings.clear();
    for (int i = 0; i < 60; ++i) {
      crossings.push_back(Arrival(traveler, static_cast<int>(random() % 10) * kDay + i));
      crossings.back().recorded_at = At(20 * kDay + i);
    }
    return crossings;
  });
  std::vector<ports::CorrectionRecord> corrections;
  for (int step = 0; step < 60; ++step) {
    const ports::CrossingRecord& crossing = crossings[random() % 30];
    const auto known =
        std::ranges::count_if(corrections, [&](const ports::CorrectionRecord& record) {
          return record.correction.crossing_id == crossing.crossing_id;
        });
    ports::CorrectionRecord record =
        CorrectionOf(crossing, static_cast<int>(known) + 1, 21 * kDay + step);
    record.correction.local_date = Day(static_cast<int>(random() % 10));
    if (random() % 3 == 0) {
      record.correction.captured_at.reset();
      record.correction.local_date.reset();
    }
    if (random() % 3 == 0) {
      record.correction = {crossing.crossing_id, record.correction.revision, true, {}, {}, {}};
    }
    corrections.push_back(record);
  }
  ASSERT_THAT(Run([&](Transaction& t) {
                absl::Status status;
                for (const auto& record : corrections) {
                  if (status.ok()) status = t.AddCorrection(record);
                }
                return status;
              }),
              testing::IsOk());
  for (const int minutes : {20 * kDay, 21 * kDay, 21 * kDay + 20, 21 * kDay + 40, 22 * kDay}) {
    std::vector<core::CrossingEvent> events;
    for (const ports::CrossingRecord& crossing : crossings) {
      if (crossing.recorded_at > At(minutes)) continue;
      events.push_back({crossing.crossing_id, crossing.direction, crossing.captured_at,
                        crossing.local_date, crossing.admission});
    }
    std::vector<core::CrossingCorrection> known;
    for (const ports::CorrectionRecord& record : corrections) {
      if (record.recorded_at <= At(minutes)) known.push_back(record.correction);
    }
    const std::vector<core::CrossingEvent> corrected = core::Corrected(events, known);
    for (int from = 0; from < 10; ++from) {
      for (int to = from; to < 10; to += 3) {
        const auto expected =
            std::ranges::count_if(corrected, [&](const core::CrossingEvent& event) {
              return event.local_date >= Day(from) && event.local_date <= std::min(Day(to), Day(8));
            });
        std::int64_t counted = 0;
        for (const auto& count : CrossingCounts({Day(from), Day(to), Day(8), At(minutes)})) {
          counted += count.figures[CrossingFigure::kArrivals];
        }
        EXPECT_EQ(counted, expected) << from << " to " << to << " known at " << minutes;
      }
    }
  }
}

TEST_F(ReportsTest, TravelersAreToBeReviewedWhenTheirCaseIsMissingOrLessSevere) {
  const core::Date as_of = Day(500);
  const auto kind = core::CaseKind::kSuspectedOverstay;
  std::vector<core::TravelerId> expected;
  // Days that count are those as an adult.
  for (const int days : {-1, 0, 1, 179, 180, 181, 182, 400}) {
    for (const std::optional<int> adult_after :
         {std::optional<int>(), std::optional(-1), std::optional(0), std::optional(1),
          std::optional(2), std::optional(3), std::optional(300)}) {
      for (const auto severity :
           {std::optional<core::Severity>(), std::optional(core::Severity::kLow),
            std::optional(core::Severity::kMedium), std::optional(core::Severity::kHigh)}) {
        ports::CrossingRecord arrival;
        const core::TravelerId id = Add([&](const core::TravelerId& traveler) {
          return std::vector{arrival = Arrival(traveler, 0)};
        });
        StayRecord record = StayOf(arrival);
        record.stay.authorized_until = as_of - std::chrono::days(days);
        record.stay.adult_on.reset();
        if (adult_after) {
          record.stay.adult_on = *record.stay.authorized_until + std::chrono::days(*adult_after);
        }
        Know(id, {record}, At(0));
        if (severity) {
          ASSERT_THAT(
              Run([&](Transaction& t) { return t.AddCase(SuspectedOverstay(arrival, *severity)); }),
              testing::IsOk());
        }
        const auto overstay = core::OverstayOf(record.stay, as_of);
        if (overstay && (!severity || *severity < core::SeverityOf(kind, overstay->days,
                                                                   overstay->days_before_18))) {
          expected.push_back(id);
        }
      }
    }
  }
  std::ranges::sort(expected);
  ASSERT_GT(expected.size(), 20U);
  EXPECT_EQ(ToReview(as_of, 3), expected);
  EXPECT_EQ(ToReview(as_of, kNoLimit), expected);
}

TEST_F(ReportsTest, OnlyWhoIsSuspectedNowAndHasNoStandingCaseIsToBeReviewed) {
  const core::Date as_of = Day(500);
  const core::Date grave = as_of - std::chrono::days(181);
  const core::Date light = as_of - std::chrono::days(180);
  std::vector<core::TravelerId> expected;
  std::vector<Visit> visits;
  // A traveler with two visits, of whom `stays` are known.
  const auto add = [&](bool listed, const std::function<std::vector<StayRecord>()>& stays,
                       const std::function<std::vector<ports::CaseRecord>()>& cases = {}) {
    const core::TravelerId id = Add([&](const core::TravelerId& traveler) {
      return CrossingsOf(visits = VisitsOf(traveler, 2));
    });
    Know(id, stays(), At(0));
    if (listed) expected.push_back(id);
    if (!cases) return;
    ASSERT_THAT(Run([&](Transaction& t) {
                  absl::Status status;
                  for (const auto& record : cases()) {
                    if (status.ok()) status = AddCaseIn(record.state, record, t);
                  }
                  return status;
                }),
                testing::IsOk());
  };
  const auto open = [&](core::Date until) {
    return [&, until] {
      StayRecord record = StayOf(visits[0].arrival);
      record.stay.authorized_until = until;
      return std::vector{record};
    };
  };
  const auto changed = [&](const std::function<void(StayRecord&)>& change) {
    return [&, change] {
      std::vector<StayRecord> stays = open(grave)();
      change(stays.front());
      return stays;
    };
  };
  const auto with = [&](core::Severity severity, core::CaseState state) {
    return [&, severity, state] {
      return std::vector{SuspectedOverstay(visits[0].arrival, severity, state)};
    };
  };
  using enum core::CaseState;
  using enum core::Severity;
  for (const auto state : {kOpen, kUpheld, kDismissed}) {
    add(false, open(grave), with(kHigh, state));
    add(true, open(grave), with(kMedium, state));
    add(false, open(light), with(kMedium, state));
    add(true, open(light), with(kLow, state));
  }
  add(true, open(light), with(kMedium, kWithdrawn));
  add(true, open(grave), with(kHigh, kWithdrawn));
  add(true, open(light));
  // Cases of another kind, or of another stay.
  add(true, open(light), [&] {
    ports::CaseRecord record = SuspectedOverstay(visits[0].arrival, kHigh);
    record.kind = core::CaseKind::kArrivalOnOpenStay;
    return std::vector{record};
  });
  add(true, open(light), [&] { return std::vector{SuspectedOverstay(visits[1].arrival, kHigh)}; });
  // Listed once for two stays.
  add(true, [&] {
    std::vector<StayRecord> stays = open(grave)();
    stays.push_back(StayOf(visits[1].arrival));
    return stays;
  });
  // No suspected overstays.
  add(false, open(as_of));
  add(false, changed([](StayRecord& record) { record.stay.authorized_until.reset(); }));
  add(false, changed([](StayRecord& record) { record.stay.pending_since = Day(1); }));
  add(false, changed([](StayRecord& record) { record.stay.arrived_on = Day(501); }));
  add(false, changed([&](StayRecord& record) { record = Closed(record, visits[0].departure); }));
  add(false, changed([](StayRecord& record) {
        record.stay.state = core::StayState::kDepartureNotRecorded;
      }));
  add(false, changed([&](StayRecord& record) {
        record = Closed(record, visits[0].departure);
        record.stay.state = core::StayState::kDepartureUnconfirmed;
      }));
  // One that was, and became known to have departed.
  add(false, open(grave));
  Know(visits[0].arrival.traveler_id, {Closed(open(grave)().front(), visits[0].departure)}, At(1));
  std::ranges::sort(expected);
  EXPECT_EQ(ToReview(as_of, 2), expected);
  EXPECT_THAT(ToReview(Day(0), 2), IsEmpty());
}

}  // namespace
}  // namespace entryexit::postgres
