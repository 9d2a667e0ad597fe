#include "entryexit/core/stay_allowance.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace entryexit::core {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;

constexpr WindowRule kShortStay{.days = 90, .window_days = 180};
constexpr Date kNewYear = sys_days(year(2026) / 1 / 1);

Date Day(int day) { return kNewYear + days(day); }

TEST(StayAllowanceTest, ATravelerWhoWasNeverHereMayStayNinetyDays) {
  EXPECT_EQ(AllowanceOn(Day(0), {}, kShortStay), (StayAllowance{0, 90, Day(89)}));
}

TEST(StayAllowanceTest, TheDaysOfEntryAndOfExitBothCount) {
  EXPECT_EQ(AllowanceOn(Day(10), {{Day(0), Day(0)}}, kShortStay).days_used, 1);
  EXPECT_EQ(AllowanceOn(Day(10), {{Day(0), Day(4)}}, kShortStay).days_used, 5);
}

TEST(StayAllowanceTest, DaysThatDropOutOfTheWindowOnTheWayAreGivenBack) {
  // 60 days from day 0 to 59. On day 150, "90 minus 60" would be 30 days, to day 179. But on day
  // 180 day 0 drops out of the window, on day 181 day 1, and so on: each day gives one back.
  EXPECT_EQ(AllowanceOn(Day(150), {{Day(0), Day(59)}}, kShortStay),
            (StayAllowance{60, 90, Day(239)}));
}

TEST(StayAllowanceTest, WhoUsedItUpMayNotEnterUntilADayDropsOut) {
  const std::vector<StayDays> used_up = {{Day(0), Day(89)}};
  EXPECT_EQ(AllowanceOn(Day(179), used_up, kShortStay), (StayAllowance{90, 0, std::nullopt}));
  EXPECT_EQ(AllowanceOn(Day(180), used_up, kShortStay), (StayAllowance{89, 90, Day(269)}));
}

TEST(StayAllowanceTest, OneWhoIsHereGoesOnWithTheStayBegun) {
  // Arrived on day 0, asked on day 40: 41 days used, the same last day as seen from the arrival.
  EXPECT_EQ(AllowanceOn(Day(40), {{Day(0), Day(40)}}, kShortStay),
            (StayAllowance{41, 50, Day(89)}));
}

TEST(StayAllowanceTest, WhatComesAfterTheDayIsNotLivedYet) {
  EXPECT_EQ(AllowanceOn(Day(0), {{Day(5), Day(80)}}, kShortStay), (StayAllowance{0, 90, Day(89)}));
}

TEST(StayAllowanceTest, ADayInTwoStaysCountsOnce) {
  // Out and in again on day 4.
  EXPECT_EQ(AllowanceOn(Day(20), {{Day(4), Day(8)}, {Day(0), Day(4)}}, kShortStay).days_used, 9);
}

// The rule word for word: a set of days, and each day looked at by itself.
StayAllowance ByTheBook(Date day, const std::vector<StayDays>& stays, const WindowRule& rule) {
  std::set<Date> lived;
  for (const StayDays& stay : stays) {
    for (Date d = stay.first; d <= stay.last; d += days(1)) {
      if (d <= day) lived.insert(d);
    }
  }
  const auto in_window = [&](Date last) {
    int count = 0;
    for (Date d = last - days(rule.window_days - 1); d <= last; d += days(1)) {
      count += lived.contains(d) ? 1 : 0;
    }
    return count;
  };
  StayAllowance allowance{in_window(day), 0, std::nullopt};
  for (Date d = day;; d += days(1)) {
    lived.insert(d);
    if (in_window(d) > rule.days) return allowance;
    ++allowance.remaining_days;
    allowance.last_lawful_day = d;
  }
}

TEST(StayAllowanceTest, AgreesWithTheRuleWordForWordOnRandomHistories) {
  constexpr int kHistories = 100'000;
  constexpr int kSpan = 40;  // small, so that the reference is fast; the rule is scaled with it
  std::mt19937 random(20260101);
  const auto upto = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  for (int i = 0; i < kHistories; ++i) {
    const int window = 2 + upto(22);
    const WindowRule rule{.days = 1 + upto(window - 2), .window_days = window};
    std::vector<StayDays> stays;
    for (int stay = upto(6); stay > 0; --stay) {
      const int first = upto(kSpan);
      stays.push_back({Day(first), Day(first + upto(8))});
    }
    const Date day = Day(upto(kSpan));
    ASSERT_EQ(AllowanceOn(day, stays, rule), ByTheBook(day, stays, rule)) << "history " << i;
  }
}

TEST(StayAllowanceTest, AgreesWithTheRuleWordForWordInFullSize) {
  std::mt19937 random(20260102);
  const auto upto = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  for (int i = 0; i < 500; ++i) {
    std::vector<StayDays> stays;
    for (int stay = upto(12); stay > 0; --stay) {
      const int first = upto(400);
      stays.push_back({Day(first), Day(first + upto(60))});
    }
    const Date day = Day(upto(450));
    ASSERT_EQ(AllowanceOn(day, stays, kShortStay), ByTheBook(day, stays, kShortStay))
        << "history " << i;
  }
}

}  // namespace
}  // namespace entryexit::core
