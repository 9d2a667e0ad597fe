#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "entryexit/core/retention.h"

// What must hold of erasing whatever the traveler's history is.
namespace entryexit::core::retention_properties {
namespace {

using std::chrono::days;
using std::chrono::hours;
using Unit = RetentionPeriod::Unit;

constexpr int kHistories = 10'000;
constexpr Date kStart{std::chrono::year(2026) / 1 / 1};
// Every event lies before this day.
constexpr int kLastDay = 200;

class Histories {
 public:
  explicit Histories(unsigned seed) : random_(seed) {}

  int Number(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }
  bool OneIn(int n) { return Number(1, n) == 1; }

  RetentionPolicy Policy() {
    RetentionPolicy policy;
    for (const RetentionSubject& subject : RetentionSubjects()) {
      RetentionRule rule;
      rule.id = std::to_string(policy.size());
      rule.category = subject.category;
      rule.kind = subject.kind;
      rule.event = subject.event;
      rule.period = OneIn(4) ? RetentionPeriod{Unit::kMonths, Number(1, 3)}
                             : RetentionPeriod{Unit::kDays, Number(1, 60)};
      rule.waits_for_cases = !OneIn(3);
      rule.from = kStart - days(1000);
      policy.push_back(rule);
    }
    return policy;
  }

  TravelerEvents Events() {
    TravelerEvents events;
    const int count = Number(0, 9);
    for (int i = 0; i < count; ++i) {
      const Timestamp time = kStart + hours(Number(0, kLastDay * 24));
      CrossingEvent crossing{CrossingId("x" + std::to_string(i)), Direction::kDeparture, time,
                             std::chrono::floor<days>(time), std::nullopt};
      if (!OneIn(2)) {
        crossing.direction = Direction::kArrival;
        crossing.admission = Admission{"B-2", std::nullopt, std::nullopt};
        if (!OneIn(4))
          crossing.admission->authorized_until = crossing.local_date + days(Number(0, 40));
        if (OneIn(3)) crossing.admission->window = WindowRule{Number(1, 10), Number(11, 120)};
      }
      events.crossings.push_back(crossing);
    }
    for (int i = Number(-3, 2); i > 0; --i) events.changes.push_back(Change(i));
    return events;
  }

  RetentionFacts Facts(const TravelerEvents& events) {
    RetentionFacts facts;
    facts.category = OneIn(5) ? TravelerCategory::kNational : TravelerCategory::kOther;
    facts.stays = ComputeStays(events).stays;
    facts.changes = events.changes;
    for (const CrossingEvent& event : events.crossings) {
      facts.crossings.push_back({event, OneIn(2), OneIn(2)});
      if (OneIn(4)) facts.cases.push_back(Case(event, events));
    }
    return facts;
  }

 private:
  AdmissionChange Change(int i) {
    AdmissionChange change;
    change.application_id = "A" + std::to_string(i);
    change.kind =
        OneIn(2) ? AdmissionChangeKind::kAdjustmentOfStatus : AdmissionChangeKind::kExtension;
    change.filed_on = kStart + days(Number(0, kLastDay));
    change.decision = OneIn(3) ? AdmissionDecision::kPending : AdmissionDecision::kDenied;
    if (change.decision == AdmissionDecision::kDenied) {
      change.decided_on = change.filed_on + days(Number(0, 20));
    }
    return change;
  }

  RetainedCase Case(const CrossingEvent& event, const TravelerEvents& events) {
    RetainedCase one{CaseId("case of " + event.id.value()),     static_cast<CaseKind>(Number(0, 8)),
                     static_cast<CaseState>(Number(0, 4)),      event.id,
                     event.captured_at + hours(Number(0, 500)), {}};
    for (const CrossingEvent& other : events.crossings) {
      if (OneIn(5)) one.references.push_back(other.id);
    }
    return one;
  }

  std::mt19937 random_;
};

using Items = std::set<std::pair<DataKind, std::string>>;
Items ErasedBy(const ErasurePlan& plan) {
  Items items;
  for (const PlannedErasure& planned : plan.erase) {
    EXPECT_TRUE(items.emplace(planned.item.kind, planned.item.subject_id).second) << "once each";
  }
  return items;
}

TEST(RetentionProperties, AnyOrderOfTheFactsGivesTheSame) {
  Histories make(1);
  std::mt19937 shuffle(2);
  for (int i = 0; i < kHistories; ++i) {
    const RetentionPolicy policy = make.Policy();
    RetentionFacts facts = make.Facts(make.Events());
    const Timestamp now = kStart + days(make.Number(0, kLastDay * 2));
    ErasurePlan first = PlanErasure(facts, policy, {}, now);
    std::ranges::shuffle(facts.crossings, shuffle);
    std::ranges::shuffle(facts.stays, shuffle);
    std::ranges::shuffle(facts.changes, shuffle);
    std::ranges::shuffle(facts.cases, shuffle);
    ErasurePlan second = PlanErasure(facts, policy, {}, now);
    std::ranges::sort(first.erase);
    std::ranges::sort(second.erase);
    ASSERT_EQ(first.erase, second.erase) << i;
    facts.held = true;
    ASSERT_TRUE(PlanErasure(facts, policy, {}, now).erase.empty()) << i;
  }
}

TEST(RetentionProperties, NothingGoesBeforeThePeriodOfItsRuleAndMoreGoesLater) {
  Histories make(3);
  int erased = 0;
  for (int i = 0; i < kHistories / 4; ++i) {
    const RetentionPolicy policy = make.Policy();
    const RetentionFacts facts = make.Facts(make.Events());
    std::map<std::string, Timestamp> captured_at;
    for (const RetainedCrossing& crossing : facts.crossings) {
      captured_at[crossing.event.id.value()] = crossing.event.captured_at;
    }
    for (const RetainedCase& one : facts.cases) captured_at[one.id.value()] = one.changed_at;
    Items before;
    for (int day = 0; day <= kLastDay * 2; day += 20) {
      const Timestamp now = kStart + days(day);
      const ErasurePlan plan = PlanErasure(facts, policy, {}, now);
      for (const PlannedErasure& planned : plan.erase) {
        ASSERT_LE(planned.item.due, now) << i;
        const RetentionRule& rule = policy[std::stoul(planned.item.rule_id)];
        if (planned.item.kind != rule.kind) continue;  // goes along with its crossing
        ASSERT_GE(planned.item.due, EndOf(rule.period, captured_at[planned.item.subject_id])) << i;
      }
      const Items now_erased = ErasedBy(plan);
      ASSERT_TRUE(std::ranges::includes(now_erased, before)) << i << " on day " << day;
      before = now_erased;
    }
    erased += static_cast<int>(before.size());
  }
  EXPECT_GT(erased, kHistories / 4) << "the histories are such that something is tested";
}

TEST(RetentionProperties, AnExpiredTemplateStaysSoWhateverCrossingComesLater) {
  Histories make(4);
  int expired = 0;
  for (int i = 0; i < kHistories; ++i) {
    const RetentionPolicy policy = make.Policy();
    const TravelerEvents events = make.Events();
    const Timestamp now = kStart + days(make.Number(0, kLastDay));
    RetentionFacts known;
    TravelerEvents until_now;
    RetentionFacts all;
    for (const CrossingEvent& event : events.crossings) {
      all.crossings.push_back({event, false, true});
      if (event.captured_at >= now) continue;
      known.crossings.push_back({event, false, true});
      until_now.crossings.push_back(event);
    }
    TravelerEvents whole = events;
    whole.changes.clear();
    known.stays = ComputeStays(until_now).stays;
    all.stays = ComputeStays(whole).stays;
    const std::set<CrossingId> then = ExpiredTemplates(known, policy, now);
    const std::set<CrossingId> later = ExpiredTemplates(all, policy, now);
    ASSERT_TRUE(std::ranges::includes(later, then)) << i;
    expired += static_cast<int>(then.size());
    for (const CrossingEvent& event : events.crossings) {
      if (then.contains(event.id)) {
        ASSERT_TRUE(MayBeExpired(policy, known.category, event.captured_at, now)) << i;
      }
    }
  }
  EXPECT_GT(expired, kHistories / 4);
}

// What the lists of candidates ask the database, here of one thing: see statements.cc.
bool IsWithin(const ErasureHorizon& horizon, const RetentionFacts& facts,
              const PlannedErasure& planned) {
  const bool national = facts.category == TravelerCategory::kNational;
  const std::string& id = planned.found_by_id;
  if (planned.found_by == DataKind::kCase) {
    const auto one = std::ranges::find(facts.cases, CaseId(id), &RetainedCase::id);
    return !WaitsForOfficer(one->state) && one->changed_at <= horizon.cases;
  }
  const auto crossing = std::ranges::find(facts.crossings, CrossingId(id),
                                          [](const RetainedCrossing& c) { return c.event.id; });
  const Timestamp captured_at = crossing->event.captured_at;
  if (planned.found_by == DataKind::kImage) {
    return captured_at <= (national ? horizon.national_images : horizon.other_images);
  }
  const auto stay = std::ranges::find(facts.stays, CrossingId(id), &Stay::arrival_id);
  const bool has_stay = stay != facts.stays.end();
  if (planned.found_by == DataKind::kTemplate) {
    const bool waits = has_stay && stay->state == StayState::kOpen &&
                       (national ? stay->arrived_at > horizon.national_templates
                                 : !stay->authorized_until ||
                                       *stay->authorized_until > horizon.template_authorizations);
    return captured_at <= horizon.templates && !waits;
  }
  if (!has_stay) return captured_at <= horizon.exits;
  if (stay->state == StayState::kClosed) return *stay->departed_at <= horizon.exits;
  return stay->arrived_at <= horizon.arrivals &&
         (national ? stay->arrived_at <= horizon.national_arrivals
                   : stay->authorized_until &&
                         *stay->authorized_until <= horizon.crossing_authorizations);
}

TEST(RetentionProperties, ARunLooksWhereverSomethingIsDue) {
  Histories make(6);
  int found = 0;
  for (int i = 0; i < kHistories; ++i) {
    RetentionPolicy policy = make.Policy();
    for (RetentionRule& rule : policy) rule.notice_days = make.OneIn(3) ? make.Number(1, 30) : 0;
    const RetentionFacts facts = make.Facts(make.Events());
    const Timestamp now = kStart + hours(make.Number(0, kLastDay * 2 * 24));
    const ErasureHorizon horizon = HorizonOf(policy, now);
    const ErasurePlan plan = PlanErasure(facts, policy, {}, now);
    for (const auto* planned : {&plan.erase, &plan.announce}) {
      for (const PlannedErasure& one : *planned) {
        ASSERT_TRUE(IsWithin(horizon, facts, one))
            << i << ": " << NameOf(one.found_by) << ' ' << one.found_by_id;
        ++found;
      }
    }
  }
  EXPECT_GT(found, kHistories);
}

// Erase, compute anew: what remains is as it was.
TEST(RetentionProperties, TheStaysThatRemainAreComputedAsBefore) {
  Histories make(5);
  int shortened = 0;
  for (int i = 0; i < kHistories * 5; ++i) {
    const RetentionPolicy policy = make.Policy();
    const TravelerEvents events = make.Events();
    RetentionFacts facts = make.Facts(events);
    const StayHistory before = ComputeStays(events);
    const Items erased =
        ErasedBy(PlanErasure(facts, policy, {}, kStart + days(make.Number(0, kLastDay + 60))));
    const auto is_erased = [&](const CrossingId& id) {
      return erased.contains({DataKind::kCrossing, id.value()});
    };
    TravelerEvents remaining = events;
    std::erase_if(remaining.crossings, [&](const CrossingEvent& c) { return is_erased(c.id); });
    if (remaining.crossings.size() == events.crossings.size()) continue;
    EXPECT_EQ(erased.contains({DataKind::kTraveler, ""}), remaining.crossings.empty()) << i;
    if (remaining.crossings.empty()) continue;
    ++shortened;

    const StayHistory after = ComputeStays(remaining);
    std::vector<Stay> expected_stays = before.stays;
    std::erase_if(expected_stays, [&](const Stay& stay) { return is_erased(stay.arrival_id); });
    ASSERT_EQ(after.stays, expected_stays) << i;
    const auto first = std::ranges::min(remaining.crossings, {}, [](const CrossingEvent& c) {
                         return std::tie(c.captured_at, c.direction, c.id);
                       }).id;
    std::vector<Flag> expected_flags = before.flags;
    std::erase_if(expected_flags, [&](const Flag& flag) {
      const bool of_missing_departure =
          flag.kind == FlagKind::kArrivalOnOpenStay && flag.crossing_id == first;
      // Its case goes along, so that nobody is told that it was disproved.
      if (of_missing_departure) {
        for (const RetainedCase& one : facts.cases) {
          EXPECT_TRUE(one.crossing_id != first || one.kind != CaseKind::kArrivalOnOpenStay ||
                      one.state == CaseState::kWithdrawn ||
                      erased.contains({DataKind::kCase, one.id.value()}))
              << i;
        }
      }
      return is_erased(flag.crossing_id) || of_missing_departure;
    });
    ASSERT_EQ(after.flags, expected_flags) << i;
    // What was erased comes before all that remains.
    for (const CrossingEvent& event : events.crossings) {
      if (!is_erased(event.id)) continue;
      for (const CrossingEvent& other : remaining.crossings) {
        ASSERT_LE(event.captured_at, other.captured_at) << i;
      }
    }
  }
  EXPECT_GT(shortened, kHistories / 4);
}

}  // namespace
}  // namespace entryexit::core::retention_properties
