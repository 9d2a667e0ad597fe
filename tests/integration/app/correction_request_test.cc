#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "entryexit/app/file_correction_request.h"
#include "entryexit/crypto/digest.h"
#include "tests/integration/app/app_fixture.h"

namespace entryexit::app {
namespace {

using core::CaseDecision;
using core::CaseKind;
using core::CaseState;
using core::Outcome;
using core::Reason;
using ports::CaseEventKind;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::Field;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::SizeIs;

// Anna arrived, and then somebody else on her document, by mistake; her departure is not matched.
class CorrectionRequestTest : public AppTest {
 protected:
  CorrectionRequestTest() {
    PlanFace("anna", 0.0);
    PlanFace("anna again", 0.4);
    PlanFace("somebody else", 3.0);
    arrival_ = Record(Arrival(0, "anna", 30)).crossing->crossing_id;
    wrong_ = Record(Arrival(20, "somebody else", 50)).crossing->crossing_id;
    departure_ = Record(Departure(25, "anna again")).crossing->crossing_id;
  }

  CorrectionFiling Filing(std::variant<core::CrossingId, core::CaseId> disputed) {
    return {core::RequestId(crypto::NewUuid()), Traveler().traveler.traveler_id,
            std::move(disputed), "On the 21st I was at home: that was not me.", Day(90)};
  }

  ports::CaseRecord File(const CorrectionFiling& filing) {
    const auto filed = file_request_->File(OfficerCall(), filing);
    EXPECT_THAT(filed, IsOk());
    return filed.ok() ? *filed : ports::CaseRecord{};
  }

  CaseView Request() { return TheCase(CaseKind::kCorrectionRequest); }

  DecisionRequest DecisionOnRequest(CaseDecision decision,
                                    std::vector<core::RequestId> done_by = {}) {
    const ports::CaseRecord record = Request().record;
    return {core::RequestId(crypto::NewUuid()),
            record.case_id,
            record.version,
            decision,
            "looked into it",
            std::move(done_by)};
  }
  CaseState Decide(const Call& call, const DecisionRequest& request) {
    const auto decided = decide_->Decide(call, request);
    EXPECT_THAT(decided, IsOk());
    return decided.ok() ? decided->state : CaseState::kWithdrawn;
  }

  // Voids the arrival that was not hers, and returns the request that did.
  core::RequestId Correct() {
    CorrectionRequest request;
    request.request_id = core::RequestId(crypto::NewUuid());
    request.crossing_id = wrong_;
    request.revision = 1;
    request.voided = true;
    request.reason = "another person's";
    EXPECT_THAT(correct_->Correct(SupervisorCall(), request), IsOk());
    return request.request_id;
  }

  std::vector<Outcome> OutcomesOfDeparture() {
    std::vector<Outcome> outcomes;
    for (const CrossingView& view : Crossings()) {
      if (view.crossing.crossing_id != departure_) continue;
      for (const ports::ComparisonRecord& comparison : view.comparisons) {
        outcomes.push_back(comparison.receipt.outcome);
      }
    }
    return outcomes;
  }

  core::CrossingId arrival_;
  core::CrossingId wrong_;
  core::CrossingId departure_;
};

TEST_F(CorrectionRequestTest, IsACaseThatIsDueAfter45Days) {
  const ports::CaseRecord filed = File(Filing(wrong_));
  EXPECT_EQ(filed.kind, CaseKind::kCorrectionRequest);
  EXPECT_EQ(filed.state, CaseState::kOpen);
  EXPECT_EQ(filed.crossing_id, wrong_);
  EXPECT_EQ(filed.terms, (ports::RequestTerms{Day(90), Day(135), std::nullopt}));
  const CaseView view = Request();
  EXPECT_EQ(view.record.terms, filed.terms);
  ASSERT_THAT(view.events, SizeIs(1));
  EXPECT_EQ(view.events[0].kind, CaseEventKind::kOpened);
  EXPECT_EQ(view.events[0].principal, "officer/4711");
  EXPECT_EQ(view.events[0].reason, "On the 21st I was at home: that was not me.");
  EXPECT_EQ(view.crossing.crossing.crossing_id, wrong_);
}

TEST_F(CorrectionRequestTest, MayDisputeACase) {
  const ports::CaseRecord identity = TheCase(CaseKind::kIdentityNoMatch).record;
  const ports::CaseRecord filed = File(Filing(identity.case_id));
  EXPECT_EQ(filed.crossing_id, identity.crossing_id);
  EXPECT_EQ(filed.terms->disputed_case, identity.case_id);
  EXPECT_THAT(file_request_->File(OfficerCall(), Filing(filed.case_id)),
              FailsWith(Reason::kInvalidField))
      << "a request is not in dispute";
}

TEST_F(CorrectionRequestTest, MarksEverythingThatIsSaidOfTheTravelerUntilItIsGranted) {
  const auto expect_disputed = [&](bool disputed) {
    EXPECT_EQ(Traveler().disputed, disputed);
    for (const CrossingView& view : Crossings()) EXPECT_EQ(view.disputed, disputed);
    for (const ports::CaseRecord& record : Cases()) EXPECT_EQ(record.disputed, disputed);
    EXPECT_EQ(TheCase(CaseKind::kIdentityNoMatch).record.disputed, disputed);
  };
  expect_disputed(false);
  File(Filing(wrong_));
  expect_disputed(true);
  Record(Arrival(40, "anna", 70));
  const CrossingRequest departure = Departure(50, "anna again");
  EXPECT_TRUE(Record(departure).disputed);
  EXPECT_TRUE(Record(departure).disputed) << "a retry";
  Record(Departure(50, "anna again", "X2"));
  EXPECT_FALSE(Traveler("X2").disputed) << "another traveler's record is not";

  const core::RequestId done = Correct();
  expect_disputed(true);
  const auto granted =
      decide_->Decide(OfficerCall(), DecisionOnRequest(CaseDecision::kUphold, {done}));
  ASSERT_THAT(granted, IsOk());
  EXPECT_EQ(granted->state, CaseState::kUpheld);
  EXPECT_FALSE(granted->disputed);
  expect_disputed(false);
  EXPECT_FALSE(Record(departure).disputed) << "told as it is now";
}

TEST_F(CorrectionRequestTest, ReportsTellOfADisputeAsItWasKnown) {
  Record(Arrival(40, "anna", 70));
  const auto disputed = [&](core::Timestamp known_at) {
    const auto page =
        queries_->ListOverstays(OfficerCall(), Day(99), known_at, std::nullopt, std::nullopt, 10);
    EXPECT_THAT(page, IsOk());
    EXPECT_THAT(page->rows, SizeIs(1));
    return page->rows.at(0).disputed;
  };
  const core::Timestamp before = clock_.Now() + std::chrono::hours(1);
  clock_.Set(clock_.Now() + std::chrono::hours(2));
  File(Filing(wrong_));
  const core::Timestamp after = clock_.Now() + std::chrono::hours(1);
  EXPECT_FALSE(disputed(before));
  EXPECT_TRUE(disputed(after));
  clock_.Set(clock_.Now() + std::chrono::hours(2));
  const core::RequestId done = Correct();
  Decide(OfficerCall(), DecisionOnRequest(CaseDecision::kUphold, {done}));
  EXPECT_FALSE(disputed(before));
  EXPECT_TRUE(disputed(after)) << "as it was known then";
  EXPECT_FALSE(disputed(clock_.Now() + std::chrono::hours(1)));
}

TEST_F(CorrectionRequestTest, AfterACorrectionBothResultsAreKept) {
  File(Filing(wrong_));
  EXPECT_THAT(OutcomesOfDeparture(), ElementsAre(Outcome::kNoMatch));
  const core::RequestId done = Correct();
  EXPECT_THAT(OutcomesOfDeparture(), ElementsAre(Outcome::kNoMatch, Outcome::kMatch));
  const CaseView identity = TheCase(CaseKind::kIdentityNoMatch);
  EXPECT_EQ(identity.record.state, CaseState::kWithdrawn);
  EXPECT_THAT(identity.crossing.comparisons, SizeIs(2)) << "also where the case is looked at";
  EXPECT_EQ(identity.comparison->receipt.outcome, Outcome::kNoMatch) << "what had raised it";
  EXPECT_EQ(Request().record.state, CaseState::kOpen) << "to grant it is an officer's";
  Decide(OfficerCall(), DecisionOnRequest(CaseDecision::kUphold, {done}));
  const CaseView granted = Request();
  EXPECT_EQ(granted.events.back().kind, CaseEventKind::kUpheld);
  EXPECT_THAT(granted.events.back().done_by, ElementsAre(done));
}

TEST_F(CorrectionRequestTest, ToRefuseItTakesTwoAndLeavesItDisputed) {
  File(Filing(wrong_));
  EXPECT_EQ(Decide(OfficerCall("1"), DecisionOnRequest(CaseDecision::kDismiss)),
            CaseState::kAwaitsSecondOfficer);
  EXPECT_THAT(decide_->Decide(OfficerCall("1"), DecisionOnRequest(CaseDecision::kDismiss)),
              FailsWith(Reason::kSecondOfficerRequired));
  EXPECT_EQ(Decide(OfficerCall("2"), DecisionOnRequest(CaseDecision::kUphold)), CaseState::kOpen)
      << "the second does not agree, and grants nothing by that";
  Decide(OfficerCall("1"), DecisionOnRequest(CaseDecision::kDismiss));
  EXPECT_EQ(Decide(OfficerCall("2"), DecisionOnRequest(CaseDecision::kDismiss)),
            CaseState::kDismissed);
  EXPECT_TRUE(Traveler().disputed) << "the traveler was not heard, and is taken to disagree";
  std::vector<CaseEventKind> kinds;
  for (const ports::CaseEvent& event : Request().events) kinds.push_back(event.kind);
  EXPECT_THAT(kinds, ElementsAre(CaseEventKind::kOpened, CaseEventKind::kDismissedByOne,
                                 CaseEventKind::kNotConfirmed, CaseEventKind::kDismissedByOne,
                                 CaseEventKind::kDismissed));
}

TEST_F(CorrectionRequestTest, IsGrantedByWhatWasDoneToThisTraveler) {
  File(Filing(wrong_));
  const auto grant = [&](std::vector<core::RequestId> done_by) {
    return decide_->Decide(OfficerCall(),
                           DecisionOnRequest(CaseDecision::kUphold, std::move(done_by)));
  };
  EXPECT_THAT(grant({}), FailsWith(Reason::kMissingField));
  EXPECT_THAT(grant({core::RequestId(crypto::NewUuid())}), FailsWith(Reason::kInvalidField))
      << "nothing was done";
  const CrossingRequest of_another = Departure(3, "anna", "X2");
  Record(of_another);
  EXPECT_THAT(grant({of_another.request_id}), FailsWith(Reason::kInvalidField));
  const core::RequestId done = Correct();
  EXPECT_THAT(grant(std::vector(21, done)), FailsWith(Reason::kInvalidField));
  const auto refused =
      decide_->Decide(OfficerCall(), DecisionOnRequest(CaseDecision::kDismiss, {done}));
  EXPECT_THAT(refused, FailsWith(Reason::kInvalidField)) << "a refusal does nothing";
  EXPECT_EQ(Request().record.version, 1);
  EXPECT_THAT(grant({done}), IsOk());
}

TEST_F(CorrectionRequestTest, ACaseInDisputeIsNoReasonToCountTheFilingAsDone) {
  const CorrectionFiling filing = Filing(wrong_);
  File(filing);
  EXPECT_THAT(
      decide_->Decide(OfficerCall(), DecisionOnRequest(CaseDecision::kUphold, {filing.request_id})),
      FailsWith(Reason::kInvalidField));
}

TEST_F(CorrectionRequestTest, IsGrantedByWhatCorrectsAloneAndWasDoneSince) {
  const CrossingRequest crossing = Arrival(60, "anna", 80);
  const core::CrossingId later = Record(crossing).crossing->crossing_id;
  CorrectionRequest before;
  before.request_id = core::RequestId(crypto::NewUuid());
  before.crossing_id = later;
  before.revision = 1;
  before.voided = true;
  before.reason = "another person's";
  ASSERT_THAT(correct_->Correct(SupervisorCall(), before), IsOk());
  const HoldRequest hold = {core::RequestId(crypto::NewUuid()), Traveler().traveler.traveler_id,
                            "Order 1"};
  ASSERT_THAT(holds_->Place(SupervisorCall(), hold), IsOk());
  const CorrectionFiling other = Filing(arrival_);
  File(other);
  const ports::CaseRecord filed = File(Filing(wrong_));
  const auto grant = [&](const core::RequestId& done) {
    return decide_
        ->Decide(OfficerCall(), {core::RequestId(crypto::NewUuid()),
                                 filed.case_id,
                                 filed.version,
                                 CaseDecision::kUphold,
                                 "looked into it",
                                 {done}})
        .status();
  };
  for (const core::RequestId& id :
       {crossing.request_id, before.request_id, hold.request_id, other.request_id}) {
    const absl::Status refused = grant(id);
    EXPECT_THAT(refused, FailsWith(Reason::kInvalidField));
    EXPECT_THAT(std::string(refused.message()), HasSubstr(id.value()));
  }
  // A decision on a case of another kind corrects, too.
  const ports::CaseRecord identity = TheCase(CaseKind::kIdentityNoMatch).record;
  const DecisionRequest decision = {core::RequestId(crypto::NewUuid()), identity.case_id,
                                    identity.version, CaseDecision::kDismiss, "her after all"};
  Decide(OfficerCall(), decision);
  EXPECT_THAT(grant(decision.request_id), IsOk());
}

TEST_F(CorrectionRequestTest, ADecisionOfOldDoesNotGrantIt) {
  const ports::CaseRecord identity = TheCase(CaseKind::kIdentityNoMatch).record;
  const DecisionRequest decision = {core::RequestId(crypto::NewUuid()), identity.case_id,
                                    identity.version, CaseDecision::kDismiss, "her after all"};
  Decide(OfficerCall(), decision);
  File(Filing(wrong_));
  EXPECT_THAT(decide_->Decide(OfficerCall(),
                              DecisionOnRequest(CaseDecision::kUphold, {decision.request_id})),
              FailsWith(Reason::kInvalidField));
}

TEST_F(CorrectionRequestTest, IsGrantedByTheMoveOfADocumentAlsoToTheTraveler) {
  const core::TravelerId here = Traveler().traveler.traveler_id;
  Record(Arrival(60, "anna", 80, "X2"));
  File(Filing(wrong_));
  MoveRequest move;
  move.request_id = core::RequestId(crypto::NewUuid());
  move.issuing_state = "UTO";
  move.number = "X2";
  move.to = here;
  move.reason = "one person";
  ASSERT_THAT(move_->Move(SupervisorCall(), move), IsOk());
  EXPECT_THAT(
      decide_->Decide(OfficerCall(), DecisionOnRequest(CaseDecision::kUphold, {move.request_id})),
      IsOk());
}

TEST_F(CorrectionRequestTest, WhoDisagreesWithARefusalIsToldToGrantItAfterwards) {
  File(Filing(wrong_));
  const core::RequestId done = Correct();
  Decide(OfficerCall("1"), DecisionOnRequest(CaseDecision::kDismiss));
  const auto refused =
      decide_->Decide(OfficerCall("2"), DecisionOnRequest(CaseDecision::kUphold, {done}));
  EXPECT_THAT(refused, FailsWith(Reason::kInvalidField));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("opens the request again"));
  EXPECT_EQ(Decide(OfficerCall("2"), DecisionOnRequest(CaseDecision::kUphold)), CaseState::kOpen);
  EXPECT_EQ(Decide(OfficerCall("2"), DecisionOnRequest(CaseDecision::kUphold, {done})),
            CaseState::kUpheld);
}

TEST_F(CorrectionRequestTest, IsNotReopenedWhileAnotherAboutTheCrossingWaits) {
  ports::CaseRecord first = File(Filing(wrong_));
  const auto decide = [&](const Call& call, CaseDecision decision) {
    const auto decided = decide_->Decide(
        call, {core::RequestId(crypto::NewUuid()), first.case_id, first.version, decision, "no"});
    if (decided.ok()) first = *decided;
    return decided.status();
  };
  ASSERT_THAT(decide(OfficerCall("1"), CaseDecision::kDismiss), IsOk());
  ASSERT_THAT(decide(OfficerCall("2"), CaseDecision::kDismiss), IsOk());
  const ports::CaseRecord second = File(Filing(wrong_));
  const absl::Status refused = decide(SupervisorCall(), CaseDecision::kReopen);
  EXPECT_THAT(refused, FailsWith(Reason::kCaseNotClosed));
  EXPECT_THAT(std::string(refused.message()), HasSubstr(second.case_id.value()));
}

TEST_F(CorrectionRequestTest, OneAtATimeIsAboutACrossingAndAnotherMayFollow) {
  File(Filing(wrong_));
  const auto second = file_request_->File(OfficerCall(), Filing(wrong_));
  EXPECT_THAT(second, FailsWith(Reason::kCaseNotClosed));
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(Request().record.case_id.value()));
  EXPECT_THAT(file_request_->File(OfficerCall(), Filing(arrival_)), IsOk()) << "another crossing";

  const auto about_wrong = [&] {
    std::vector<ports::CaseRecord> requests;
    for (const ports::CaseRecord& record : Cases()) {
      if (record.kind == CaseKind::kCorrectionRequest && record.crossing_id == wrong_) {
        requests.push_back(record);
      }
    }
    return requests;
  };
  for (const char* const officer : {"1", "2"}) {
    const ports::CaseRecord record = about_wrong().front();
    Decide(OfficerCall(officer), {core::RequestId(crypto::NewUuid()), record.case_id,
                                  record.version, CaseDecision::kDismiss, "no"});
  }
  EXPECT_THAT(file_request_->File(OfficerCall(), Filing(wrong_)), IsOk());
  EXPECT_THAT(about_wrong(), SizeIs(2)) << "and the first one stays";
}

TEST_F(CorrectionRequestTest, WhatBecomesKnownLaterLeavesItAsItIs) {
  File(Filing(wrong_));
  Record(Arrival(-30, "anna", -10));
  Correct();
  EXPECT_EQ(Request().record.version, 1) << "it is no lead";
}

TEST_F(CorrectionRequestTest, ARetryGetsTheSameCaseAlsoFromEightClientsAtOnce) {
  const CorrectionFiling filing = Filing(wrong_);
  std::vector<core::CaseId> ids(8);
  std::vector<std::thread> clients;
  for (core::CaseId& id : ids) {
    clients.emplace_back([&] {
      const auto filed = file_request_->File(OfficerCall(), filing);
      ASSERT_THAT(filed, IsOk());
      id = filed->case_id;
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_THAT(ids, Each(Request().record.case_id));
  CorrectionFiling other = filing;
  other.words = "something else";
  EXPECT_THAT(file_request_->File(OfficerCall(), other), FailsWith(Reason::kRequestIdReused));
}

TEST_F(CorrectionRequestTest, RefusesWhatCannotBe) {
  CorrectionFiling filing = Filing(core::CrossingId(crypto::NewUuid()));
  EXPECT_THAT(file_request_->File(OfficerCall(), filing), FailsWith(Reason::kCrossingNotFound));
  filing = Filing(core::CaseId(crypto::NewUuid()));
  EXPECT_THAT(file_request_->File(OfficerCall(), filing), FailsWith(Reason::kCaseNotFound));
  filing = Filing(wrong_);
  filing.traveler_id = core::TravelerId(crypto::NewUuid());
  EXPECT_THAT(file_request_->File(OfficerCall(), filing), FailsWith(Reason::kTravelerNotFound));
  filing = Filing(wrong_);
  filing.words = "";
  EXPECT_THAT(file_request_->File(OfficerCall(), filing), FailsWith(Reason::kMissingField));
  filing.words = std::string(2001, 'x');
  EXPECT_THAT(file_request_->File(OfficerCall(), filing), FailsWith(Reason::kInvalidField));
  filing = Filing(wrong_);
  filing.received_on = Day(102);  // The clock stands on day 100.
  EXPECT_THAT(file_request_->File(OfficerCall(), filing), FailsWith(Reason::kInvalidField));
  filing.received_on = core::Date(std::chrono::year(1999) / 12 / 31);
  EXPECT_THAT(file_request_->File(OfficerCall(), filing), FailsWith(Reason::kInvalidField));
}

}  // namespace
}  // namespace entryexit::app
