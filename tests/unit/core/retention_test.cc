#include "entryexit/core/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "entryexit/core/erasure_receipt.h"

namespace entryexit::core::retention_rules {
namespace {

using std::chrono::days;
using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using enum DataKind;
using enum RetentionEvent;
using Unit = RetentionPeriod::Unit;
using namespace std::chrono_literals;

constexpr Date kDayZero{2026y / 1 / 1};
Date DayAt(int day) { return kDayZero + days(day); }
// At noon, when the day before is over everywhere.
Timestamp At(int day) { return Timestamp(DayAt(day)) + hours(12); }

RetentionRule RuleOf(TravelerCategory category, DataKind kind, RetentionEvent event,
                     RetentionPeriod period) {
  RetentionRule rule;
  rule.id = std::string(NameOf(category)) + '-' + NameOf(kind) + '-' + NameOf(event);
  rule.category = category;
  rule.kind = kind;
  rule.event = event;
  rule.period = period;
  rule.from = Date{1990y / 1 / 1};
  return rule;
}

// In days: images 14, of nationals 1; after an exit 100, without one 300; cases 50.
RetentionPolicy Policy() {
  RetentionPolicy policy;
  for (const RetentionSubject& subject : RetentionSubjects()) {
    int count = 100;
    if (subject.event == kAuthorizationEnded || subject.event == kCapture) count = 300;
    if (subject.event == kCaseClosed) count = 50;
    if (subject.kind == kImage) count = subject.category == TravelerCategory::kOther ? 14 : 1;
    policy.push_back(RuleOf(subject.category, subject.kind, subject.event, {Unit::kDays, count}));
  }
  return policy;
}

RetentionRule& RuleIn(RetentionPolicy& policy, DataKind kind, RetentionEvent event) {
  return *std::ranges::find_if(policy, [&](const RetentionRule& rule) {
    return rule.category == TravelerCategory::kOther && rule.kind == kind && rule.event == event;
  });
}

RetainedCrossing Crossing(const std::string& id, Direction direction, int day) {
  return {{CrossingId(id), direction, At(day), DayAt(day), std::nullopt}, true, true};
}
RetainedCrossing Arrival(const std::string& id, int day, std::optional<int> until,
                         std::optional<WindowRule> window = {}) {
  RetainedCrossing crossing = Crossing(id, Direction::kArrival, day);
  crossing.event.admission = Admission{"B-2", std::nullopt, window};
  if (until) crossing.event.admission->authorized_until = DayAt(*until);
  return crossing;
}
RetainedCrossing Departure(const std::string& id, int day) {
  return Crossing(id, Direction::kDeparture, day);
}

RetainedCase CaseOf(const std::string& id, CaseKind kind, CaseState state,
                    const std::string& crossing, int changed_on = 0) {
  return {CaseId(id), kind, state, CrossingId(crossing), At(changed_on), {}};
}

RetentionFacts Facts(std::vector<RetainedCrossing> crossings, std::vector<RetainedCase> cases = {},
                     std::vector<AdmissionChange> changes = {}) {
  RetentionFacts facts;
  TravelerEvents events;
  for (const RetainedCrossing& crossing : crossings) events.crossings.push_back(crossing.event);
  events.changes = changes;
  facts.stays = ComputeStays(events).stays;
  facts.crossings = std::move(crossings);
  facts.changes = std::move(changes);
  facts.cases = std::move(cases);
  return facts;
}

// "TEMPLATE a 110": what is due on which day after kDayZero, at noon.
std::vector<std::string> Due(const RetentionFacts& facts, DataKind kind,
                             const RetentionPolicy& policy = Policy()) {
  std::vector<std::string> lines;
  for (const RetentionItem& item : RetentionItemsOf(facts, policy, kDayZero)) {
    if (item.kind != kind) continue;
    lines.push_back(item.subject_id + ' ' +
                    std::to_string(std::chrono::floor<days>(item.due - At(0)).count()));
  }
  return lines;
}

std::vector<std::string> Erased(const RetentionFacts& facts, int day,
                                const RetentionPolicy& policy = Policy(),
                                const AnnouncedAt& announced = {}) {
  std::vector<std::string> lines;
  for (const PlannedErasure& planned : PlanErasure(facts, policy, announced, At(day)).erase) {
    lines.push_back(NameOf(planned.item.kind) + (' ' + planned.item.subject_id));
  }
  std::ranges::sort(lines);
  return lines;
}

// ------------------------------------------------------------------------------------- periods

TEST(RetentionPeriods, EndOnTheCalendar) {
  struct Row {
    RetentionPeriod period;
    Timestamp from;
    Timestamp end;
  };
  const auto at = [](std::chrono::year_month_day day, int hour) {
    return Timestamp(Date(day)) + hours(hour);
  };
  const Row rows[] = {
      {{Unit::kHours, 12}, at(2026y / 3 / 1, 20), at(2026y / 3 / 2, 8)},
      {{Unit::kDays, 14}, at(2026y / 2 / 20, 9), at(2026y / 3 / 6, 9)},
      {{Unit::kMonths, 6}, at(2026y / 3 / 15, 9), at(2026y / 9 / 15, 9)},
      {{Unit::kMonths, 1}, at(2026y / 1 / 31, 9), at(2026y / 3 / 1, 0)},
      {{Unit::kMonths, 12}, at(2026y / 12 / 31, 9), at(2027y / 12 / 31, 9)},
      {{Unit::kYears, 3}, at(2026y / 5 / 17, 9), at(2029y / 5 / 17, 9)},
      {{Unit::kYears, 1}, at(2028y / 2 / 29, 9), at(2029y / 3 / 1, 0)},
      {{Unit::kYears, 4}, at(2028y / 2 / 29, 9), at(2032y / 2 / 29, 9)},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(EndOf(row.period, row.from), row.end) << row.period.count;
    EXPECT_GE(LatestEventBy(row.period, row.end), row.from) << row.period.count;
  }
}

TEST(RetentionPeriods, NoEventAfterTheLatestOneIsOver) {
  for (const RetentionPeriod period : {RetentionPeriod{Unit::kHours, 7},
                                       {Unit::kDays, 3},
                                       {Unit::kMonths, 1},
                                       {Unit::kMonths, 13},
                                       {Unit::kYears, 1},
                                       {Unit::kYears, 3}}) {
    Timestamp end_before = Timestamp::min();
    for (int hour = 0; hour < 24 * 366 * 5; hour += 5) {
      const Timestamp event = At(0) + hours(hour);
      const Timestamp end = EndOf(period, event);
      EXPECT_GE(end, end_before) << "who comes later is not due earlier";
      end_before = end;
      EXPECT_GE(LatestEventBy(period, end), event);
      EXPECT_LE(LatestEventBy(period, end) - event, days(3));
    }
  }
}

// ------------------------------------------------------------------------------- what is due when

TEST(Retention, ImagesGoByTheCaptureAndTheCategory) {
  RetentionFacts facts = Facts({Arrival("a", 0, 30), Departure("d", 10)});
  facts.crossings[1].has_image = false;
  EXPECT_THAT(Due(facts, kImage), ElementsAre("a 14"));
  facts.category = TravelerCategory::kNational;
  EXPECT_THAT(Due(facts, kImage), ElementsAre("a 1"));
}

TEST(Retention, TemplatesGoByTheLastExit) {
  struct Row {
    const char* what;
    std::vector<RetainedCrossing> crossings;
    std::vector<std::string> due;
  };
  // The authorization of one admitted until day 30 is over everywhere at noon of day 31.
  const Row rows[] = {
      {"after the exit", {Arrival("a", 0, 30), Departure("d", 10)}, {"a 110", "d 110"}},
      {"no exit: after the authorization", {Arrival("a", 0, 30)}, {"a 331"}},
      {"no exit and no last lawful day: never", {Arrival("a", 0, std::nullopt)}, {}},
      {"come back in time: after the next exit",
       {Arrival("a", 0, 30), Departure("d", 10), Arrival("b", 100, 130), Departure("e", 120)},
       {"a 220", "d 220", "b 220", "e 220"}},
      {"come back in time, not left since",
       {Arrival("a", 0, 30), Departure("d", 10), Arrival("b", 100, 130)},
       {"a 431", "d 431", "b 431"}},
      {"come back too late: what was due stays due",
       {Arrival("a", 0, 30), Departure("d", 10), Arrival("b", 110, 130), Departure("e", 120)},
       {"a 110", "d 110", "b 220", "e 220"}},
      {"a departure missing on the way",
       {Arrival("a", 0, 30), Arrival("b", 100, 130), Departure("e", 120)},
       {"a 220", "b 220", "e 220"}},
      {"found again when it was due already",
       {Arrival("a", 0, 30), Arrival("b", 331, 400), Departure("e", 350)},
       {"a 331", "b 450", "e 450"}},
      {"a departure alone", {Departure("d", 10)}, {"d 110"}},
  };
  for (const Row& row : rows) {
    EXPECT_THAT(Due(Facts(row.crossings), kTemplate), ::testing::UnorderedElementsAreArray(row.due))
        << row.what;
  }
}

TEST(Retention, AnApplicationThatIsPendingKeepsTheStay) {
  AdmissionChange change;
  change.application_id = "A";
  change.kind = AdmissionChangeKind::kExtension;
  change.filed_on = DayAt(20);
  change.decision = AdmissionDecision::kPending;
  EXPECT_THAT(Due(Facts({Arrival("a", 0, 30)}, {}, {change}), kTemplate), IsEmpty());
  EXPECT_THAT(Due(Facts({Arrival("a", 0, 30)}, {}, {change}), kCrossing), IsEmpty());
  change.decision = AdmissionDecision::kDenied;
  change.decided_on = DayAt(40);
  // The time until the decision was lawful, and the application is kept like a crossing.
  EXPECT_THAT(Due(Facts({Arrival("a", 0, 30)}, {}, {change}), kTemplate), ElementsAre("a 341"));
}

TEST(Retention, NationalsWithoutAnExitAreAtHome) {
  RetentionFacts facts = Facts({Arrival("a", 0, std::nullopt)});
  facts.category = TravelerCategory::kNational;
  EXPECT_THAT(Due(facts, kTemplate), ElementsAre("a 300"));
  EXPECT_THAT(Due(facts, kCrossing), ElementsAre("a 300"));
}

TEST(Retention, CrossingsGoStayByStay) {
  EXPECT_THAT(Due(Facts({Arrival("a", 0, 30), Departure("d", 10), Arrival("b", 50, 80),
                         Departure("e", 60), Departure("f", 70)}),
                  kCrossing),
              UnorderedElementsAre("a 110", "d 110", "b 160", "e 160", "f 170"));
  EXPECT_THAT(Due(Facts({Arrival("a", 0, 30), Arrival("b", 50, 80)}), kCrossing),
              UnorderedElementsAre("a 331", "b 381"));
}

TEST(Retention, AStayWhoseDaysStillCountIsKept) {
  const auto facts =
      Facts({Arrival("a", 0, std::nullopt, WindowRule{90, 180}), Departure("d", 10)});
  EXPECT_THAT(Due(facts, kCrossing), UnorderedElementsAre("a 191", "d 191"));
  EXPECT_THAT(Due(facts, kTemplate), UnorderedElementsAre("a 110", "d 110"));
}

TEST(Retention, CasesGoAfterTheyWereClosed) {
  const auto facts =
      Facts({Arrival("a", 0, 30)},
            {CaseOf("open", CaseKind::kNoReference, CaseState::kOpen, "a", 1),
             CaseOf("upheld", CaseKind::kOverstay, CaseState::kUpheld, "a", 2),
             CaseOf("withdrawn", CaseKind::kIdentityNoMatch, CaseState::kWithdrawn, "a", 3)});
  EXPECT_THAT(Due(facts, kCase), UnorderedElementsAre("upheld 52", "withdrawn 53"));
}

TEST(Retention, TheRuleInForceOnTheDayOfTheRunCounts) {
  RetentionPolicy policy = Policy();
  RuleIn(policy, kImage, kCapture).until = DayAt(20);
  RetentionRule later = RuleIn(policy, kImage, kCapture);
  later.id = "later";
  later.period = {Unit::kDays, 2};
  later.from = DayAt(21);
  later.until.reset();
  policy.push_back(later);
  const auto facts = Facts({Arrival("a", 15, std::nullopt)});
  EXPECT_THAT(Erased(facts, 20, policy), IsEmpty());
  EXPECT_THAT(Erased(facts, 21, policy), ElementsAre("IMAGE a"));
  EXPECT_THAT(RetentionItemsOf(facts, policy, Date{1989y / 1 / 1}), IsEmpty());
}

// ----------------------------------------------------------------------------------- what is
// erased

TEST(ErasurePlans, ACrossingTakesAllThatTellsOfItAlong) {
  const auto facts = Facts({Arrival("a", 0, 5), Departure("d", 10), Arrival("b", 100, 120)},
                           {CaseOf("c", CaseKind::kOverstay, CaseState::kUpheld, "d", 105)});
  EXPECT_THAT(Erased(facts, 110), ElementsAre("CASE c", "CROSSING a", "CROSSING d", "IMAGE a",
                                              "IMAGE d", "TEMPLATE a", "TEMPLATE d"));
  const ErasurePlan plan = PlanErasure(facts, Policy(), {}, At(110));
  for (const PlannedErasure& planned : plan.erase) {
    const bool own_time = planned.item.kind == kImage;
    EXPECT_EQ(planned.found_by_id, own_time ? planned.item.subject_id : "a");
    EXPECT_EQ(planned.item.rule_id, own_time ? "OTHER-IMAGE-CAPTURE" : "OTHER-CROSSING-LAST_EXIT");
  }
}

TEST(ErasurePlans, TheLastCrossingTakesThePersonsRecordAlong) {
  const auto facts = Facts({Arrival("a", 0, 5), Departure("d", 10)});
  EXPECT_THAT(Erased(facts, 110), ElementsAre("CROSSING a", "CROSSING d", "IMAGE a", "IMAGE d",
                                              "TEMPLATE a", "TEMPLATE d", "TRAVELER "));
}

TEST(ErasurePlans, NothingOfAHeldTravelerGoes) {
  RetentionPolicy policy = Policy();
  for (RetentionRule& rule : policy) rule.notice_days = 5;
  RetentionFacts facts = Facts({Arrival("a", 0, 5), Departure("d", 10)});
  facts.held = true;
  const ErasurePlan plan = PlanErasure(facts, policy, {}, At(5000));
  EXPECT_THAT(plan.erase, IsEmpty());
  EXPECT_THAT(plan.announce, IsEmpty());
}

TEST(ErasurePlans, AnOpenCaseKeepsWhatIsEvidenceInIt) {
  RetainedCase open = CaseOf("c", CaseKind::kIdentityNoMatch, CaseState::kOpen, "d", 10);
  open.references = {CrossingId("a")};
  // Another stay before, which has nothing to do with it.
  const std::vector<RetainedCrossing> crossings = {Arrival("z", -50, -20), Departure("y", -40),
                                                   Arrival("a", 0, 30), Departure("d", 10)};
  EXPECT_THAT(
      Erased(Facts(crossings, {open}), 120),
      ElementsAre("CROSSING y", "CROSSING z", "IMAGE y", "IMAGE z", "TEMPLATE y", "TEMPLATE z"));
  open.state = CaseState::kDismissed;
  EXPECT_THAT(Erased(Facts(crossings, {open}), 120), ::testing::Contains("CASE c"));

  open.state = CaseState::kOpen;
  RetentionPolicy policy = Policy();
  RuleIn(policy, kImage, kCapture).waits_for_cases = false;
  EXPECT_THAT(Erased(Facts(crossings, {open}), 120, policy), ::testing::Contains("IMAGE d"));
  EXPECT_THAT(Erased(Facts(crossings, {open}), 120, policy),
              ::testing::Not(::testing::Contains("TEMPLATE d")));
}

TEST(ErasurePlans, ASuspectedOverstayKeepsNothing) {
  const auto facts = Facts({Arrival("a", 0, 30)},
                           {CaseOf("c", CaseKind::kSuspectedOverstay, CaseState::kOpen, "a", 40)});
  EXPECT_THAT(Erased(facts, 330), ElementsAre("IMAGE a"));
  EXPECT_THAT(Erased(facts, 331),
              ElementsAre("CASE c", "CROSSING a", "IMAGE a", "TEMPLATE a", "TRAVELER "));
}

TEST(ErasurePlans, CrossingsGoFromTheOldestOn) {
  // The first stay waits for its case, and the second behind it.
  const auto facts =
      Facts({Arrival("a", 0, 5), Departure("d", 10), Arrival("b", 20, 50), Departure("e", 30)},
            {CaseOf("c", CaseKind::kOverstay, CaseState::kOpen, "d", 10)});
  EXPECT_THAT(Erased(facts, 200), ElementsAre("IMAGE a", "IMAGE b", "IMAGE e", "TEMPLATE a",
                                              "TEMPLATE b", "TEMPLATE e"));
}

TEST(ErasurePlans, AStayIsKeptAsLongAsTheDaysOfOneThatRemainsNeedIt) {
  RetentionPolicy policy = Policy();
  RuleIn(policy, kCrossing, kLastExit).period = {Unit::kDays, 10};
  // A window of 300 days of the second stay, which reaches back to day 0; the first stay's own
  // window is short.
  const std::vector<RetainedCrossing> crossings = {
      Arrival("a", 0, std::nullopt, WindowRule{10, 20}), Departure("d", 5),
      Arrival("b", 200, std::nullopt, WindowRule{90, 300})};
  EXPECT_THAT(Erased(Facts(crossings), 200, policy),
              ::testing::Not(::testing::Contains("CROSSING a")));
  // One that begins later no longer sees it.
  std::vector<RetainedCrossing> later = crossings;
  later[2] = Arrival("b", 306, std::nullopt, WindowRule{90, 300});
  EXPECT_THAT(Erased(Facts(later), 306, policy), ::testing::Contains("CROSSING a"));
}

TEST(ErasurePlans, WithAnArrivalGoesTheCaseAboutItsMissingDeparture) {
  const auto facts =
      Facts({Arrival("a", 0, 5), Arrival("b", 250, 260)},
            {CaseOf("c", CaseKind::kArrivalOnOpenStay, CaseState::kUpheld, "b", 299)});
  EXPECT_THAT(Erased(facts, 306), ::testing::IsSupersetOf({"CROSSING a", "CASE c"}));
  const auto open = Facts({Arrival("a", 0, 5), Arrival("b", 250, 260)},
                          {CaseOf("c", CaseKind::kArrivalOnOpenStay, CaseState::kOpen, "b", 299)});
  EXPECT_THAT(Erased(open, 306), IsEmpty()) << "both are evidence";
}

TEST(ErasurePlans, WhatHasANoticeIsAnnouncedFirst) {
  RetentionPolicy policy = Policy();
  RuleIn(policy, kImage, kCapture).notice_days = 5;
  const auto facts = Facts({Arrival("a", 0, std::nullopt)});
  EXPECT_THAT(PlanErasure(facts, policy, {}, At(8)).announce, IsEmpty());
  const ErasurePlan early = PlanErasure(facts, policy, {}, At(9));
  EXPECT_THAT(early.erase, IsEmpty());
  ASSERT_EQ(early.announce.size(), 1U);

  const NoticeKey key = KeyOf(early.announce[0].item);
  EXPECT_THAT(PlanErasure(facts, policy, {{key, At(9)}}, At(9)).announce, IsEmpty());
  EXPECT_THAT(Erased(facts, 13, policy, {{key, At(9)}}), IsEmpty()) << "it is not due yet";
  EXPECT_THAT(Erased(facts, 14, policy, {{key, At(9)}}), ElementsAre("IMAGE a"));
  EXPECT_THAT(Erased(facts, 20, policy, {{key, At(16)}}), IsEmpty()) << "announced too late";
  EXPECT_THAT(Erased(facts, 21, policy, {{key, At(16)}}), ElementsAre("IMAGE a"));
  const NoticeKey of_another_time{kImage, "a", At(7)};
  EXPECT_THAT(Erased(facts, 500, policy, {{of_another_time, At(1)}}), IsEmpty());
}

TEST(ExpiredTemplates, AreSoWhateverKeepsThem) {
  RetentionFacts facts = Facts({Arrival("a", 0, 30), Departure("d", 10)},
                               {CaseOf("c", CaseKind::kOverstay, CaseState::kOpen, "d")});
  facts.held = true;
  EXPECT_THAT(ExpiredTemplates(facts, Policy(), At(109)), IsEmpty());
  EXPECT_THAT(ExpiredTemplates(facts, Policy(), At(110)),
              UnorderedElementsAre(CrossingId("a"), CrossingId("d")));
  EXPECT_FALSE(MayBeExpired(Policy(), TravelerCategory::kOther, At(0), At(99)));
  EXPECT_TRUE(MayBeExpired(Policy(), TravelerCategory::kOther, At(0), At(100)));
}

// ------------------------------------------------------------------------------- canonical forms

TEST(CanonicalTexts, AreTheSameWhateverTheOrder) {
  RetentionPolicy policy = Policy();
  const std::string text = CanonicalText(policy);
  EXPECT_THAT(text, ::testing::HasSubstr("OTHER-IMAGE-CAPTURE OTHER IMAGE CAPTURE 14 DAYS notice 0 "
                                         "waits 1990-01-01 -\n"));
  std::ranges::reverse(policy);
  EXPECT_EQ(CanonicalText(policy), text);
  policy.front().notice_days = 1;
  EXPECT_NE(CanonicalText(policy), text);

  const ErasedItem one{kImage, TravelerId("t"), "x"};
  const ErasedItem other{kTraveler, TravelerId("t"), ""};
  EXPECT_EQ(CanonicalText(std::vector{other, one}), "IMAGE t x\nTRAVELER t\n");
  EXPECT_EQ(CanonicalText(std::vector{one, other}), "IMAGE t x\nTRAVELER t\n");
}

TEST(CanonicalTexts, OfAReceiptHoldAllOfIt) {
  ErasureReceipt receipt;
  receipt.number = 7;
  receipt.run_id = "run";
  receipt.at = At(0);
  receipt.policy_digest = "aa";
  receipt.principal = "admin/retention";
  receipt.counts = {{kImage, "other-image", 3}, {kTraveler, "x", 1}};
  receipt.items_digest = "bb";
  receipt.previous_digest = "cc";
  receipt.digest = "not part of it";
  EXPECT_EQ(CanonicalText(receipt),
            "entryexit erasure receipt 1\nnumber 7\nrun run\nat 1767268800000000\npolicy aa\n"
            "principal admin/retention\nerased IMAGE other-image 3\nerased TRAVELER x 1\n"
            "items bb\nprevious cc\n");
}

}  // namespace
}  // namespace entryexit::core::retention_rules
