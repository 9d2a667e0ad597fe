#include "entryexit/core/case_decisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "entryexit/core/reason.h"

namespace entryexit::core {
namespace {

constexpr CaseKind kEveryKind[] = {CaseKind::kIdentityNoMatch,
                                   CaseKind::kIdentityInconclusive,
                                   CaseKind::kNoReference,
                                   CaseKind::kOverstay,
                                   CaseKind::kDepartureWithoutArrival,
                                   CaseKind::kArrivalOnOpenStay,
                                   CaseKind::kDocumentDataConflict,
                                   CaseKind::kSuspectedOverstay,
                                   CaseKind::kCorrectionRequest};
constexpr CaseState kEveryState[] = {CaseState::kOpen, CaseState::kUpheld, CaseState::kDismissed,
                                     CaseState::kWithdrawn, CaseState::kAwaitsSecondOfficer};
constexpr CaseDecision kEveryDecision[] = {CaseDecision::kUphold, CaseDecision::kDismiss,
                                           CaseDecision::kReopen};

// What the tables say of a case: its state, or the reason of the refusal.
std::string ResultOf(const absl::StatusOr<CaseState>& state) {
  return state.ok() ? NameOf(*state) : std::string(NameOf(*ReasonOf(state.status())));
}

TEST(CaseDecisionsTest, ToFindAnImpostorOrAnOverstayHarmsThePersonAndSoDoesARefusal) {
  const std::map<CaseKind, std::optional<CaseDecision>> adverse = {
      {CaseKind::kIdentityNoMatch, CaseDecision::kUphold},
      {CaseKind::kIdentityInconclusive, CaseDecision::kUphold},
      {CaseKind::kOverstay, CaseDecision::kUphold},
      {CaseKind::kSuspectedOverstay, CaseDecision::kUphold},
      {CaseKind::kCorrectionRequest, CaseDecision::kDismiss},
      {CaseKind::kNoReference, std::nullopt},
      {CaseKind::kDepartureWithoutArrival, std::nullopt},
      {CaseKind::kArrivalOnOpenStay, std::nullopt},
      {CaseKind::kDocumentDataConflict, std::nullopt}};
  for (const CaseKind kind : kEveryKind) {
    EXPECT_EQ(AdverseDecision(kind), adverse.at(kind)) << NameOf(kind);
  }
}

constexpr Decider kOfficer{.is_supervisor = false, .decided_first = false};
constexpr Decider kSupervisor{.is_supervisor = true, .decided_first = false};
constexpr Decider kFirstOfficer{.is_supervisor = false, .decided_first = true};
constexpr Decider kFirstSupervisor{.is_supervisor = true, .decided_first = true};

// Nobody has decided first except in AWAITS_SECOND_OFFICER; what is said of them elsewhere must
// not matter.
struct Row {
  CaseState state;
  CaseDecision decision;
  const char* of_officers;
  const char* of_supervisors;
  const char* of_the_first_officer;
  const char* of_the_first_supervisor;
};

void ExpectTable(CaseKind kind, const std::vector<Row>& table) {
  std::map<std::pair<CaseState, CaseDecision>, int> rows;
  for (const Row& row : table) {
    ++rows[{row.state, row.decision}];
    const auto result = [&](Decider decider) {
      return ResultOf(StateAfter(kind, row.state, row.decision, decider));
    };
    SCOPED_TRACE(::testing::Message() << NameOf(kind) << ", " << NameOf(row.state) << ", decision "
                                      << static_cast<int>(row.decision));
    EXPECT_EQ(result(kOfficer), row.of_officers);
    EXPECT_EQ(result(kSupervisor), row.of_supervisors);
    EXPECT_EQ(result(kFirstOfficer), row.of_the_first_officer);
    EXPECT_EQ(result(kFirstSupervisor), row.of_the_first_supervisor);
  }
  for (const CaseState state : kEveryState) {
    for (const CaseDecision decision : kEveryDecision) {
      EXPECT_EQ((rows[{state, decision}]), 1) << "the table has every transition once";
    }
  }
}

constexpr char kOpen[] = "OPEN";
constexpr char kAwaits[] = "AWAITS_SECOND_OFFICER";
constexpr char kUpheld[] = "UPHELD";
constexpr char kDismissed[] = "DISMISSED";
constexpr char kClosed[] = "CASE_CLOSED";
constexpr char kNotClosed[] = "CASE_NOT_CLOSED";
constexpr char kSecond[] = "SECOND_OFFICER_REQUIRED";
constexpr char kRole[] = "ROLE_NOT_ALLOWED";

// What is the same whatever the kind.
std::vector<Row> WithReversals(std::vector<Row> table) {
  using enum CaseDecision;
  using State = CaseState;
  const std::vector<Row> reversals = {
      {State::kOpen, kReopen, kNotClosed, kNotClosed, kNotClosed, kNotClosed},
      {State::kAwaitsSecondOfficer, kReopen, kNotClosed, kNotClosed, kNotClosed, kNotClosed},
      {State::kUpheld, kUphold, kClosed, kClosed, kClosed, kClosed},
      {State::kUpheld, kDismiss, kClosed, kClosed, kClosed, kClosed},
      {State::kUpheld, kReopen, kRole, kOpen, kRole, kOpen},
      {State::kDismissed, kUphold, kClosed, kClosed, kClosed, kClosed},
      {State::kDismissed, kDismiss, kClosed, kClosed, kClosed, kClosed},
      {State::kDismissed, kReopen, kRole, kOpen, kRole, kOpen},
      {State::kWithdrawn, kUphold, kClosed, kClosed, kClosed, kClosed},
      {State::kWithdrawn, kDismiss, kClosed, kClosed, kClosed, kClosed},
      {State::kWithdrawn, kReopen, kClosed, kClosed, kClosed, kClosed}};
  table.insert(table.end(), reversals.begin(), reversals.end());
  return table;
}

TEST(CaseDecisionsTest, EveryDecisionInEveryStateByEverybody) {
  using enum CaseDecision;
  using State = CaseState;
  const std::vector<Row> upholding_takes_two =
      WithReversals({{State::kOpen, kUphold, kAwaits, kAwaits, kAwaits, kAwaits},
                     {State::kOpen, kDismiss, kDismissed, kDismissed, kDismissed, kDismissed},
                     {State::kAwaitsSecondOfficer, kUphold, kUpheld, kUpheld, kSecond, kSecond},
                     {State::kAwaitsSecondOfficer, kDismiss, kOpen, kOpen, kOpen, kOpen}});
  const std::vector<Row> dismissing_takes_two = WithReversals(
      {{State::kOpen, kUphold, kUpheld, kUpheld, kUpheld, kUpheld},
       {State::kOpen, kDismiss, kAwaits, kAwaits, kAwaits, kAwaits},
       {State::kAwaitsSecondOfficer, kUphold, kOpen, kOpen, kOpen, kOpen},
       {State::kAwaitsSecondOfficer, kDismiss, kDismissed, kDismissed, kSecond, kSecond}});
  // No case of these kinds awaits a second officer; should one do so, any decision opens it again.
  const std::vector<Row> each_takes_one =
      WithReversals({{State::kOpen, kUphold, kUpheld, kUpheld, kUpheld, kUpheld},
                     {State::kOpen, kDismiss, kDismissed, kDismissed, kDismissed, kDismissed},
                     {State::kAwaitsSecondOfficer, kUphold, kOpen, kOpen, kOpen, kOpen},
                     {State::kAwaitsSecondOfficer, kDismiss, kOpen, kOpen, kOpen, kOpen}});
  for (const CaseKind kind : kEveryKind) {
    const auto adverse = AdverseDecision(kind);
    ExpectTable(kind, adverse == kUphold    ? upholding_takes_two
                      : adverse == kDismiss ? dismissing_takes_two
                                            : each_takes_one);
  }
}

TEST(CaseDecisionsTest, EveryNewsInEveryState) {
  struct Expected {
    CaseState state;
    const char* same;
    const char* changed;
    const char* graver;
    const char* gone;
  };
  constexpr char kLeft[] = "left";
  constexpr char kWithdrawn[] = "WITHDRAWN";
  const Expected table[] = {{CaseState::kOpen, kLeft, kOpen, kOpen, kWithdrawn},
                            {CaseState::kAwaitsSecondOfficer, kLeft, kOpen, kOpen, kWithdrawn},
                            {CaseState::kUpheld, kLeft, kUpheld, kOpen, kWithdrawn},
                            {CaseState::kDismissed, kLeft, kLeft, kOpen, kLeft},
                            {CaseState::kWithdrawn, kOpen, kOpen, kOpen, kLeft}};
  for (const CaseKind kind : kEveryKind) {
    for (const Expected& row : table) {
      const auto result = [&](LeadNews news) -> std::string {
        const auto state = StateAfter(kind, row.state, news);
        return state ? NameOf(*state) : kLeft;
      };
      SCOPED_TRACE(::testing::Message() << NameOf(kind) << ", " << NameOf(row.state));
      EXPECT_EQ(result(LeadNews::kSame), row.same);
      EXPECT_EQ(result(LeadNews::kChanged), row.changed);
      EXPECT_EQ(result(LeadNews::kGraver), row.graver);
      const bool forgotten =
          row.state == CaseState::kDismissed && kind == CaseKind::kSuspectedOverstay;
      EXPECT_EQ(result(LeadNews::kGone), forgotten ? kWithdrawn : row.gone);
    }
  }
}

// Everything that two officers and two supervisors, one of whom is one of the officers, can do in
// six steps with the service's news in between.
TEST(CaseDecisionsTest, NobodyIsEverBothOfTheTwo) {
  struct Person {
    int id;
    bool is_supervisor;
  };
  constexpr Person kPeople[] = {{1, false}, {2, false}, {1, true}, {3, true}};
  constexpr int kNobody = 0;
  struct Situation {
    CaseState state;
    int first;
  };
  int upheld = 0;
  const auto walk = [&](const auto& next, Situation now, int steps) -> void {
    if (steps == 0) return;
    for (const Person& person : kPeople) {
      for (const CaseDecision decision : kEveryDecision) {
        const auto after = StateAfter(CaseKind::kIdentityNoMatch, now.state, decision,
                                      {person.is_supervisor, now.first == person.id});
        if (!after.ok()) continue;
        if (*after == CaseState::kUpheld) {
          ++upheld;
          ASSERT_EQ(now.state, CaseState::kAwaitsSecondOfficer);
          ASSERT_NE(now.first, kNobody);
          ASSERT_NE(now.first, person.id);
        }
        next(next, {*after, *after == CaseState::kAwaitsSecondOfficer ? person.id : kNobody},
             steps - 1);
      }
    }
    for (const LeadNews news : {LeadNews::kChanged, LeadNews::kGraver, LeadNews::kGone}) {
      const auto after = StateAfter(CaseKind::kIdentityNoMatch, now.state, news);
      if (!after || *after == now.state) continue;
      ASSERT_NE(*after, CaseState::kUpheld);
      ASSERT_NE(*after, CaseState::kAwaitsSecondOfficer);
      next(next, {*after, kNobody}, steps - 1);
    }
  };
  walk(walk, {CaseState::kOpen, kNobody}, 6);
  EXPECT_GT(upheld, 100);
}

}  // namespace
}  // namespace entryexit::core
