#include "entryexit/app/decide_case.h"

#include <atomic>
#include <thread>

#include "entryexit/crypto/digest.h"
#include "tests/integration/app/app_fixture.h"

namespace entryexit::app {
namespace {

using core::CaseState;
using core::Reason;
using ::entryexit::testing::FailsWith;
using ::entryexit::testing::IsOk;
using ::testing::SizeIs;

// One open case: an impostor's departure.
class DecideCaseTest : public AppTest {
 protected:
  DecideCaseTest() {
    PlanFace("anna", 0.0);
    PlanFace("somebody else", 3.0);
    Record(Arrival(0, "anna", 30));
    Record(Departure(10, "somebody else"));
  }

  CaseView Case() { return TheCase(core::CaseKind::kIdentityNoMatch); }

  DecisionRequest Request(Decision decision) {
    const ports::CaseRecord record = Case().record;
    return {core::RequestId(crypto::NewUuid()), record.case_id, record.version, decision,
            "compared both faces in person"};
  }
};

TEST_F(DecideCaseTest, RecordsTheDecisionAndLeavesTheOutcome) {
  const auto decided = decide_->Decide(OfficerCall(), Request(Decision::kUphold));
  ASSERT_THAT(decided, IsOk());
  EXPECT_EQ(decided->state, CaseState::kUpheld);
  const CaseView view = Case();
  EXPECT_EQ(view.record.state, CaseState::kUpheld);
  EXPECT_EQ(view.comparison->receipt.outcome, core::Outcome::kNoMatch);
  ASSERT_THAT(view.events, SizeIs(2));
  EXPECT_EQ(view.events[1].kind, ports::CaseEventKind::kUpheld);
  EXPECT_EQ(view.events[1].principal, "officer/4711");
  EXPECT_EQ(view.events[1].reason, "compared both faces in person");
}

TEST_F(DecideCaseTest, WhoIsFoundToBeTheTravelerHasDepartedForCertain) {
  Record(Arrival(0, "anna", 5, "X2"));
  Record(Departure(20, "somebody else", "X2"));
  EXPECT_EQ(Traveler("X2").stays[0].stay.state, core::StayState::kDepartureUnconfirmed);
  const ports::CaseRecord record = TheCase(core::CaseKind::kIdentityNoMatch, "X2").record;
  const auto decided =
      decide_->Decide(OfficerCall(), {core::RequestId(crypto::NewUuid()), record.case_id,
                                      record.version, Decision::kDismiss, "her passport photo"});
  ASSERT_THAT(decided, IsOk());
  EXPECT_EQ(decided->state, CaseState::kDismissed);
  EXPECT_EQ(Traveler("X2").stays[0].stay.state, core::StayState::kClosed);
  EXPECT_EQ(TheCase(core::CaseKind::kOverstay, "X2").record.days_overstayed, 15);
}

TEST_F(DecideCaseTest, AnUpheldLeadLeavesTheDepartureInDoubt) {
  ASSERT_THAT(decide_->Decide(OfficerCall(), Request(Decision::kUphold)), IsOk());
  EXPECT_EQ(Traveler().stays[0].stay.state, core::StayState::kDepartureUnconfirmed);
}

TEST_F(DecideCaseTest, ADecidedCaseCannotBeDecidedAgain) {
  ASSERT_THAT(decide_->Decide(OfficerCall(), Request(Decision::kDismiss)), IsOk());
  EXPECT_THAT(decide_->Decide(OfficerCall(), Request(Decision::kUphold)),
              FailsWith(Reason::kCaseClosed));
}

TEST_F(DecideCaseTest, ARetryGetsTheSameAnswerAndARequestIdStandsForOneDecision) {
  const DecisionRequest request = Request(Decision::kDismiss);
  ASSERT_THAT(decide_->Decide(OfficerCall(), request), IsOk());
  const auto again = decide_->Decide(OfficerCall(), request);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->state, CaseState::kDismissed);
  EXPECT_THAT(Case().events, SizeIs(2));

  DecisionRequest other = request;
  other.decision = Decision::kUphold;
  EXPECT_THAT(decide_->Decide(OfficerCall(), other), FailsWith(Reason::kRequestIdReused));
  EXPECT_THAT(decide_->Decide(OfficerCall("4712"), request), FailsWith(Reason::kRequestIdReused));
}

TEST_F(DecideCaseTest, AnOfficerWhoSawAnOlderVersionIsToldSo) {
  DecisionRequest request = Request(Decision::kDismiss);
  request.version += 1;
  EXPECT_THAT(decide_->Decide(OfficerCall(), request), FailsWith(Reason::kCaseChanged));
}

TEST_F(DecideCaseTest, OfManyOfficersAtOnceOneDecides) {
  std::atomic<int> decided = 0;
  std::vector<std::thread> officers;
  for (int i = 0; i < 8; ++i) {
    officers.emplace_back([&, i, request = Request(Decision::kUphold)] {
      const auto result = decide_->Decide(OfficerCall(std::to_string(i)), request);
      if (result.ok())
        ++decided;
      else
        EXPECT_THAT(result, FailsWith(Reason::kCaseClosed));
    });
  }
  for (std::thread& officer : officers) officer.join();
  EXPECT_EQ(decided, 1);
  EXPECT_THAT(Case().events, SizeIs(2));
}

TEST_F(DecideCaseTest, OneRequestFromEightClientsAtOnceIsAnsweredAlike) {
  const DecisionRequest request = Request(Decision::kUphold);
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      const auto result = decide_->Decide(OfficerCall(), request);
      ASSERT_THAT(result, IsOk());
      EXPECT_EQ(result->state, CaseState::kUpheld);
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_THAT(Case().events, SizeIs(2));
}

TEST_F(DecideCaseTest, ADismissedLeadIsNotRaisedAgainByTheNextCrossing) {
  ASSERT_THAT(decide_->Decide(OfficerCall(), Request(Decision::kDismiss)), IsOk());
  Record(Arrival(20, "anna", 30));
  EXPECT_EQ(Case().record.state, CaseState::kDismissed);
}

TEST_F(DecideCaseTest, ADismissedOverstayIsOpenedAgainOnlyWhenItGrowsGraver) {
  Record(Arrival(-150, "anna", -10, "X2"));
  Record(Departure(95, "anna", "X2"));
  const ports::CaseRecord opened = TheCase(core::CaseKind::kOverstay, "X2").record;
  EXPECT_EQ(opened.days_overstayed, 105);
  ASSERT_THAT(decide_->Decide(OfficerCall(), {core::RequestId(crypto::NewUuid()), opened.case_id,
                                              opened.version, Decision::kDismiss, "had a waiver"}),
              IsOk());

  Record(Arrival(-145, "anna", -20, "X2"));  // Becomes known late: 115 days, no graver.
  const CaseView dismissed = TheCase(core::CaseKind::kOverstay, "X2");
  EXPECT_EQ(dismissed.record.state, CaseState::kDismissed);
  EXPECT_EQ(dismissed.record.days_overstayed, 105) << "what the officer saw";
  EXPECT_THAT(dismissed.events, SizeIs(2));

  Record(Arrival(-140, "anna", -130, "X2"));
  const CaseView reopened = TheCase(core::CaseKind::kOverstay, "X2");
  EXPECT_EQ(reopened.record.state, CaseState::kOpen);
  EXPECT_EQ(reopened.record.days_overstayed, 225);
  EXPECT_EQ(reopened.record.severity, core::Severity::kHigh);
  EXPECT_EQ(reopened.events.back().kind, ports::CaseEventKind::kReopened);
}

TEST_F(DecideCaseTest, WantsAReasonAndAnExistingCase) {
  DecisionRequest request = Request(Decision::kUphold);
  request.reason = "";
  EXPECT_THAT(decide_->Decide(OfficerCall(), request), FailsWith(Reason::kMissingField));
  request.reason = std::string(2001, 'x');
  EXPECT_THAT(decide_->Decide(OfficerCall(), request), FailsWith(Reason::kInvalidField));
  request.reason = "";
  for (int i = 0; i < 2000; ++i) request.reason += "\xC3\xA9";  // 2000 characters, 4000 bytes
  EXPECT_THAT(decide_->Decide(OfficerCall(), request), IsOk());
  request.reason = std::string("a\0b", 3);
  EXPECT_THAT(decide_->Decide(OfficerCall(), request), FailsWith(Reason::kInvalidField));
  request.request_id = core::RequestId(crypto::NewUuid());
  request.reason = "seen";
  request.case_id = core::CaseId(crypto::NewUuid());
  EXPECT_THAT(decide_->Decide(OfficerCall(), request), FailsWith(Reason::kCaseNotFound));
}

}  // namespace
}  // namespace entryexit::app
