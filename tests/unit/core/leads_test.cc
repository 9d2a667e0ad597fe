#include "entryexit/core/leads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace entryexit::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const CrossingId kDeparture("d");

std::vector<Lead> LeadsOfOutcome(Outcome outcome) { return LeadsOf({}, {{kDeparture, outcome}}); }

TEST(LeadsTest, OnlyOutcomesThatNeedAnOfficerRaiseOne) {
  EXPECT_THAT(LeadsOfOutcome(Outcome::kMatch), IsEmpty());
  EXPECT_THAT(LeadsOfOutcome(Outcome::kLowQuality), IsEmpty());
  EXPECT_THAT(LeadsOfOutcome(Outcome::kExempt), IsEmpty());
  EXPECT_THAT(LeadsOfOutcome(Outcome::kOptedOut), IsEmpty());
  EXPECT_THAT(LeadsOfOutcome(Outcome::kNoMatch),
              ElementsAre(Lead{CaseKind::kIdentityNoMatch, kDeparture}));
  EXPECT_THAT(LeadsOfOutcome(Outcome::kInconclusive),
              ElementsAre(Lead{CaseKind::kIdentityInconclusive, kDeparture}));
  EXPECT_THAT(LeadsOfOutcome(Outcome::kNoReference),
              ElementsAre(Lead{CaseKind::kNoReference, kDeparture}));
}

TEST(LeadsTest, ADepartureWithoutAnArrivalIsOneLeadNotTwo) {
  StayHistory history;
  history.flags.push_back({FlagKind::kDepartureWithoutArrival, kDeparture});
  EXPECT_THAT(LeadsOf(history, {{kDeparture, Outcome::kNoReference}}),
              ElementsAre(Lead{CaseKind::kDepartureWithoutArrival, kDeparture}));
}

TEST(LeadsTest, AnImpostorWhoLeavesLateIsTwoLeads) {
  StayHistory history;
  history.flags.push_back({FlagKind::kOverstay, kDeparture, 12});
  EXPECT_THAT(LeadsOf(history, {{kDeparture, Outcome::kNoMatch}}),
              UnorderedElementsAre(Lead{CaseKind::kOverstay, kDeparture, 12},
                                   Lead{CaseKind::kIdentityNoMatch, kDeparture}));
}

TEST(SeverityTest, OfAnOverstayRisesAfter180Days) {
  EXPECT_EQ(SeverityOf(CaseKind::kOverstay, 1), Severity::kMedium);
  EXPECT_EQ(SeverityOf(CaseKind::kOverstay, 180), Severity::kMedium);
  EXPECT_EQ(SeverityOf(CaseKind::kOverstay, 181), Severity::kHigh);
  EXPECT_EQ(SeverityOf(CaseKind::kIdentityNoMatch, 0), Severity::kHigh);
}

TEST(CaseNamesTest, GoBothWays) {
  for (const CaseKind kind :
       {CaseKind::kIdentityNoMatch, CaseKind::kIdentityInconclusive, CaseKind::kNoReference,
        CaseKind::kOverstay, CaseKind::kDepartureWithoutArrival, CaseKind::kArrivalOnOpenStay,
        CaseKind::kDocumentDataConflict}) {
    EXPECT_EQ(CaseKindFromName(NameOf(kind)), kind);
  }
  for (const CaseState state :
       {CaseState::kOpen, CaseState::kUpheld, CaseState::kDismissed, CaseState::kWithdrawn}) {
    EXPECT_EQ(CaseStateFromName(NameOf(state)), state);
  }
  EXPECT_EQ(CaseKindFromName(""), std::nullopt);
  EXPECT_EQ(CaseStateFromName("open"), std::nullopt);
}

}  // namespace
}  // namespace entryexit::core
