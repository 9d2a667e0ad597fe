#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"
#include "tests/integration/app/app_fixture.h"

// Erasing by the retention policy, from the rule to the rows that are no longer there.
namespace entryexit::app {
namespace {

using core::CaseKind;
using core::DataKind;
using core::Reason;
using ::testing::AllOf;
using ::testing::Each;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::SizeIs;

constexpr int kYear = 365;

class RetentionTest : public AppTest {
 protected:
  RetentionTest() {
    PlanFace("anna", 0);
    PlanFace("anna again", 0.4);
    PlanFace("berta", 5);
  }

  static Call AdminCall() {
    return {{Role::kAdmin, "retention", "admin/retention"},
            std::chrono::steady_clock::now() + std::chrono::seconds(60),
            "/entryexit.v1.RetentionService/RunRetention"};
  }

  // All parts of a run.
  RetentionPart RunIt(bool dry_run = false) {
    RetentionPart sum;
    std::optional<RetentionCursor> cursor;
    const RetentionRun run{crypto::NewUuid(), dry_run};
    do {
      auto part = run_retention_->Run(AdminCall(), run, cursor);
      EXPECT_THAT(part, IsOk());
      if (!part.ok()) return sum;
      cursor = part->next;
      const auto append = [](auto& from, auto& to) {
        to.insert(to.end(), from.begin(), from.end());
      };
      append(part->erased, sum.erased);
      append(part->announced, sum.announced);
      append(part->receipts, sum.receipts);
      append(part->failures, sum.failures);
      sum.travelers += part->travelers;
    } while (cursor);
    return sum;
  }

  using Counts = std::map<DataKind, int>;
  static Counts CountsOf(const std::vector<RetentionLine>& lines) {
    Counts counts;
    for (const RetentionLine& line : lines) ++counts[line.item.kind];
    return counts;
  }
  Counts Erase() { return CountsOf(RunIt().erased); }

  core::RetentionRule& Rule(DataKind kind, core::RetentionEvent event) {
    return *std::ranges::find_if(retention_.policy, [&](const core::RetentionRule& rule) {
      return rule.category == core::TravelerCategory::kOther && rule.kind == kind &&
             rule.event == event;
    });
  }
  // Takes the changed rules into use.
  void UseRules() {
    policy_.retention = retention_.policy;
    record_ = std::make_unique<RecordCrossing>(*lanes_, engine_, *store_, *vault_, clock_, policy_);
    run_retention_ = std::make_unique<RunRetention>(*store_, clock_, retention_);
  }

  void ExpectRows(const std::string& table, int count) {
    SCOPED_TRACE(table);
    Sql("DO $$ BEGIN IF (SELECT count(*) FROM " + table + ") <> " + std::to_string(count) +
        " THEN RAISE EXCEPTION 'there are % rows', (SELECT count(*) FROM " + table +
        "); END IF; END $$");
  }

  // The whole chain, from storage.
  void ExpectWholeChain() {
    const auto receipts = run_retention_->Receipts(AdminCall(), 0, 1000);
    ASSERT_THAT(receipts, IsOk());
    std::string previous = core::kNoReceipt;
    std::int64_t number = 0;
    for (const core::ErasureReceipt& receipt : *receipts) {
      EXPECT_EQ(receipt.number, ++number);
      EXPECT_EQ(receipt.previous_digest, previous);
      EXPECT_EQ(receipt.digest, crypto::Sha256Hex(core::CanonicalText(receipt)));
      previous = receipt.digest;
    }
  }

  // So that a hundred travelers take no time.
  void ArriveAll(int count) {
    for (int i = 0; i < count; ++i) Record(Arrival(0, "anna", 200, "N" + std::to_string(i)));
  }

  ports::LegalHold Hold(const core::TravelerId& id) {
    const auto hold =
        holds_->Place(AdminCall(), {core::RequestId(crypto::NewUuid()), id, "Order 12/2026"});
    EXPECT_THAT(hold, IsOk());
    return hold.ok() ? *hold : ports::LegalHold{};
  }
  absl::StatusOr<ports::LegalHold> Release(const ports::LegalHold& hold) {
    return holds_->Release(AdminCall(), {core::RequestId(crypto::NewUuid()), hold.traveler_id,
                                         hold.hold_id, "Order 13/2026"});
  }

  // By two officers where it takes two.
  void DecideIt(const ports::CaseRecord& record, core::CaseDecision decision) {
    DecisionRequest request{core::RequestId(crypto::NewUuid()), record.case_id, record.version,
                            decision, "seen"};
    const auto decided = decide_->Decide(OfficerCall(), request);
    ASSERT_THAT(decided, IsOk());
    if (decided->state != core::CaseState::kAwaitsSecondOfficer) return;
    request.request_id = core::RequestId(crypto::NewUuid());
    request.version = decided->version;
    ASSERT_THAT(decide_->Decide(OfficerCall("4712"), request), IsOk());
  }
};

TEST_F(RetentionTest, ImagesGoAfterFourteenDaysAndLeaveTheTable) {
  const CrossingResult arrived = Record(Arrival(90, "anna", 200));
  clock_.Set(At(104) - std::chrono::seconds(1));
  EXPECT_THAT(Erase(), IsEmpty());
  ExpectRows("capture", 1);
  clock_.Set(At(104));
  const RetentionPart run = RunIt();
  EXPECT_EQ(CountsOf(run.erased), (Counts{{DataKind::kImage, 1}}));
  EXPECT_EQ(run.erased[0].rule_id, "OTHER-IMAGE-CAPTURE");
  EXPECT_EQ(run.erased[0].due, At(104));
  ExpectRows("capture", 0);
  ExpectRows("template", 1);
  EXPECT_THAT(queries_->GetCapture(OfficerCall(), arrived.crossing->crossing_id),
              FailsWith(Reason::kCaptureNotFound));

  ASSERT_THAT(run.receipts, SizeIs(1));
  const core::ErasureReceipt& receipt = run.receipts[0];
  EXPECT_EQ(receipt.number, 1);
  EXPECT_EQ(receipt.principal, "admin/retention");
  EXPECT_EQ(receipt.previous_digest, core::kNoReceipt);
  EXPECT_EQ(receipt.counts,
            (std::vector<core::ErasureCount>{{DataKind::kImage, "OTHER-IMAGE-CAPTURE", 1}}));
  EXPECT_EQ(receipt.policy_digest, crypto::Sha256Hex(core::CanonicalText(retention_.policy)));
  const auto stored = run_retention_->Receipts(AdminCall(), 0, 10);
  ASSERT_THAT(stored, IsOk());
  EXPECT_EQ(*stored, run.receipts);

  const RetentionPart again = RunIt();
  EXPECT_THAT(again.erased, IsEmpty());
  EXPECT_THAT(again.receipts, IsEmpty());
  EXPECT_EQ(again.travelers, 0);
}

TEST_F(RetentionTest, ImagesOfNationalsGoAfterTwelveHours) {
  CrossingRequest request = Arrival(100, "anna", 200);
  std::get<core::TravelDocument>(request.identification).nationality = "USA";
  Record(request);
  Record(Arrival(100, "anna", 200, "OTHER"));
  clock_.Set(At(101, 6));
  EXPECT_EQ(Erase(), (Counts{{DataKind::kImage, 1}}));
  ExpectRows("capture WHERE nationality = 'UTO'", 1);
}

TEST_F(RetentionTest, AStayGoesWholeAndTheLastOneTakesThePersonAlong) {
  Record(Arrival(0, "anna", 30));
  const CrossingResult departed = Record(Departure(35, "anna again"));
  const ports::CaseRecord overstay = TheCase(CaseKind::kOverstay).record;
  DecideIt(overstay, core::CaseDecision::kUphold);
  const core::TravelerId id = Traveler().traveler.traveler_id;
  clock_.Set(At(35 + 3 * kYear));
  EXPECT_EQ(Erase(), (Counts{{DataKind::kImage, 2}})) << "2028 has a day more";
  clock_.Set(At(36 + 3 * kYear));
  EXPECT_EQ(Erase(), (Counts{{DataKind::kTemplate, 2},
                             {DataKind::kCrossing, 2},
                             {DataKind::kCase, 1},
                             {DataKind::kTraveler, 1}}));
  for (const char* table :
       {"traveler", "travel_document", "request", "crossing", "capture", "template", "comparison",
        "stay", "review_case", "case_event", "settled_lead"}) {
    ExpectRows(table, 0);
  }
  EXPECT_THAT(queries_->GetTraveler(OfficerCall(), id), FailsWith(Reason::kTravelerNotFound));
  EXPECT_THAT(queries_->GetCase(OfficerCall(), overstay.case_id), FailsWith(Reason::kCaseNotFound));
  EXPECT_THAT(replay_->ReplayComparison(OfficerCall(), departed.comparison->comparison_id),
              FailsWith(Reason::kComparisonNotFound));
  ExpectWholeChain();

  Record(Arrival(36 + 3 * kYear, "anna", 1200));
  EXPECT_NE(Traveler().traveler.traveler_id, id) << "a new person to the service";
}

TEST_F(RetentionTest, WhatRemainsOfATravelerIsAsItWas) {
  Record(Arrival(0, "anna", 30));
  Record(Departure(20, "anna"));
  clock_.Set(At(2 * kYear));
  Record(Arrival(2 * kYear - 10, "anna", 2 * kYear + 30));
  Record(Departure(2 * kYear - 5, "anna again"));
  const TravelerView before = Traveler();
  clock_.Set(At(21 + 3 * kYear));
  const Counts erased = Erase();
  EXPECT_EQ(erased.at(DataKind::kCrossing), 2);
  EXPECT_FALSE(erased.contains(DataKind::kTraveler));
  const TravelerView after = Traveler();
  ASSERT_THAT(after.stays, SizeIs(1));
  EXPECT_EQ(after.stays[0], before.stays[1]);
  ASSERT_THAT(Crossings(), SizeIs(2));
  EXPECT_THAT(OpenCases(), IsEmpty());
  // And goes on.
  Record(Arrival(15 + 3 * kYear, "anna", 60 + 3 * kYear));
  EXPECT_THAT(OpenCases(), IsEmpty());
  EXPECT_EQ(Traveler().stays[0], before.stays[1]);
}

TEST_F(RetentionTest, WithoutAnExitThePeriodFollowsTheAuthorization) {
  Record(Arrival(0, "anna", 30));
  CrossingRequest student = Arrival(0, "anna", 0, "STUDENT");
  student.admission = AdmissionRequest{"F-1", core::DurationOfStatus{}};
  Record(student);
  clock_.Set(At(100));
  while (const auto next = review_->Review(OfficerCall(), std::nullopt)->next) {
  }
  EXPECT_THAT(OpenCases(), ::testing::ElementsAre(CaseKind::kSuspectedOverstay));
  clock_.Set(At(30 + 5 * kYear));
  EXPECT_EQ(Erase(), (Counts{{DataKind::kImage, 2}}));
  clock_.Set(At(33 + 5 * kYear));
  EXPECT_EQ(Erase().at(DataKind::kTraveler), 1);
  clock_.Set(At(90 * kYear));
  EXPECT_THAT(Erase(), IsEmpty());
  ExpectRows("traveler", 1);
}

TEST_F(RetentionTest, NothingOfAHeldTravelerGoesUntilEveryHoldIsReleased) {
  Record(Arrival(0, "anna", 30));
  Record(Departure(20, "anna"));
  const core::TravelerId id = Traveler().traveler.traveler_id;
  const ports::LegalHold first = Hold(id);
  const ports::LegalHold second = Hold(id);
  clock_.Set(At(20 * kYear));
  EXPECT_THAT(Erase(), IsEmpty());
  ExpectRows("capture", 2);
  ASSERT_THAT(Release(first), IsOk());
  EXPECT_THAT(Erase(), IsEmpty());
  EXPECT_THAT(*holds_->List(OfficerCall(), std::nullopt, false, std::nullopt, 10), SizeIs(1));
  EXPECT_THAT(*holds_->List(OfficerCall(), id, true, std::nullopt, 10), SizeIs(2));
  const auto released = Release(second);
  ASSERT_THAT(released, IsOk());
  EXPECT_EQ(released->release_reference, "Order 13/2026");
  EXPECT_EQ(Erase().at(DataKind::kTraveler), 1);
  ExpectRows("legal_hold", 0);
}

TEST_F(RetentionTest, HoldsAreRefusedAndRepeatedAsOtherRequestsAre) {
  Record(Arrival(0, "anna", 30));
  const core::TravelerId id = Traveler().traveler.traveler_id;
  const HoldRequest request{core::RequestId(crypto::NewUuid()), id, "Order 12/2026"};
  const auto placed = holds_->Place(AdminCall(), request);
  ASSERT_THAT(placed, IsOk());
  EXPECT_EQ(holds_->Place(AdminCall(), request)->hold_id, placed->hold_id);
  ExpectRows("legal_hold", 1);
  HoldRequest other = request;
  other.reference = "Order 14/2026";
  EXPECT_THAT(holds_->Place(AdminCall(), other), FailsWith(Reason::kRequestIdReused));
  other.request_id = core::RequestId(crypto::NewUuid());
  other.reference = "";
  EXPECT_THAT(holds_->Place(AdminCall(), other), FailsWith(Reason::kMissingField));
  other.reference = std::string(501, 'x');
  EXPECT_THAT(holds_->Place(AdminCall(), other), FailsWith(Reason::kInvalidField));
  other.reference = "x";
  other.traveler_id = core::TravelerId(crypto::NewUuid());
  EXPECT_THAT(holds_->Place(AdminCall(), other), FailsWith(Reason::kTravelerNotFound));

  ports::LegalHold unknown = *placed;
  unknown.hold_id = crypto::NewUuid();
  EXPECT_THAT(Release(unknown), FailsWith(Reason::kLegalHoldNotFound));
  EXPECT_THAT(Release(*placed), IsOk());
  EXPECT_THAT(Release(*placed), FailsWith(Reason::kLegalHoldReleased));
}

TEST_F(RetentionTest, AnOpenCaseKeepsItsEvidence) {
  Record(Arrival(80, "anna", 200));
  Record(Departure(81, "berta"));
  const ports::CaseRecord open = TheCase(CaseKind::kIdentityNoMatch).record;
  clock_.Set(At(5 * kYear));
  EXPECT_THAT(Erase(), IsEmpty()) << "also the arrival that it was compared with";
  ExpectRows("capture", 2);
  ASSERT_THAT(
      decide_->Decide(OfficerCall(), {core::RequestId(crypto::NewUuid()), open.case_id,
                                      open.version, core::CaseDecision::kUphold, "not her"}),
      IsOk());
  EXPECT_THAT(Erase(), IsEmpty()) << "until a second officer has seen it";
  ExpectRows("capture", 2);
  const ports::CaseRecord awaiting = TheCase(CaseKind::kIdentityNoMatch).record;
  DecideIt(awaiting, core::CaseDecision::kDismiss);
  DecideIt(TheCase(CaseKind::kIdentityNoMatch).record, core::CaseDecision::kDismiss);
  EXPECT_EQ(Erase().at(DataKind::kTraveler), 1);
}

TEST_F(RetentionTest, WhatHasANoticeIsAnnouncedAndErasedByALaterRun) {
  Rule(DataKind::kImage, core::RetentionEvent::kCapture).notice_days = 10;
  UseRules();
  Record(Arrival(90, "anna", 200));
  clock_.Set(At(95));
  RetentionPart run = RunIt(/*dry_run=*/true);
  EXPECT_THAT(run.announced, SizeIs(1));
  ExpectRows("erasure_notice", 0);
  run = RunIt();
  EXPECT_THAT(run.announced, SizeIs(1));
  EXPECT_EQ(run.announced[0].due, At(104));
  EXPECT_THAT(run.receipts, IsEmpty());
  ExpectRows("erasure_notice", 1);
  EXPECT_THAT(RunIt().announced, IsEmpty());
  clock_.Set(At(105) - std::chrono::seconds(1));
  EXPECT_THAT(Erase(), IsEmpty()) << "due, but announced less than ten days ago";
  clock_.Set(At(105));
  EXPECT_EQ(Erase(), (Counts{{DataKind::kImage, 1}}));
  ExpectRows("erasure_notice", 0);
}

TEST_F(RetentionTest, ACaseThatIsErasedBeforeItsCrossingDoesNotComeBack) {
  Rule(DataKind::kCase, core::RetentionEvent::kCaseClosed).period = {
      core::RetentionPeriod::Unit::kDays, 30};
  UseRules();
  Record(Arrival(0, "anna", 30));
  Record(Departure(35, "anna"));
  const ports::CaseRecord overstay = TheCase(CaseKind::kOverstay).record;
  DecideIt(overstay, core::CaseDecision::kUphold);
  clock_.Set(At(131));
  EXPECT_EQ(Erase().at(DataKind::kCase), 1);
  EXPECT_THAT(Cases(), IsEmpty());
  Record(Arrival(120, "anna", 200));
  EXPECT_THAT(OpenCases(), IsEmpty());
  ExpectRows("settled_lead", 1);
  // A graver lead is another one: an overstay of more than 180 days.
  Sql("ALTER TABLE settled_lead DISABLE TRIGGER USER");
  Sql("UPDATE settled_lead SET severity = 'LOW'");
  Record(Departure(125, "anna"));
  EXPECT_THAT(OpenCases(), ::testing::ElementsAre(CaseKind::kOverstay));
}

TEST_F(RetentionTest, WhoWasFoundToBeTheTravelerStaysSoWhenTheCaseIsErased) {
  PlanFace("somebody else", 3.0);
  Rule(DataKind::kCase, core::RetentionEvent::kCaseClosed).period = {
      core::RetentionPeriod::Unit::kDays, 30};
  UseRules();
  Record(Arrival(0, "anna", 30));
  Record(Departure(20, "somebody else"));
  DecideIt(TheCase(CaseKind::kIdentityNoMatch).record, core::CaseDecision::kDismiss);
  EXPECT_EQ(Traveler().stays[0].stay.state, core::StayState::kClosed);
  clock_.Set(At(131));
  EXPECT_EQ(Erase().at(DataKind::kCase), 1);
  Record(Arrival(130, "anna", 200));
  EXPECT_EQ(Traveler().stays[0].stay.state, core::StayState::kClosed);
  EXPECT_THAT(OpenCases(), IsEmpty());
}

// What was corrected, voided or moved to another traveler goes as well, with its corrections.
TEST_F(RetentionTest, CorrectedAndMovedCrossingsAreErasedToo) {
  Record(Arrival(0, "anna", 30));
  const core::CrossingId departure = Record(Departure(20, "anna")).crossing->crossing_id;
  Record(Departure(25, "anna", "X2"));
  const core::TravelerId anna = Traveler().traveler.traveler_id;
  MoveRequest move;
  move.request_id = core::RequestId(crypto::NewUuid());
  move.issuing_state = "UTO";
  move.number = "X2";
  move.to = anna;
  move.reason = "her second passport";
  ASSERT_THAT(move_->Move(SupervisorCall(), move), IsOk());
  CorrectionRequest correction;
  correction.request_id = core::RequestId(crypto::NewUuid());
  correction.crossing_id = departure;
  correction.voided = true;
  correction.reason = "another person's";
  ASSERT_THAT(correct_->Correct(SupervisorCall(), correction), IsOk());
  ExpectRows("crossing_correction", 2);
  ExpectRows("traveler", 2);

  clock_.Set(At(100 + 365 * 10));
  Erase();
  for (const char* const table :
       {"crossing", "crossing_correction", "capture", "template", "comparison", "stay",
        "travel_document", "traveler", "request", "review_case"}) {
    ExpectRows(table, 0);
  }
}

TEST_F(RetentionTest, NothingIsMovedAwayFromAHeldTraveler) {
  Record(Arrival(0, "anna", 30));
  Record(Departure(20, "anna", "X2"));
  const core::TravelerId other = Traveler("X2").traveler.traveler_id;
  const auto hold =
      holds_->Place(AdminCall(), {core::RequestId(crypto::NewUuid()), other, "Order 12/2026"});
  ASSERT_THAT(hold, IsOk());
  MoveRequest move;
  move.request_id = core::RequestId(crypto::NewUuid());
  move.issuing_state = "UTO";
  move.number = "X2";
  move.to = Traveler().traveler.traveler_id;
  move.reason = "her second passport";
  EXPECT_THAT(move_->Move(SupervisorCall(), move), FailsWith(Reason::kTravelerHeld));
}

TEST_F(RetentionTest, ASettledSuspicionIsNotReviewedEveryNight) {
  Rule(DataKind::kCase, core::RetentionEvent::kCaseClosed).period = {
      core::RetentionPeriod::Unit::kDays, 10};
  UseRules();
  Record(Arrival(0, "anna", 40));
  ASSERT_THAT(review_->Review(OfficerCall(), std::nullopt), IsOk());
  DecideIt(TheCase(CaseKind::kSuspectedOverstay).record, core::CaseDecision::kUphold);
  clock_.Set(At(111));
  EXPECT_EQ(Erase().at(DataKind::kCase), 1);
  const auto review = review_->Review(OfficerCall(), std::nullopt);
  ASSERT_THAT(review, IsOk());
  EXPECT_EQ(review->travelers, 0);
  clock_.Set(At(222));  // More than 180 days.
  EXPECT_EQ(review_->Review(OfficerCall(), std::nullopt)->opened, 1);
}

TEST_F(RetentionTest, ADryRunTellsWhatARunDoesAndChangesNothing) {
  Rule(DataKind::kTemplate, core::RetentionEvent::kLastExit).period = {
      core::RetentionPeriod::Unit::kMonths, 6};
  Rule(DataKind::kTemplate, core::RetentionEvent::kAuthorizationEnded).notice_days = 30;
  Rule(DataKind::kCrossing, core::RetentionEvent::kLastExit).waits_for_cases = false;
  UseRules();
  // All of them in several states: gone, here, back again, departed without an arrival, twice here.
  for (int i = 0; i < 130; ++i) {
    const std::string number = "N" + std::to_string(i);
    if (i % 5 != 4) Record(Arrival(i % 7, "anna", 30 + i % 3, number));
    if (i % 5 == 1) Record(Arrival(20, "anna", 50, number));
    if (i % 3 != 0) Record(Departure(31 + i % 9, i % 4 == 0 ? "berta" : "anna again", number));
    if (i % 5 == 2) Record(Arrival(60, "anna", 90, number));
  }
  for (const int day : {110, 400, 3 * kYear + 36, 3 * kYear + 70, 5 * kYear + 40, 12 * kYear}) {
    clock_.Set(At(day));
    const auto summary = [](const RetentionPart& run) {
      std::multiset<std::tuple<DataKind, std::string, std::string, std::string>> lines;
      for (const auto* all : {&run.erased, &run.announced}) {
        for (const RetentionLine& line : *all) {
          lines.emplace(line.item.kind, line.item.traveler_id.value(), line.item.subject_id,
                        line.rule_id + (all == &run.announced ? " announced" : ""));
        }
      }
      return lines;
    };
    const RetentionPart dry = RunIt(/*dry_run=*/true);
    EXPECT_THAT(dry.receipts, IsEmpty());
    const auto told = summary(dry);
    EXPECT_EQ(summary(RunIt(/*dry_run=*/true)), told) << day;
    const RetentionPart run = RunIt();
    EXPECT_THAT(run.failures, IsEmpty());
    EXPECT_EQ(summary(run), told) << day;
    EXPECT_FALSE(told.empty()) << day;
    EXPECT_THAT(RunIt().erased, IsEmpty()) << day;
  }
  ExpectWholeChain();
}

TEST_F(RetentionTest, ARunThatIsKilledHalfWayIsFinishedByTheNext) {
  ArriveAll(250);
  clock_.Set(At(120));
  const RetentionRun run{crypto::NewUuid(), false};
  const auto part = run_retention_->Run(AdminCall(), run, std::nullopt);
  ASSERT_THAT(part, IsOk());
  ASSERT_TRUE(part->next);
  const auto images = run_retention_->Run(AdminCall(), run, part->next);
  ASSERT_THAT(images, IsOk());
  EXPECT_THAT(images->erased, SizeIs(100));
  // And no more of it.
  EXPECT_EQ(Erase(), (Counts{{DataKind::kImage, 150}}));
  ExpectRows("capture", 0);
  ExpectRows("erasure_receipt", 3);
  ExpectWholeChain();
}

TEST_F(RetentionTest, TwoRunsAtOnceEraseEachThingOnceUnderOneChain) {
  ArriveAll(300);
  clock_.Set(At(120));
  std::vector<RetentionPart> runs(3);
  std::vector<std::thread> threads;
  for (RetentionPart& run : runs) {
    threads.emplace_back([this, &run] { run = RunIt(); });
  }
  for (std::thread& thread : threads) thread.join();
  size_t erased = 0;
  for (const RetentionPart& run : runs) {
    EXPECT_THAT(run.failures, IsEmpty());
    erased += run.erased.size();
  }
  EXPECT_EQ(erased, 300U);
  ExpectRows("capture", 0);
  ExpectWholeChain();
}

TEST_F(RetentionTest, ARunMeetsLanesThatRecordTheSameTravelers) {
  ArriveAll(20);
  for (int i = 0; i < 20; ++i) Record(Departure(50, "anna", "N" + std::to_string(i)));
  clock_.Set(At(4 * kYear));
  std::thread lane([this] {
    for (int i = 0; i < 20; ++i) {
      Record(Arrival(4 * kYear - 1, "berta", 4 * kYear + 10, "N" + std::to_string(i)));
    }
  });
  const RetentionPart run = RunIt();
  lane.join();
  EXPECT_THAT(run.failures, IsEmpty());
  RunIt();
  ExpectRows("crossing", 20);
  ExpectRows("traveler", 20);
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(Crossings("N" + std::to_string(i)), SizeIs(1));
  }
}

TEST_F(RetentionTest, OneDamagedRecordDoesNotKeepTheOthers) {
  ArriveAll(5);
  const core::TravelerId bad = Traveler("N2").traveler.traveler_id;
  Sql("ALTER TABLE crossing DISABLE TRIGGER USER");
  Sql("UPDATE crossing SET findings = '[{\"issue\": \"?\", \"measured\": 1, \"limit\": 1}]' "
      "WHERE traveler_id = '" +
      bad.value() + "'");
  clock_.Set(At(120));
  const RetentionPart run = RunIt();
  EXPECT_EQ(CountsOf(run.erased), (Counts{{DataKind::kImage, 4}}));
  ASSERT_THAT(run.failures, SizeIs(1));
  EXPECT_EQ(run.failures[0].first, bad);
  EXPECT_THAT(run.failures[0].second, FailsWith(Reason::kStoredDataInvalid));
  ExpectWholeChain();
}

TEST_F(RetentionTest, AnExpiredReferenceIsNotComparedThoughNoRunHasErasedIt) {
  Record(Arrival(0, "anna", 30));
  Record(Departure(20, "anna"));
  clock_.Set(At(19 + 3 * kYear));
  // In time: both arrivals are references.
  Record(Arrival(15 + 3 * kYear, "anna", 60 + 3 * kYear));
  const CrossingResult in_time = Record(Departure(16 + 3 * kYear, "anna again"));
  EXPECT_THAT(in_time.comparison->receipt.references, SizeIs(2));

  Record(Arrival(0, "anna", 30, "LATE"));
  Record(Departure(20, "anna", "LATE"));
  clock_.Set(At(30 + 3 * kYear));
  Record(Arrival(25 + 3 * kYear, "anna", 60 + 3 * kYear, "LATE"));
  const CrossingResult late = Record(Departure(26 + 3 * kYear, "anna again", "LATE"));
  EXPECT_THAT(late.comparison->receipt.references, SizeIs(1));
  ExpectRows("template", 8);

  // A departure alone, whose arrival comes to be known when both are over: it is not compared
  // again.
  Record(Departure(20, "anna", "BOTH"));
  Record(Arrival(0, "anna", 30, "BOTH"));
  EXPECT_THAT(Crossings("BOTH")[1].comparisons, SizeIs(1));
}

TEST_F(RetentionTest, AReplaySaysThatItsEvidenceIsGone) {
  Rule(DataKind::kTemplate, core::RetentionEvent::kLastExit).period = {
      core::RetentionPeriod::Unit::kDays, 30};
  UseRules();
  Record(Arrival(80, "anna", 200));
  const CrossingResult departed = Record(Departure(90, "anna again"));
  ASSERT_THAT(replay_->ReplayCrossing(OfficerCall(), departed.crossing->crossing_id), IsOk());
  clock_.Set(At(120));
  EXPECT_EQ(Erase().at(DataKind::kTemplate), 2);
  const auto replay = replay_->ReplayCrossing(OfficerCall(), departed.crossing->crossing_id);
  EXPECT_THAT(replay, FailsWith(Reason::kEvidenceErased));
  EXPECT_THAT(replay.status().ToString(), HasSubstr("the departure's template has been erased"));
  // What was decided remains to be read.
  EXPECT_THAT(Crossings()[1].comparisons, SizeIs(1));
  EXPECT_EQ(Traveler().stays[0].stay.state, core::StayState::kClosed);
}

TEST_F(RetentionTest, ReportsOfEarlierMomentsLackWhatWasErased) {
  Record(Arrival(0, "anna", 30));
  Record(Departure(50, "anna"));
  const core::ReportScope scope{Day(0), Day(90), Day(99), At(100) + std::chrono::seconds(1)};
  EXPECT_EQ(queries_->Summarize(OfficerCall(), scope, std::nullopt)->by_class.size(), 1U);
  DecideIt(TheCase(CaseKind::kOverstay).record, core::CaseDecision::kUphold);
  clock_.Set(At(4 * kYear));
  Erase();
  EXPECT_THAT(queries_->Summarize(OfficerCall(), scope, std::nullopt)->by_class, IsEmpty());
}

}  // namespace
}  // namespace entryexit::app
