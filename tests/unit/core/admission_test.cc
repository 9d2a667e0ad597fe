#include "entryexit/core/admission.h"

#include <gtest/gtest.h>

#include "entryexit/core/reason.h"
#include "tests/support/status_matchers.h"

namespace entryexit::core {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;
using testing::FailsWith;
using testing::IsOk;
using enum RuleKind;

constexpr Date kArrival = sys_days(year(2026) / 9 / 1);
constexpr Date kReform = sys_days(year(2026) / 9 / 15);

TEST(RuleForTest, TheRuleInForceOnTheDayOfArrivalCounts) {
  const AdmissionPolicy policy = {{"WT",
                                   {{kArrival, kReform - days(1), {kDaysFromArrival, 90}},
                                    {kReform, std::nullopt, {kDaysFromArrival, 60}}}}};
  EXPECT_EQ(RuleFor(policy, "WT", kReform - days(1))->days, 90);
  EXPECT_EQ(RuleFor(policy, "WT", kReform)->days, 60);
  EXPECT_THAT(RuleFor(policy, "WT", kArrival - days(1)), FailsWith(Reason::kClassUnknown));
  EXPECT_THAT(RuleFor(policy, "B-2", kReform), FailsWith(Reason::kClassUnknown));
  EXPECT_THAT(RuleFor(policy, "b 2", kReform), FailsWith(Reason::kInvalidField));
  EXPECT_THAT(RuleFor(policy, std::string(9000, 'X'), kReform), FailsWith(Reason::kInvalidField));
}

// The last lawful day of a stay, counted from the day of arrival, which is 1; 0: no day ends it.
absl::StatusOr<int> LastDay(const AuthorizationRule& rule, const Authorization& asked) {
  const auto admission = Admit(rule, "X", asked, kArrival);
  if (!admission.ok()) return admission.status();
  if (!admission->authorized_until) return 0;
  return static_cast<int>((*admission->authorized_until - kArrival).count()) + 1;
}

TEST(AdmitTest, WhatIsNotAskedForIsWhatTheRuleSays) {
  EXPECT_THAT(LastDay({kFixedDate}, {}), FailsWith(Reason::kMissingField));
  EXPECT_EQ(*LastDay({kDaysFromArrival, 90}, {}), 90);
  EXPECT_EQ(*LastDay({kDurationOfStatus}, {}), 0);
  EXPECT_EQ(*LastDay({kExempt}, {}), 0);
  const auto window = Admit({kDaysInWindow, 90, 180}, "X", {}, kArrival);
  ASSERT_THAT(window, IsOk());
  EXPECT_EQ(*window, (Admission{"X", std::nullopt, WindowRule{90, 180}}));
}

TEST(AdmitTest, AnInspectorMayGrantLessThanTheRuleAndNeverMore) {
  EXPECT_EQ(*LastDay({kFixedDate}, kArrival), 1);
  EXPECT_EQ(*LastDay({kFixedDate}, DaysFromArrival{180}), 180);
  EXPECT_EQ(*LastDay({kFixedDate, 366}, DaysFromArrival{366}), 366);
  EXPECT_THAT(LastDay({kFixedDate, 366}, DaysFromArrival{367}), FailsWith(Reason::kInvalidField));
  EXPECT_THAT(LastDay({kFixedDate, 366}, {}), FailsWith(Reason::kMissingField));
  EXPECT_EQ(*LastDay({kDaysFromArrival, 90}, DaysFromArrival{89}), 89);
  EXPECT_EQ(*LastDay({kDaysFromArrival, 90}, kArrival + days(89)), 90);
  EXPECT_THAT(LastDay({kDaysFromArrival, 90}, kArrival + days(90)),
              FailsWith(Reason::kInvalidField));
  EXPECT_EQ(*LastDay({kDurationOfStatus}, kArrival + days(9)), 10);
  EXPECT_EQ(*LastDay({kDaysInWindow, 90, 180}, kArrival + days(9)), 10);
}

TEST(AdmitTest, OnlyARuleWithoutAnEndGivesDurationOfStatus) {
  EXPECT_EQ(*LastDay({kDurationOfStatus}, DurationOfStatus{}), 0);
  EXPECT_EQ(*LastDay({kExempt}, DurationOfStatus{}), 0);
  EXPECT_THAT(LastDay({kFixedDate}, DurationOfStatus{}), FailsWith(Reason::kInvalidField));
  EXPECT_THAT(LastDay({kDaysFromArrival, 90}, DurationOfStatus{}),
              FailsWith(Reason::kInvalidField));
  EXPECT_THAT(LastDay({kDaysInWindow, 90, 180}, DurationOfStatus{}),
              FailsWith(Reason::kInvalidField));
}

TEST(AdmitTest, RefusesImpossibleDays) {
  EXPECT_THAT(LastDay({kFixedDate}, kArrival - days(1)), FailsWith(Reason::kInvalidField));
  EXPECT_THAT(LastDay({kFixedDate}, DaysFromArrival{0}), FailsWith(Reason::kInvalidField));
  EXPECT_THAT(LastDay({kFixedDate}, DaysFromArrival{3661}), FailsWith(Reason::kInvalidField));
  EXPECT_THAT(LastDay({kDurationOfStatus}, kArrival + days(kMaxDays)),
              FailsWith(Reason::kInvalidField));
}

TEST(AdmissionNamesTest, NamesLeadBack) {
  EXPECT_EQ(AdmissionChangeKindFromName("CHANGE_OF_STATUS"), AdmissionChangeKind::kChangeOfStatus);
  EXPECT_EQ(AdmissionDecisionFromName("WITHDRAWN"), AdmissionDecision::kWithdrawn);
}

}  // namespace
}  // namespace entryexit::core
