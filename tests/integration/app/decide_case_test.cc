#include "entryexit/app/decide_case.h"

#include <algorithm>
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
using ports::CaseEventKind;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
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

  static DecisionRequest RequestOn(const ports::CaseRecord& record, core::CaseDecision decision) {
    return {core::RequestId(crypto::NewUuid()), record.case_id, record.version, decision,
            "compared both faces in person"};
  }
  DecisionRequest Request(core::CaseDecision decision) {
    return RequestOn(Case().record, decision);
  }

  // Decides the case as it is; fails the test on an error.
  CaseState Decide(const Call& call, core::CaseDecision decision) {
    const auto decided = decide_->Decide(call, Request(decision));
    EXPECT_THAT(decided, IsOk());
    return decided.ok() ? decided->state : CaseState::kWithdrawn;
  }

  std::vector<CaseEventKind> History() {
    std::vector<CaseEventKind> kinds;
    for (const ports::CaseEvent& event : Case().events) kinds.push_back(event.kind);
    return kinds;
  }
};

TEST_F(DecideCaseTest, ADecisionAgainstThePersonTakesTwoOfficers) {
  const auto first = decide_->Decide(OfficerCall(), Request(core::CaseDecision::kUphold));
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->state, CaseState::kAwaitsSecondOfficer);
  EXPECT_EQ(first->first_officer, "officer/4711");
  EXPECT_EQ(Case().record.first_officer, "officer/4711");
  const auto second = decide_->Decide(OfficerCall("4712"), Request(core::CaseDecision::kUphold));
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->state, CaseState::kUpheld);

  const CaseView view = Case();
  EXPECT_EQ(view.record.state, CaseState::kUpheld);
  EXPECT_EQ(view.record.first_officer, std::nullopt);
  ASSERT_THAT(History(), ElementsAre(CaseEventKind::kOpened, CaseEventKind::kUpheldByOne,
                                     CaseEventKind::kUpheld));
  EXPECT_EQ(view.events[1].principal, "officer/4711");
  EXPECT_EQ(view.events[1].reason, "compared both faces in person");
  EXPECT_EQ(view.events[2].principal, "officer/4712");
}

TEST_F(DecideCaseTest, NobodyIsTheirOwnSecondOfficer) {
  Decide(OfficerCall(), core::CaseDecision::kUphold);
  // Neither as an officer nor, with another certificate, as a supervisor.
  for (const Call& call : {OfficerCall("4711"), SupervisorCall("4711")}) {
    const auto again = decide_->Decide(call, Request(core::CaseDecision::kUphold));
    EXPECT_THAT(again, FailsWith(Reason::kSecondOfficerRequired));
    EXPECT_THAT(std::string(again.status().message()),
                HasSubstr("its state is AWAITS_SECOND_OFFICER, its etag is 2"));
  }
  EXPECT_EQ(Case().record.state, CaseState::kAwaitsSecondOfficer);
  EXPECT_EQ(Decide(SupervisorCall("12"), core::CaseDecision::kUphold), CaseState::kUpheld);
}

TEST_F(DecideCaseTest, TwoSupervisorsAreTwoPeopleToo) {
  EXPECT_EQ(Decide(SupervisorCall("12"), core::CaseDecision::kUphold),
            CaseState::kAwaitsSecondOfficer);
  EXPECT_THAT(decide_->Decide(SupervisorCall("12"), Request(core::CaseDecision::kUphold)),
              FailsWith(Reason::kSecondOfficerRequired));
  EXPECT_EQ(Decide(SupervisorCall("13"), core::CaseDecision::kUphold), CaseState::kUpheld);
}

TEST_F(DecideCaseTest, TwoWhoDisagreeHaveDecidedNothing) {
  Decide(OfficerCall("4711"), core::CaseDecision::kUphold);
  EXPECT_EQ(Decide(OfficerCall("4712"), core::CaseDecision::kDismiss), CaseState::kOpen);
  EXPECT_THAT(OpenCases(), ElementsAre(core::CaseKind::kIdentityNoMatch));
  EXPECT_EQ(Traveler().stays[0].stay.state, core::StayState::kDepartureUnconfirmed);
  // It begins anew: the first of before may be the second.
  EXPECT_EQ(Decide(OfficerCall("4712"), core::CaseDecision::kUphold),
            CaseState::kAwaitsSecondOfficer);
  EXPECT_EQ(Decide(OfficerCall("4711"), core::CaseDecision::kUphold), CaseState::kUpheld);
  EXPECT_THAT(History(), ElementsAre(CaseEventKind::kOpened, CaseEventKind::kUpheldByOne,
                                     CaseEventKind::kNotConfirmed, CaseEventKind::kUpheldByOne,
                                     CaseEventKind::kUpheld));
}

TEST_F(DecideCaseTest, OnlyASupervisorTakesADecisionBackAndBothAreKept) {
  Decide(OfficerCall("4711"), core::CaseDecision::kUphold);
  EXPECT_THAT(decide_->Decide(SupervisorCall(), Request(core::CaseDecision::kReopen)),
              FailsWith(Reason::kCaseNotClosed));
  Decide(OfficerCall("4712"), core::CaseDecision::kUphold);
  EXPECT_THAT(decide_->Decide(OfficerCall("4713"), Request(core::CaseDecision::kReopen)),
              FailsWith(Reason::kRoleNotAllowed));
  EXPECT_EQ(Decide(SupervisorCall(), core::CaseDecision::kReopen), CaseState::kOpen);
  EXPECT_EQ(Decide(OfficerCall("4713"), core::CaseDecision::kDismiss), CaseState::kDismissed);
  EXPECT_THAT(History(), ElementsAre(CaseEventKind::kOpened, CaseEventKind::kUpheldByOne,
                                     CaseEventKind::kUpheld, CaseEventKind::kReopened,
                                     CaseEventKind::kDismissed));
  EXPECT_EQ(Case().events[3].principal, "supervisor/12");
}

TEST_F(DecideCaseTest, ToUpholdWhatWasDismissedTakesTwoAgain) {
  Decide(OfficerCall("4711"), core::CaseDecision::kDismiss);
  EXPECT_EQ(Traveler().stays[0].stay.state, core::StayState::kClosed);
  Decide(SupervisorCall("12"), core::CaseDecision::kReopen);
  EXPECT_EQ(Traveler().stays[0].stay.state, core::StayState::kDepartureUnconfirmed)
      << "who departed is not known again";
  EXPECT_EQ(Decide(SupervisorCall("12"), core::CaseDecision::kUphold),
            CaseState::kAwaitsSecondOfficer);
  EXPECT_EQ(Decide(OfficerCall("4711"), core::CaseDecision::kUphold), CaseState::kUpheld);
}

TEST_F(DecideCaseTest, ADismissalThatIsTakenBackWithdrawsTheOverstayThatItHadShown) {
  Record(Arrival(0, "anna", 5, "X2"));
  Record(Departure(20, "somebody else", "X2"));
  const auto decide = [&](const Call& call, core::CaseDecision decision) {
    ASSERT_THAT(
        decide_->Decide(
            call, RequestOn(TheCase(core::CaseKind::kIdentityNoMatch, "X2").record, decision)),
        IsOk());
  };
  decide(OfficerCall(), core::CaseDecision::kDismiss);
  EXPECT_EQ(TheCase(core::CaseKind::kOverstay, "X2").record.state, CaseState::kOpen);
  decide(SupervisorCall(), core::CaseDecision::kReopen);
  EXPECT_EQ(TheCase(core::CaseKind::kOverstay, "X2").record.state, CaseState::kWithdrawn);
  decide(OfficerCall(), core::CaseDecision::kDismiss);
  EXPECT_EQ(TheCase(core::CaseKind::kOverstay, "X2").record.state, CaseState::kOpen);
}

TEST_F(DecideCaseTest, WhatBecomesKnownEndsTheWaitForASecondOfficer) {
  Record(Arrival(-50, "anna", -10, "X2"));
  Record(Departure(5, "anna", "X2"));
  const ports::CaseRecord overstay = TheCase(core::CaseKind::kOverstay, "X2").record;
  ASSERT_THAT(decide_->Decide(OfficerCall(), RequestOn(overstay, core::CaseDecision::kUphold)),
              IsOk());
  Record(Arrival(-45, "anna", 0, "X2"));  // Becomes known late: 5 days, not 15.
  const CaseView reopened = TheCase(core::CaseKind::kOverstay, "X2");
  EXPECT_EQ(reopened.record.state, CaseState::kOpen);
  EXPECT_EQ(reopened.record.days_overstayed, 5);
  EXPECT_EQ(reopened.record.first_officer, std::nullopt);
  EXPECT_EQ(reopened.events.back().kind, CaseEventKind::kReopened);
  EXPECT_EQ(reopened.events.back().principal, "service");
  EXPECT_THAT(decide_->Decide(OfficerCall("4712"),
                              {core::RequestId(crypto::NewUuid()), overstay.case_id,
                               overstay.version + 1, core::CaseDecision::kUphold, "15 days"}),
              FailsWith(Reason::kCaseChanged))
      << "nobody confirms what they have not seen";
}

TEST_F(DecideCaseTest, AnUpheldOverstayIsOpenedAgainOnlyWhenItGrowsGraver) {
  Record(Arrival(-150, "anna", -10, "X2"));
  Record(Departure(95, "anna", "X2"));
  for (const char* const officer : {"4711", "4712"}) {
    ASSERT_THAT(decide_->Decide(OfficerCall(officer),
                                RequestOn(TheCase(core::CaseKind::kOverstay, "X2").record,
                                          core::CaseDecision::kUphold)),
                IsOk());
  }
  Record(Arrival(-145, "anna", -20, "X2"));  // Becomes known late: 115 days, no graver.
  EXPECT_EQ(TheCase(core::CaseKind::kOverstay, "X2").record.state, CaseState::kUpheld);
  Record(Arrival(-140, "anna", -130, "X2"));  // 225 days: nobody has found that.
  EXPECT_EQ(TheCase(core::CaseKind::kOverstay, "X2").record.state, CaseState::kOpen);
}

// Every way through the states, whoever walks it: what the machine said stays, and nothing but it
// is what a replay comes to.
TEST_F(DecideCaseTest, NoDecisionTurnsAMachineNoMatchIntoAMatch) {
  const core::CrossingId departure = Case().record.crossing_id;
  const auto expect_no_match = [&] {
    const std::vector<CrossingView> crossings = Crossings();
    const auto found = std::ranges::find(
        crossings, departure, [](const CrossingView& view) { return view.crossing.crossing_id; });
    ASSERT_THAT(found->comparisons, SizeIs(1));
    EXPECT_EQ(found->comparisons[0].receipt.outcome, core::Outcome::kNoMatch);
    const auto replay = replay_->ReplayCrossing(OfficerCall(), departure);
    ASSERT_THAT(replay, IsOk());
    EXPECT_EQ(replay->replayed.outcome, core::Outcome::kNoMatch);
  };
  using enum core::CaseDecision;
  const std::vector<std::pair<Call, core::CaseDecision>> walk = {
      {OfficerCall("1"), kUphold},     {OfficerCall("2"), kDismiss}, {OfficerCall("1"), kDismiss},
      {SupervisorCall(), kReopen},     {OfficerCall("1"), kUphold},  {OfficerCall("2"), kUphold},
      {SupervisorCall(), kReopen},     {SupervisorCall(), kUphold},  {OfficerCall("2"), kUphold},
      {SupervisorCall("13"), kReopen}, {SupervisorCall(), kDismiss}};
  for (const auto& [call, decision] : walk) {
    Decide(call, decision);
    expect_no_match();
  }
  EXPECT_EQ(Case().record.state, CaseState::kDismissed);
  EXPECT_THAT(Case().events, SizeIs(walk.size() + 1));
}

TEST_F(DecideCaseTest, WhoIsFoundToBeTheTravelerHasDepartedForCertain) {
  Record(Arrival(0, "anna", 5, "X2"));
  Record(Departure(20, "somebody else", "X2"));
  EXPECT_EQ(Traveler("X2").stays[0].stay.state, core::StayState::kDepartureUnconfirmed);
  const ports::CaseRecord record = TheCase(core::CaseKind::kIdentityNoMatch, "X2").record;
  const auto decided = decide_->Decide(
      OfficerCall(), {core::RequestId(crypto::NewUuid()), record.case_id, record.version,
                      core::CaseDecision::kDismiss, "her passport photo"});
  ASSERT_THAT(decided, IsOk());
  EXPECT_EQ(decided->state, CaseState::kDismissed);
  EXPECT_EQ(Traveler("X2").stays[0].stay.state, core::StayState::kClosed);
  EXPECT_EQ(TheCase(core::CaseKind::kOverstay, "X2").record.days_overstayed, 15);
}

TEST_F(DecideCaseTest, AnUpheldLeadLeavesTheDepartureInDoubt) {
  for (const char* const officer : {"4711", "4712"}) {
    Decide(OfficerCall(officer), core::CaseDecision::kUphold);
    EXPECT_EQ(Traveler().stays[0].stay.state, core::StayState::kDepartureUnconfirmed);
  }
}

TEST_F(DecideCaseTest, ADecidedCaseCannotBeDecidedAgain) {
  ASSERT_THAT(decide_->Decide(OfficerCall(), Request(core::CaseDecision::kDismiss)), IsOk());
  const auto again = decide_->Decide(OfficerCall(), Request(core::CaseDecision::kUphold));
  EXPECT_THAT(again, FailsWith(Reason::kCaseClosed));
  EXPECT_THAT(std::string(again.status().message()),
              HasSubstr("its state is DISMISSED, its etag is 2"));
}

TEST_F(DecideCaseTest, ARetryGetsTheSameAnswerAndARequestIdStandsForOneDecision) {
  const DecisionRequest request = Request(core::CaseDecision::kDismiss);
  ASSERT_THAT(decide_->Decide(OfficerCall(), request), IsOk());
  const auto again = decide_->Decide(OfficerCall(), request);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->state, CaseState::kDismissed);
  EXPECT_THAT(Case().events, SizeIs(2));

  DecisionRequest other = request;
  other.decision = core::CaseDecision::kUphold;
  EXPECT_THAT(decide_->Decide(OfficerCall(), other), FailsWith(Reason::kRequestIdReused));
  EXPECT_THAT(decide_->Decide(OfficerCall("4712"), request), FailsWith(Reason::kRequestIdReused));
}

TEST_F(DecideCaseTest, AnOfficerWhoSawAnOlderVersionIsToldSo) {
  DecisionRequest request = Request(core::CaseDecision::kDismiss);
  request.version += 1;
  EXPECT_THAT(decide_->Decide(OfficerCall(), request), FailsWith(Reason::kCaseChanged));
}

TEST_F(DecideCaseTest, OfManyOfficersAtOnceOneDecidesAndTheOthersAreToldWhatTheCaseIsNow) {
  const ports::CaseRecord seen = Case().record;
  std::atomic<int> decided = 0;
  std::vector<std::thread> officers;
  for (int i = 0; i < 8; ++i) {
    const auto decision = i % 2 == 0 ? core::CaseDecision::kUphold : core::CaseDecision::kDismiss;
    officers.emplace_back([&, i, request = RequestOn(seen, decision)] {
      const auto result = decide_->Decide(OfficerCall(std::to_string(i)), request);
      if (result.ok()) {
        ++decided;
        return;
      }
      EXPECT_THAT(result, FailsWith(Reason::kCaseChanged));
      EXPECT_THAT(std::string(result.status().message()),
                  AllOf(AnyOf(HasSubstr("its state is AWAITS_SECOND_OFFICER"),
                              HasSubstr("its state is DISMISSED")),
                        HasSubstr("its etag is 2, not 1")));
    });
  }
  for (std::thread& officer : officers) officer.join();
  EXPECT_EQ(decided, 1);
  EXPECT_THAT(Case().events, SizeIs(2));
}

TEST_F(DecideCaseTest, OfManySecondOfficersAtOnceOneIsTheSecond) {
  Decide(OfficerCall("first"), core::CaseDecision::kUphold);
  const ports::CaseRecord seen = Case().record;
  std::atomic<int> decided = 0;
  std::vector<std::thread> officers;
  for (int i = 0; i < 8; ++i) {
    const auto decision = i % 2 == 0 ? core::CaseDecision::kUphold : core::CaseDecision::kDismiss;
    officers.emplace_back([&, i, request = RequestOn(seen, decision)] {
      const auto result = decide_->Decide(OfficerCall(std::to_string(i)), request);
      if (result.ok())
        ++decided;
      else
        EXPECT_THAT(result, FailsWith(Reason::kCaseChanged));
    });
  }
  for (std::thread& officer : officers) officer.join();
  EXPECT_EQ(decided, 1);
  EXPECT_THAT(Case().events, SizeIs(3));
  EXPECT_THAT(Case().record.state, AnyOf(CaseState::kUpheld, CaseState::kOpen));
}

TEST_F(DecideCaseTest, OneRequestFromEightClientsAtOnceIsAnsweredAlike) {
  const DecisionRequest request = Request(core::CaseDecision::kUphold);
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      const auto result = decide_->Decide(OfficerCall(), request);
      ASSERT_THAT(result, IsOk());
      EXPECT_EQ(result->state, CaseState::kAwaitsSecondOfficer);
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_THAT(Case().events, SizeIs(2));
}

TEST_F(DecideCaseTest, ADismissedLeadIsNotRaisedAgainByTheNextCrossing) {
  ASSERT_THAT(decide_->Decide(OfficerCall(), Request(core::CaseDecision::kDismiss)), IsOk());
  Record(Arrival(20, "anna", 30));
  EXPECT_EQ(Case().record.state, CaseState::kDismissed);
}

TEST_F(DecideCaseTest, ADismissedOverstayIsOpenedAgainOnlyWhenItGrowsGraver) {
  Record(Arrival(-150, "anna", -10, "X2"));
  Record(Departure(95, "anna", "X2"));
  const ports::CaseRecord opened = TheCase(core::CaseKind::kOverstay, "X2").record;
  EXPECT_EQ(opened.days_overstayed, 105);
  ASSERT_THAT(decide_->Decide(OfficerCall(),
                              {core::RequestId(crypto::NewUuid()), opened.case_id, opened.version,
                               core::CaseDecision::kDismiss, "had a waiver"}),
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
  DecisionRequest request = Request(core::CaseDecision::kUphold);
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
