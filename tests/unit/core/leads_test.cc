#include "entryexit/core/leads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace entryexit::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const CrossingId kDeparture("d");

constexpr Date kToday = std::chrono::sys_days(std::chrono::year(2026) / 9 / 1);

std::vector<Lead> LeadsOfOutcome(Outcome outcome) {
  return LeadsOf({}, {{kDeparture, outcome}}, kToday);
}

TEST(LeadsTest, OnlyOutcomesThatNeedAnOfficerRaiseOne) {
  EXPECT_THAT(LeadsOfOutcome(Outcome::kMatch), IsEmpty());
  EXPECT_THAT(LeadsOfOutcome(Outcome::kLowQuality), IsEmpty());
  EXPECT_THAT(LeadsOfOutcome(Outcome::kExempt), IsEmpty());
  EXPECT_THAT(LeadsOfOutcome(Outcome::kOptedOut), IsEmpty());
  EXPECT_THAT(LeadsOfOutcome(Outcome::kNoMatch),
              ElementsAre(Lead{CaseKind::kIdentityNoMatch, kDeparture, Severity::kHigh}));
  EXPECT_THAT(LeadsOfOutcome(Outcome::kInconclusive),
              ElementsAre(Lead{CaseKind::kIdentityInconclusive, kDeparture, Severity::kMedium}));
  EXPECT_THAT(LeadsOfOutcome(Outcome::kNoReference),
              ElementsAre(Lead{CaseKind::kNoReference, kDeparture, Severity::kLow}));
}

TEST(LeadsTest, ADepartureWithoutAnArrivalIsOneLeadNotTwo) {
  StayHistory history;
  history.flags.push_back({FlagKind::kDepartureWithoutArrival, kDeparture});
  EXPECT_THAT(LeadsOf(history, {{kDeparture, Outcome::kNoReference}}, kToday),
              ElementsAre(Lead{CaseKind::kDepartureWithoutArrival, kDeparture, Severity::kLow}));
}

TEST(LeadsTest, AnImpostorWhoLeavesLateIsTwoLeads) {
  StayHistory history;
  history.flags.push_back({FlagKind::kOverstay, kDeparture, 12});
  EXPECT_THAT(LeadsOf(history, {{kDeparture, Outcome::kNoMatch}}, kToday),
              UnorderedElementsAre(Lead{CaseKind::kOverstay, kDeparture, Severity::kMedium, 12},
                                   Lead{CaseKind::kIdentityNoMatch, kDeparture, Severity::kHigh}));
}

TEST(LeadsTest, AnOpenStayIsSuspectedFromTheDayAfterTheLastLawfulOne) {
  StayHistory history;
  Stay& stay = history.stays.emplace_back();
  stay.arrival_id = CrossingId("a");
  stay.arrived_on = kToday - std::chrono::days(30);
  stay.authorized_until = kToday;
  EXPECT_THAT(LeadsOf(history, {}, kToday), IsEmpty());
  const auto one_day = LeadsOf(history, {}, kToday + std::chrono::days(1));
  EXPECT_THAT(one_day,
              ElementsAre(Lead{CaseKind::kSuspectedOverstay, stay.arrival_id, Severity::kMedium}));
  EXPECT_EQ(LeadsOf(history, {}, kToday + std::chrono::days(180)), one_day)
      << "a case is not to be touched every night";
  EXPECT_EQ(LeadsOf(history, {}, kToday + std::chrono::days(181))[0].severity, Severity::kHigh);
}

TEST(SeverityTest, OfAnOverstayRisesAfter180Days) {
  EXPECT_EQ(SeverityOf(CaseKind::kOverstay, 1), Severity::kMedium);
  EXPECT_EQ(SeverityOf(CaseKind::kOverstay, 180), Severity::kMedium);
  EXPECT_EQ(SeverityOf(CaseKind::kOverstay, 181), Severity::kHigh);
  EXPECT_EQ(SeverityOf(CaseKind::kIdentityNoMatch, 0), Severity::kHigh);
}

TEST(CaseStateTest, OnlyARequestThatWasNotGrantedIsADispute) {
  for (const CaseState state : {CaseState::kOpen, CaseState::kAwaitsSecondOfficer,
                                CaseState::kUpheld, CaseState::kDismissed, CaseState::kWithdrawn}) {
    EXPECT_EQ(IsDispute(CaseKind::kCorrectionRequest, state),
              state != CaseState::kUpheld && state != CaseState::kWithdrawn)
        << NameOf(state);
    EXPECT_FALSE(IsDispute(CaseKind::kOverstay, state));
  }
}

TEST(CaseNamesTest, GoBothWays) {
  for (const CaseKind kind :
       {CaseKind::kIdentityNoMatch, CaseKind::kIdentityInconclusive, CaseKind::kNoReference,
        CaseKind::kOverstay, CaseKind::kDepartureWithoutArrival, CaseKind::kArrivalOnOpenStay,
        CaseKind::kDocumentDataConflict, CaseKind::kSuspectedOverstay,
        CaseKind::kCorrectionRequest}) {
    EXPECT_EQ(CaseKindFromName(NameOf(kind)), kind);
  }
  for (const CaseState state : {CaseState::kOpen, CaseState::kAwaitsSecondOfficer,
                                CaseState::kUpheld, CaseState::kDismissed, CaseState::kWithdrawn}) {
    EXPECT_EQ(CaseStateFromName(NameOf(state)), state);
  }
  EXPECT_EQ(CaseKindFromName(""), std::nullopt);
  EXPECT_EQ(CaseStateFromName("open"), std::nullopt);
}

}  // namespace
}  // namespace entryexit::core
