#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "entryexit/core/reason.h"
#include "tests/integration/app/app_fixture.h"

// The nightly review of suspected overstays, and reports in two times.
namespace entryexit::app {
namespace {

using core::CaseKind;
using core::CaseState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;

class ReportsTest : public AppTest {
 protected:
  ReportsTest() { PlanFace("anna", 0); }

  // All parts of a review.
  ReviewProgress Review() {
    ReviewProgress sum;
    std::optional<core::TravelerId> after;
    do {
      const auto part = review_->Review(OfficerCall(), after);
      EXPECT_THAT(part, IsOk());
      if (!part.ok()) return sum;
      sum.travelers += part->travelers;
      sum.opened += part->opened;
      sum.changed += part->changed;
      after = part->next;
    } while (after);
    return sum;
  }

  // The overstays on day 99, each as kind and days, by what was known at `known_at`.
  std::vector<std::string> Overstays(core::Timestamp known_at) {
    std::vector<std::string> rows;
    const auto page =
        queries_->ListOverstays(OfficerCall(), Day(99), known_at, std::nullopt, std::nullopt, 100);
    EXPECT_THAT(page, IsOk());
    for (const OverstayView& view : page->rows) {
      rows.push_back(std::string(core::NameOf(view.overstay.kind)) + ' ' +
                     std::to_string(view.overstay.days));
    }
    return rows;
  }

  core::Summary Summary(core::Timestamp known_at) {
    const auto summary =
        queries_->Summarize(OfficerCall(), {Day(0), Day(90), Day(99), known_at}, std::nullopt);
    EXPECT_THAT(summary, IsOk());
    return summary.ok() ? *summary : core::Summary{};
  }
};

TEST_F(ReportsTest, AReviewOpensACaseForEachSuspectedOverstayOnce) {
  Record(Arrival(0, "anna", 98, "LATE"));
  Record(Arrival(0, "anna", 99, "IN-TIME"));
  Record(Arrival(0, "anna", 40, "GONE"));
  Record(Departure(30, "anna", "GONE"));
  EXPECT_THAT(OpenCases("LATE"), IsEmpty()) << "only the review opens it";

  EXPECT_EQ(Review().opened, 1);
  const CaseView view = TheCase(CaseKind::kSuspectedOverstay, "LATE");
  EXPECT_EQ(view.record.state, CaseState::kOpen);
  EXPECT_EQ(view.record.crossing_id, Crossings("LATE")[0].crossing.crossing_id);
  EXPECT_EQ(view.events[0].reason, "the authorization is over and no departure is recorded");
  EXPECT_THAT(OpenCases("IN-TIME"), IsEmpty());
  EXPECT_THAT(OpenCases("GONE"), IsEmpty());

  const ReviewProgress again = Review();
  EXPECT_EQ(again.travelers, 0) << "nothing is left to look at";
  EXPECT_EQ(again.opened + again.changed, 0);
}

TEST_F(ReportsTest, ADepartureThatBecomesKnownWithdrawsTheSuspicion) {
  Record(Arrival(0, "anna", 40));
  Review();
  Record(Departure(45, "anna"));
  EXPECT_EQ(TheCase(CaseKind::kSuspectedOverstay).record.state, CaseState::kWithdrawn);
  EXPECT_EQ(TheCase(CaseKind::kOverstay).record.days_overstayed, 5);
}

TEST_F(ReportsTest, AnotherEventOfTheTravelerLeavesTheSuspicionAsItIs) {
  Record(Arrival(0, "anna", 40));
  Review();
  Record(Departure(-5, "anna"));
  const CaseView view = TheCase(CaseKind::kSuspectedOverstay);
  EXPECT_EQ(view.record.state, CaseState::kOpen);
  EXPECT_EQ(view.record.version, 1);
}

TEST_F(ReportsTest, ACaseIsTouchedAgainWhenItBecomesGraverNotEveryNight) {
  Record(Arrival(0, "anna", 40));
  Review();
  clock_.Set(At(150));
  EXPECT_EQ(Review().travelers, 0);
  clock_.Set(At(222));  // Day 221 is over everywhere: 181 days.
  EXPECT_EQ(Review().changed, 1);
  const CaseView view = TheCase(CaseKind::kSuspectedOverstay);
  EXPECT_EQ(view.record.severity, core::Severity::kHigh);
  EXPECT_EQ(view.record.state, CaseState::kOpen);
  EXPECT_EQ(view.events.back().reason, "more days have passed without a departure");
  EXPECT_EQ(Review().travelers, 0);
}

TEST_F(ReportsTest, ADismissedSuspicionComesBackOnlyWhenItIsGraver) {
  Record(Arrival(0, "anna", 40));
  Review();
  const ports::CaseRecord opened = TheCase(CaseKind::kSuspectedOverstay).record;
  ASSERT_THAT(
      decide_->Decide(OfficerCall(),
                      {core::RequestId("11111111-1111-4111-8111-111111111111"), opened.case_id,
                       opened.version, core::CaseDecision::kDismiss, "left by land"}),
      IsOk());
  EXPECT_EQ(Review().opened, 0);
  clock_.Set(At(222));
  EXPECT_EQ(Review().opened, 1);
  EXPECT_EQ(TheCase(CaseKind::kSuspectedOverstay).record.state, CaseState::kOpen);
}

TEST_F(ReportsTest, ASuspicionThatReturnsAfterItWasDismissedIsAnotherOne) {
  Record(Arrival(0, "anna", 40));
  Review();
  const ports::CaseRecord opened = TheCase(CaseKind::kSuspectedOverstay).record;
  ASSERT_THAT(
      decide_->Decide(OfficerCall(),
                      {core::RequestId("11111111-1111-4111-8111-111111111111"), opened.case_id,
                       opened.version, core::CaseDecision::kDismiss, "extension shown"}),
      IsOk());
  AdmissionChangeRequest extension;
  extension.request_id = core::RequestId("22222222-2222-4222-8222-222222222222");
  extension.traveler_id = opened.traveler_id;
  extension.application_id = "EAC-90";
  extension.kind = core::AdmissionChangeKind::kExtension;
  extension.filed_on = Day(30);
  extension.decision = core::AdmissionDecision::kGranted;
  extension.decided_on = Day(35);
  extension.class_of_admission = "B-2";
  extension.authorization = Day(120);
  ASSERT_THAT(record_change_->Record(OfficerCall(), extension), IsOk());
  EXPECT_EQ(Review().opened, 0);
  clock_.Set(At(130));
  EXPECT_EQ(Review().opened, 1);
  EXPECT_EQ(TheCase(CaseKind::kSuspectedOverstay).record.state, CaseState::kOpen);
  EXPECT_EQ(Review().travelers, 0);
}

TEST_F(ReportsTest, ATravelerWhoCannotBeReviewedDoesNotStopTheOthers) {
  Record(Arrival(0, "anna", 40, "A"));
  Record(Arrival(0, "anna", 40, "B"));
  // A template that cannot be read, whichever of the two comes first.
  Sql("ALTER DOMAIN direction_name DROP CONSTRAINT direction_name_check");
  Sql("UPDATE template SET direction = 'ASTRAY' "
      "WHERE traveler_id = (SELECT min(traveler_id::text)::uuid FROM template)");
  const auto part = review_->Review(OfficerCall(), std::nullopt);
  ASSERT_THAT(part, IsOk());
  ASSERT_EQ(part->failures.size(), 1U);
  EXPECT_EQ(core::ReasonOf(part->failures[0].second), core::Reason::kStoredDataInvalid);
  EXPECT_EQ(part->opened, 1);
}

TEST_F(ReportsTest, WhatWasRecordedLaterDoesNotChangeAReportOfBefore) {
  Record(Arrival(0, "anna", 40, "A"));
  Record(Arrival(0, "anna", 50, "B"));
  Record(Arrival(0, "anna", 60, "C"));
  const core::Timestamp then = At(101);
  const std::vector<std::string> list = Overstays(then);
  EXPECT_THAT(list, ElementsAre("SUSPECTED_IN_COUNTRY 59", "SUSPECTED_IN_COUNTRY 49",
                                "SUSPECTED_IN_COUNTRY 39"));
  const core::Summary summary = Summary(then);

  clock_.Set(At(102));
  Record(Departure(45, "anna", "A"));
  Record(Departure(45, "anna", "B"));
  Record(Arrival(10, "anna", 70, "D"));
  EXPECT_EQ(Overstays(then), list);
  EXPECT_EQ(Summary(then).stays, summary.stays);
  EXPECT_EQ(Summary(then).crossings, summary.crossings);

  const core::Timestamp now = At(103);
  EXPECT_THAT(Overstays(now), ElementsAre("OUT_OF_COUNTRY 5", "SUSPECTED_IN_COUNTRY 39",
                                          "SUSPECTED_IN_COUNTRY 29"));
  const core::Summary later = Summary(now);
  EXPECT_EQ(later.stays[core::StayFigure::kExpectedDepartures], 4);
  EXPECT_EQ(later.stays[core::StayFigure::kDeparted], 2);
  EXPECT_EQ(later.stays[core::StayFigure::kOutOfCountry], 1);
  EXPECT_EQ(later.stays[core::StayFigure::kSuspectedInCountry], 2);
  EXPECT_EQ(later.crossings[core::CrossingFigure::kDepartures], 2);
  EXPECT_EQ(later.crossings[core::CrossingFigure::kMatch], 2);
  EXPECT_EQ(later.crossings[core::CrossingFigure::kArrivalsWithoutDeparture], 2);
}

TEST_F(ReportsTest, AClockSetBackDoesNotChangeWhatWasKnown) {
  Record(Arrival(0, "anna", 40));
  const std::vector<std::string> list = Overstays(At(101));
  clock_.Set(At(99));
  Record(Departure(45, "anna"));
  const std::vector<CrossingView> crossings = Crossings();
  EXPECT_GT(crossings[1].crossing.recorded_at, crossings[0].crossing.recorded_at);
  EXPECT_EQ(Overstays(crossings[0].crossing.recorded_at), list);
}

}  // namespace
}  // namespace entryexit::app
