#include "entryexit/core/stays.h"

#include <algorithm>
#include <random>

#include "tests/support/status_matchers.h"

namespace entryexit::core {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;

constexpr Date kFirstDay = sys_days(year(2026) / 9 / 1);

CrossingEvent Arrival(int day, std::optional<int> authorized_until_day, const std::string& id) {
  const std::optional<Date> until =
      authorized_until_day ? std::optional(kFirstDay + days(*authorized_until_day)) : std::nullopt;
  return {CrossingId(id), Direction::kArrival, Timestamp(kFirstDay + days(day)),
          kFirstDay + days(day), Admission{"B-2", until}};
}

CrossingEvent Departure(int day, const std::string& id) {
  return {CrossingId(id), Direction::kDeparture, Timestamp(kFirstDay + days(day)),
          kFirstDay + days(day), std::nullopt};
}

TEST(StaysTest, AnArrivalOpensAStayAndADepartureClosesIt) {
  const StayHistory history = ComputeStays({Arrival(0, 30, "a"), Departure(10, "d")});
  ASSERT_EQ(history.stays.size(), 1U);
  EXPECT_EQ(history.stays[0].state, StayState::kClosed);
  EXPECT_EQ(history.stays[0].arrival_id, CrossingId("a"));
  EXPECT_EQ(history.stays[0].departure_id, CrossingId("d"));
  EXPECT_EQ(history.stays[0].authorized_until, kFirstDay + days(30));
  EXPECT_TRUE(history.flags.empty());
}

TEST(StaysTest, TheLastLawfulDayIsLawfulAndTheNextIsNot) {
  EXPECT_TRUE(ComputeStays({Arrival(0, 30, "a"), Departure(30, "d")}).flags.empty());
  const StayHistory late = ComputeStays({Arrival(0, 30, "a"), Departure(31, "d")});
  ASSERT_EQ(late.flags.size(), 1U);
  EXPECT_EQ(late.flags[0], (Flag{FlagKind::kOverstay, CrossingId("d"), 1}));
}

TEST(StaysTest, DurationOfStatusNeverOverstays) {
  const StayHistory history = ComputeStays({Arrival(0, std::nullopt, "a"), Departure(4000, "d")});
  EXPECT_TRUE(history.flags.empty());
  EXPECT_EQ(OverstayOf(history.stays[0], kFirstDay + days(5000)), std::nullopt);
}

TEST(StaysTest, ADepartureWithoutAnArrivalIsFlagged) {
  const StayHistory history = ComputeStays({Departure(3, "d")});
  EXPECT_TRUE(history.stays.empty());
  ASSERT_EQ(history.flags.size(), 1U);
  EXPECT_EQ(history.flags[0].kind, FlagKind::kDepartureWithoutArrival);
}

TEST(StaysTest, ASecondArrivalEndsTheOpenStayWithoutCallingItAnOverstay) {
  const StayHistory history =
      ComputeStays({Arrival(0, 10, "a"), Arrival(100, 130, "b"), Departure(120, "d")});
  ASSERT_EQ(history.stays.size(), 2U);
  EXPECT_EQ(history.stays[0].state, StayState::kDepartureNotRecorded);
  EXPECT_EQ(OverstayOf(history.stays[0], kFirstDay + days(500)), std::nullopt);
  EXPECT_EQ(history.stays[1].state, StayState::kClosed);
  ASSERT_EQ(history.flags.size(), 1U);
  EXPECT_EQ(history.flags[0], (Flag{FlagKind::kArrivalOnOpenStay, CrossingId("b"), 0}));
}

TEST(StaysTest, SameDayReentryIsTwoStays) {
  CrossingEvent back = Arrival(5, 30, "b");
  back.captured_at += std::chrono::hours(5);
  const StayHistory history = ComputeStays({Arrival(0, 30, "a"), Departure(5, "d"), back});
  EXPECT_EQ(history.stays.size(), 2U);
  EXPECT_TRUE(history.flags.empty());
}

TEST(OverstayTest, AnOpenStayIsSuspectedFromTheDayAfterTheLastLawfulOne) {
  const Stay stay = ComputeStays({Arrival(0, 30, "a")}).stays[0];
  EXPECT_EQ(OverstayOf(stay, kFirstDay + days(30)), std::nullopt);
  const auto overstay = OverstayOf(stay, kFirstDay + days(33));
  ASSERT_TRUE(overstay.has_value());
  EXPECT_EQ(overstay->kind, OverstayKind::kSuspectedInCountry);
  EXPECT_EQ(overstay->days, 3);
}

TEST(OverstayTest, SeenFromBeforeTheDepartureALateLeaverWasStillInTheCountry) {
  const Stay stay = ComputeStays({Arrival(0, 30, "a"), Departure(40, "d")}).stays[0];
  EXPECT_EQ(OverstayOf(stay, kFirstDay + days(35))->kind, OverstayKind::kSuspectedInCountry);
  EXPECT_EQ(OverstayOf(stay, kFirstDay + days(35))->days, 5);
  EXPECT_EQ(OverstayOf(stay, kFirstDay + days(60))->kind, OverstayKind::kOutOfCountry);
  EXPECT_EQ(OverstayOf(stay, kFirstDay + days(60))->days, 10);
  EXPECT_EQ(OverstayOf(stay, kFirstDay - days(1)), std::nullopt);
}

bool Same(const Stay& a, const Stay& b) {
  return a.state == b.state && a.arrival_id == b.arrival_id && a.departure_id == b.departure_id &&
         a.authorized_until == b.authorized_until && a.departed_on == b.departed_on;
}

// A slow reading of the rules, one crossing at a time and with no state carried along: each arrival
// looks for the next crossing after it, each crossing for the one before it.
StayHistory Reference(std::vector<CrossingEvent> crossings) {
  const auto before = [](const CrossingEvent& a, const CrossingEvent& b) {
    if (a.captured_at != b.captured_at) return a.captured_at < b.captured_at;
    if (a.direction != b.direction) return a.direction == Direction::kArrival;
    return a.id < b.id;
  };
  const auto neighbour = [&](const CrossingEvent& of, bool next) {
    const CrossingEvent* found = nullptr;
    for (const CrossingEvent& other : crossings) {
      if (next ? !before(of, other) : !before(other, of)) continue;
      if (found == nullptr || (next ? before(other, *found) : before(*found, other))) {
        found = &other;
      }
    }
    return found;
  };
  std::sort(crossings.begin(), crossings.end(), before);
  StayHistory history;
  for (const CrossingEvent& crossing : crossings) {
    const CrossingEvent* previous = neighbour(crossing, false);
    const bool was_inside = previous != nullptr && previous->direction == Direction::kArrival;
    if (crossing.direction == Direction::kDeparture) {
      if (!was_inside) {
        history.flags.push_back({FlagKind::kDepartureWithoutArrival, crossing.id});
      } else if (previous->admission->authorized_until &&
                 crossing.local_date > *previous->admission->authorized_until) {
        history.flags.push_back(
            {FlagKind::kOverstay, crossing.id,
             static_cast<int>(
                 (crossing.local_date - *previous->admission->authorized_until).count())});
      }
      continue;
    }
    if (was_inside) history.flags.push_back({FlagKind::kArrivalOnOpenStay, crossing.id});
    Stay stay;
    stay.arrival_id = crossing.id;
    stay.authorized_until = crossing.admission->authorized_until;
    if (const CrossingEvent* next = neighbour(crossing, true)) {
      const bool departs = next->direction == Direction::kDeparture;
      stay.state = departs ? StayState::kClosed : StayState::kDepartureNotRecorded;
      if (departs) stay.departure_id = next->id;
      if (departs) stay.departed_on = next->local_date;
    }
    history.stays.push_back(stay);
  }
  return history;
}

TEST(StaysProperty, AnyOrderOfTheSameCrossingsGivesTheReferenceHistory) {
  std::mt19937 random(20261123);
  const auto draw = [&](int low, int high) {
    return std::uniform_int_distribution(low, high)(random);
  };
  for (int round = 0; round < 100000; ++round) {
    std::vector<CrossingEvent> crossings;
    const int count = draw(0, 7);
    for (int i = 0; i < count; ++i) {
      const std::string id = "c" + std::to_string(i);
      const int day = draw(0, 40);  // few days, so that several crossings share a moment
      if (draw(0, 1) == 0) {
        crossings.push_back(Departure(day, id));
      } else {
        const bool has_date = draw(0, 4) > 0;
        crossings.push_back(
            Arrival(day, has_date ? std::optional(day + draw(0, 15)) : std::nullopt, id));
      }
    }
    const StayHistory expected = Reference(crossings);
    std::shuffle(crossings.begin(), crossings.end(), random);
    const StayHistory history = ComputeStays(crossings);
    ASSERT_EQ(history.flags, expected.flags) << "round " << round;
    ASSERT_TRUE(std::ranges::equal(history.stays, expected.stays, Same)) << "round " << round;
  }
}

}  // namespace
}  // namespace entryexit::core
