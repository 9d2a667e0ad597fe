#include "entryexit/core/stays.h"

#include <gtest/gtest.h>

#include <utility>

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
          kFirstDay + days(day), Admission{"B-2", until, std::nullopt}};
}

CrossingEvent Departure(int day, const std::string& id) {
  return {CrossingId(id), Direction::kDeparture, Timestamp(kFirstDay + days(day)),
          kFirstDay + days(day), std::nullopt};
}

StayHistory Stays(std::vector<CrossingEvent> crossings) {
  return ComputeStays(
      {.crossings = std::move(crossings), .changes = {}, .birth_date = std::nullopt});
}

TEST(StaysTest, AnArrivalOpensAStayAndADepartureClosesIt) {
  const StayHistory history = Stays({Arrival(0, 30, "a"), Departure(10, "d")});
  ASSERT_EQ(history.stays.size(), 1U);
  EXPECT_EQ(history.stays[0].state, StayState::kClosed);
  EXPECT_EQ(history.stays[0].arrival_id, CrossingId("a"));
  EXPECT_EQ(history.stays[0].departure_id, CrossingId("d"));
  EXPECT_EQ(history.stays[0].authorized_until, kFirstDay + days(30));
  EXPECT_TRUE(history.flags.empty());
}

TEST(StaysTest, TheLastLawfulDayIsLawfulAndTheNextIsNot) {
  EXPECT_TRUE(Stays({Arrival(0, 30, "a"), Departure(30, "d")}).flags.empty());
  const StayHistory late = Stays({Arrival(0, 30, "a"), Departure(31, "d")});
  ASSERT_EQ(late.flags.size(), 1U);
  EXPECT_EQ(late.flags[0], (Flag{FlagKind::kOverstay, CrossingId("d"), 1}));
}

TEST(StaysTest, DurationOfStatusNeverOverstays) {
  const StayHistory history = Stays({Arrival(0, std::nullopt, "a"), Departure(4000, "d")});
  EXPECT_TRUE(history.flags.empty());
  EXPECT_EQ(OverstayOf(history.stays[0], kFirstDay + days(5000)), std::nullopt);
}

TEST(StaysTest, ADepartureWithoutAnArrivalIsFlagged) {
  const StayHistory history = Stays({Departure(3, "d")});
  EXPECT_TRUE(history.stays.empty());
  ASSERT_EQ(history.flags.size(), 1U);
  EXPECT_EQ(history.flags[0].kind, FlagKind::kDepartureWithoutArrival);
}

TEST(StaysTest, ASecondArrivalEndsTheOpenStayWithoutCallingItAnOverstay) {
  const StayHistory history =
      Stays({Arrival(0, 10, "a"), Arrival(100, 130, "b"), Departure(120, "d")});
  ASSERT_EQ(history.stays.size(), 2U);
  EXPECT_EQ(history.stays[0].state, StayState::kDepartureNotRecorded);
  EXPECT_EQ(OverstayOf(history.stays[0], kFirstDay + days(500)), std::nullopt);
  EXPECT_EQ(history.stays[1].state, StayState::kClosed);
  ASSERT_EQ(history.flags.size(), 1U);
  EXPECT_EQ(history.flags[0], (Flag{FlagKind::kArrivalOnOpenStay, CrossingId("b"), 0}));
}

TEST(StaysTest, ADepartureInDoubtEndsTheStayWithoutCallingItAnOverstay) {
  CrossingEvent departure = Departure(20, "d");
  departure.in_doubt = true;
  const StayHistory history = Stays({Arrival(0, 10, "a"), departure, Arrival(30, 40, "b")});
  ASSERT_EQ(history.stays.size(), 2U);
  EXPECT_EQ(history.stays[0].state, StayState::kDepartureUnconfirmed);
  EXPECT_EQ(history.stays[0].departed_on, kFirstDay + days(20));
  for (const int day : {9, 11, 20, 500}) {
    EXPECT_EQ(OverstayOf(history.stays[0], kFirstDay + days(day)), std::nullopt) << day;
  }
  EXPECT_TRUE(history.flags.empty());
  EXPECT_EQ(history.stays[1].state, StayState::kOpen);
}

TEST(StaysTest, SameDayReentryIsTwoStays) {
  CrossingEvent back = Arrival(5, 30, "b");
  back.captured_at += std::chrono::hours(5);
  const StayHistory history = Stays({Arrival(0, 30, "a"), Departure(5, "d"), back});
  EXPECT_EQ(history.stays.size(), 2U);
  EXPECT_TRUE(history.flags.empty());
}

TEST(OverstayTest, AnOpenStayIsSuspectedFromTheDayAfterTheLastLawfulOne) {
  const Stay stay = Stays({Arrival(0, 30, "a")}).stays[0];
  EXPECT_EQ(OverstayOf(stay, kFirstDay + days(30)), std::nullopt);
  const auto overstay = OverstayOf(stay, kFirstDay + days(33));
  ASSERT_TRUE(overstay.has_value());
  EXPECT_EQ(overstay->kind, OverstayKind::kSuspectedInCountry);
  EXPECT_EQ(overstay->days, 3);
}

TEST(OverstayTest, SeenFromBeforeTheDepartureALateLeaverWasStillInTheCountry) {
  const Stay stay = Stays({Arrival(0, 30, "a"), Departure(40, "d")}).stays[0];
  EXPECT_EQ(OverstayOf(stay, kFirstDay + days(35))->kind, OverstayKind::kSuspectedInCountry);
  EXPECT_EQ(OverstayOf(stay, kFirstDay + days(35))->days, 5);
  EXPECT_EQ(OverstayOf(stay, kFirstDay + days(60))->kind, OverstayKind::kOutOfCountry);
  EXPECT_EQ(OverstayOf(stay, kFirstDay + days(60))->days, 10);
  EXPECT_EQ(OverstayOf(stay, kFirstDay - days(1)), std::nullopt);
}

TEST(OverstayTest, TheBandsAreThoseOfTheBarsOnALaterAdmission) {
  const auto band = [](int overstayed, int before_18) {
    return BandOf({OverstayKind::kOutOfCountry, overstayed, before_18});
  };
  EXPECT_EQ(band(1, 0), OverstayBand::kUpTo180Days);
  EXPECT_EQ(band(180, 0), OverstayBand::kUpTo180Days);
  EXPECT_EQ(band(181, 0), OverstayBand::kOver180Days);
  EXPECT_EQ(band(364, 0), OverstayBand::kOver180Days);
  EXPECT_EQ(band(365, 0), OverstayBand::kYearOrMore);
  EXPECT_EQ(band(365, 1), OverstayBand::kOver180Days);
  EXPECT_EQ(band(200, 200), std::nullopt);
}

TEST(OverstayTest, DaysBeforeThe18thBirthdayAreCountedApart) {
  const auto overstay_of = [](Date birth_date) {
    const StayHistory history =
        ComputeStays({.crossings = {Arrival(0, 10, "a"), Departure(20, "d")},
                      .changes = {},
                      .birth_date = birth_date});
    return OverstayOf(history.stays[0], kFirstDay + days(30));
  };
  // Days 11 to 20 are overstayed.
  EXPECT_EQ(overstay_of(sys_days(year(2008) / 9 / 16))->days_before_18, 4);  // 18 on day 15
  EXPECT_EQ(overstay_of(sys_days(year(2008) / 9 / 16))->days, 10);
  EXPECT_EQ(overstay_of(sys_days(year(2008) / 9 / 12))->days_before_18, 0);  // on day 11
  EXPECT_EQ(overstay_of(sys_days(year(2012) / 1 / 1))->days_before_18, 10);
}

TEST(OverstayTest, OneBornOnALeapDayTurns18OnTheFirstOfMarch) {
  const StayHistory history = ComputeStays({.crossings = {Arrival(0, 10, "a")},
                                            .changes = {},
                                            .birth_date = sys_days(year(2008) / 2 / 29)});
  EXPECT_EQ(history.stays[0].adult_on, sys_days(year(2026) / 3 / 1));
}

AdmissionChange Application(int filed, AdmissionDecision decision,
                            std::optional<int> decided = std::nullopt,
                            std::optional<int> granted_until = std::nullopt) {
  AdmissionChange change{
      "EAC1",       1,           AdmissionChangeKind::kExtension, kFirstDay + days(filed), decision,
      std::nullopt, std::nullopt};
  if (decided) change.decided_on = kFirstDay + days(*decided);
  if (decision == AdmissionDecision::kGranted) {
    change.granted = Admission{"B-2", std::nullopt, std::nullopt};
    if (granted_until) change.granted->authorized_until = kFirstDay + days(*granted_until);
  }
  return change;
}

// One who may stay until day 30 and leaves on day 60.
StayHistory LateLeaver(const std::vector<AdmissionChange>& changes) {
  return ComputeStays({.crossings = {Arrival(0, 30, "a"), Departure(60, "d")},
                       .changes = changes,
                       .birth_date = std::nullopt});
}

int DaysOverstayed(const std::vector<AdmissionChange>& changes) {
  const StayHistory history = LateLeaver(changes);
  return history.flags.empty() ? 0 : history.flags[0].days_overstayed;
}

using enum AdmissionDecision;

TEST(AdmissionChangeTest, WhatWasGrantedIsTheLastLawfulDay) {
  EXPECT_EQ(DaysOverstayed({Application(20, kGranted, 40, 90)}), 0);
  EXPECT_EQ(DaysOverstayed({Application(20, kGranted, 40, 50)}), 10);
  EXPECT_EQ(LateLeaver({Application(20, kGranted, 40, 50)}).stays[0].authorized_until,
            kFirstDay + days(50));
  // Granted late, for a time that is over: what was pending was no overstay.
  EXPECT_EQ(DaysOverstayed({Application(20, kGranted, 45, 40)}), 15);
  // No day ends the stay any more.
  EXPECT_EQ(DaysOverstayed({Application(20, kGranted, 40)}), 0);
}

TEST(AdmissionChangeTest, WhatWasFiledInTimeAndIsUndecidedIsNoOverstay) {
  EXPECT_EQ(DaysOverstayed({Application(30, kPending)}), 0);
  EXPECT_EQ(LateLeaver({Application(30, kPending)}).stays[0].pending_since, kFirstDay + days(30));
  EXPECT_EQ(DaysOverstayed({Application(31, kPending)}), 30);
  EXPECT_EQ(LateLeaver({Application(31, kPending)}).stays[0].pending_since, std::nullopt);
}

TEST(AdmissionChangeTest, ADenialEndsTheStayOnItsDay) {
  EXPECT_EQ(DaysOverstayed({Application(20, kDenied, 50)}), 10);
  EXPECT_EQ(DaysOverstayed({Application(20, kDenied, 25)}), 30);  // before the day granted at first
  EXPECT_EQ(DaysOverstayed({Application(40, kDenied, 50)}), 30);  // filed too late
  EXPECT_EQ(DaysOverstayed({Application(20, kWithdrawn, 50)}), 10);
}

TEST(AdmissionChangeTest, OneFiledTooLateCountsOnceItIsGranted) {
  EXPECT_EQ(DaysOverstayed({Application(40, kGranted, 50, 90)}), 0);
  EXPECT_EQ(DaysOverstayed({Application(40, kGranted, 50, 45)}), 15);
}

TEST(AdmissionChangeTest, ASecondApplicationWhileTheFirstIsPendingIsInTimeOnlyIfThatIsGranted) {
  AdmissionChange second = Application(40, kPending);
  second.application_id = "EAC2";
  EXPECT_EQ(DaysOverstayed({Application(20, kDenied, 50), second}), 10);
  EXPECT_EQ(DaysOverstayed({Application(20, kGranted, 45, 45), second}), 0);
}

TEST(AdmissionChangeTest, TheReportThatWasDecidedLastCounts) {
  const AdmissionChange filed = Application(20, kPending);
  const AdmissionChange denied = Application(20, kDenied, 35);
  const AdmissionChange reopened = Application(20, kGranted, 55, 80);
  EXPECT_EQ(DaysOverstayed({denied, filed}), 25);
  EXPECT_EQ(DaysOverstayed({reopened, filed, denied}), 0);
}

TEST(AdmissionChangeTest, TheGreatestRevisionCounts) {
  AdmissionChange corrected = Application(20, kGranted, 40, 50);
  corrected.revision = 2;
  EXPECT_EQ(DaysOverstayed({corrected, Application(20, kGranted, 45, 90)}), 10);
  AdmissionChange reopened = Application(20, kPending);
  reopened.revision = 2;
  EXPECT_EQ(DaysOverstayed({Application(20, kDenied, 35), reopened}), 0);
  AdmissionChange taken_back = Application(20, kRecordedInError);
  taken_back.revision = 2;
  EXPECT_EQ(DaysOverstayed({taken_back, Application(20, kGranted, 45, 90)}), 30);
}

AdmissionChange Other(AdmissionChange change, AdmissionChangeKind kind) {
  change.application_id = "EAC2";
  change.kind = kind;
  return change;
}

TEST(AdmissionChangeTest, OfSeveralGrantsTheOneMadeLastIsInForce) {
  const AdmissionChange extension = Application(25, kGranted, 35, 50);
  // Filed before the extension, decided after it.
  EXPECT_EQ(DaysOverstayed({extension, Other(Application(20, kGranted, 45),
                                             AdmissionChangeKind::kAdjustmentOfStatus)}),
            0);
  EXPECT_EQ(DaysOverstayed({extension, Other(Application(20, kGranted, 30, 80),
                                             AdmissionChangeKind::kChangeOfStatus)}),
            10);
  // What was pending in time was lawful until it was denied, also past the extension.
  EXPECT_EQ(DaysOverstayed({extension, Other(Application(20, kDenied, 55),
                                             AdmissionChangeKind::kAdjustmentOfStatus)}),
            5);
}

TEST(AdmissionChangeTest, APendingAdjustmentSuspendsAnOverstayAlsoWhenFiledLate) {
  EXPECT_EQ(
      DaysOverstayed({Other(Application(40, kPending), AdmissionChangeKind::kAdjustmentOfStatus)}),
      0);
  EXPECT_EQ(DaysOverstayed(
                {Other(Application(40, kDenied, 50), AdmissionChangeKind::kAdjustmentOfStatus)}),
            30);
}

TEST(AdmissionChangeTest, AnAdjustmentIsBroughtAlongOnReentryAndNothingElseIs) {
  const auto second_stay = [](const AdmissionChange& change) {
    return ComputeStays(
               {.crossings = {Arrival(0, 30, "a"), Departure(25, "b"), Arrival(28, 60, "c")},
                .changes = {change},
                .birth_date = std::nullopt})
        .stays[1];
  };
  const auto adjustment = AdmissionChangeKind::kAdjustmentOfStatus;
  EXPECT_EQ(second_stay(Other(Application(20, kPending), adjustment)).pending_since,
            kFirstDay + days(20));
  EXPECT_EQ(second_stay(Other(Application(20, kGranted, 70), adjustment)).authorized_until,
            std::nullopt);
  EXPECT_EQ(second_stay(Other(Application(20, kGranted, 27), adjustment)).authorized_until,
            kFirstDay + days(60))
      << "decided before the re-entry: admitted anew";
  EXPECT_EQ(second_stay(Application(20, kPending)).pending_since, std::nullopt);
}

TEST(AdmissionChangeTest, AnApplicationFiledOutsideAnyStayChangesNothing) {
  EXPECT_EQ(DaysOverstayed({Application(61, kGranted, 70, 90)}), 30);
  EXPECT_EQ(DaysOverstayed({Application(-1, kGranted, 70, 90)}), 30);
}

CrossingEvent WindowArrival(int day, WindowRule window, const std::string& id) {
  CrossingEvent arrival = Arrival(day, std::nullopt, id);
  arrival.admission->window = window;
  return arrival;
}

constexpr WindowRule kNinety{.days = 90, .window_days = 180};

TEST(WindowStayTest, TheLastLawfulDayTakesEarlierStaysIntoAccount) {
  // Days 0 to 59, 60 days; on day 100 30 days remain, and from day 180 on days drop out.
  const StayHistory history =
      ComputeStays({.crossings = {WindowArrival(0, kNinety, "a"), Departure(59, "b"),
                                  WindowArrival(100, kNinety, "c"), Departure(131, "d")},
                    .changes = {},
                    .birth_date = std::nullopt});
  EXPECT_EQ(history.stays[0].authorized_until, kFirstDay + days(89));
  EXPECT_EQ(history.stays[1].authorized_until, kFirstDay + days(129));
  ASSERT_EQ(history.flags.size(), 1U);
  EXPECT_EQ(history.flags[0], (Flag{FlagKind::kOverstay, CrossingId("d"), 2}));
}

TEST(WindowStayTest, WhoMayNotEnterAtAllOverstaysFromTheFirstDay) {
  const StayHistory history =
      ComputeStays({.crossings = {WindowArrival(0, kNinety, "a"), Departure(89, "b"),
                                  WindowArrival(95, kNinety, "c"), Departure(96, "d")},
                    .changes = {},
                    .birth_date = std::nullopt});
  EXPECT_EQ(history.stays[1].authorized_until, kFirstDay + days(94));
  EXPECT_EQ(history.flags[0].days_overstayed, 2);
}

TEST(WindowStayTest, StaysUnderAnotherRuleDoNotCount) {
  const StayHistory history = ComputeStays(
      {.crossings = {Arrival(0, 300, "a"), Departure(90, "b"), WindowArrival(95, kNinety, "c")},
       .changes = {},
       .birth_date = std::nullopt});
  EXPECT_EQ(history.stays[1].authorized_until, kFirstDay + days(184));
  EXPECT_EQ(history.window_stays, (std::vector<StayDays>{{kFirstDay + days(95), Date::max()}}));
}

TEST(WindowStayTest, DaysUnderAResidencePermitDoNotCount) {
  AdmissionChange permit = Application(20, kGranted, 31);
  permit.granted->class_of_admission = "D";
  const StayHistory history =
      ComputeStays({.crossings = {WindowArrival(0, kNinety, "a"), Departure(80, "b")},
                    .changes = {permit},
                    .birth_date = std::nullopt});
  EXPECT_EQ(history.window_stays, (std::vector<StayDays>{{kFirstDay, kFirstDay + days(30)}}));
}

TEST(WindowStayTest, OfAStayWithoutDepartureOnlyTheFirstDayIsKnown) {
  const StayHistory history =
      ComputeStays({.crossings = {WindowArrival(0, kNinety, "a"), WindowArrival(80, kNinety, "b")},
                    .changes = {},
                    .birth_date = std::nullopt});
  EXPECT_EQ(history.stays[1].authorized_until, kFirstDay + days(168));
}

TEST(WindowStayTest, AnEarlierFixedDateGoesBeforeTheWindow) {
  CrossingEvent visa = WindowArrival(0, kNinety, "a");
  visa.admission->authorized_until = kFirstDay + days(20);
  EXPECT_EQ(Stays({visa}).stays[0].authorized_until, kFirstDay + days(20));
}

}  // namespace
}  // namespace entryexit::core
