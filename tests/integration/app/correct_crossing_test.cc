#include "entryexit/app/correct_crossing.h"

#include <gmock/gmock.h>

#include <functional>
#include <string>
#include <thread>

#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"
#include "tests/integration/app/app_fixture.h"

namespace entryexit::app {
namespace {

using core::CaseKind;
using core::CaseState;
using core::Outcome;
using core::Reason;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::SizeIs;

class CorrectCrossingTest : public AppTest {
 protected:
  CorrectCrossingTest() {
    PlanFace("anna", 0.0);
    PlanFace("anna again", 0.4);
    PlanFace("somebody else", 3.0);
  }

  static CorrectionRequest Correction(const core::CrossingId& crossing, int revision) {
    CorrectionRequest request;
    request.request_id = core::RequestId(crypto::NewUuid());
    request.crossing_id = crossing;
    request.revision = revision;
    request.reason = "the officer at the lane says so";
    return request;
  }
  static CorrectionRequest Voids(const core::CrossingId& crossing, int revision = 1) {
    CorrectionRequest request = Correction(crossing, revision);
    request.voided = true;
    return request;
  }
  static CorrectionRequest Moves(const core::CrossingId& crossing, core::Timestamp captured_at,
                                 int revision = 1) {
    CorrectionRequest request = Correction(crossing, revision);
    request.captured_at = captured_at;
    return request;
  }

  absl::StatusOr<CorrectionResult> TryCorrect(const CorrectionRequest& request) {
    return correct_->Correct(SupervisorCall(), request);
  }
  CorrectionResult Correct(const CorrectionRequest& request) {
    absl::StatusOr<CorrectionResult> result = TryCorrect(request);
    EXPECT_THAT(result, IsOk());
    return result.ok() ? *std::move(result) : CorrectionResult{};
  }

  core::CrossingId Recorded(const CrossingRequest& request) {
    return Record(request).crossing->crossing_id;
  }
  // The outcomes of a traveler's departure, oldest first.
  std::vector<Outcome> OutcomesOf(const core::CrossingId& departure) {
    std::vector<Outcome> outcomes;
    for (const CrossingView& view : Crossings()) {
      if (view.crossing.crossing_id != departure) continue;
      for (const auto& comparison : view.comparisons) {
        outcomes.push_back(comparison.receipt.outcome);
      }
    }
    return outcomes;
  }
};

TEST_F(CorrectCrossingTest, AVoidedDepartureCountsNowhereAndIsStillThere) {
  Record(Arrival(0, "anna", 30));
  const core::CrossingId departure = Recorded(Departure(60, "somebody else"));
  ASSERT_THAT(OpenCases(), SizeIs(1)) << "another face";

  const CorrectionResult result = Correct(Voids(departure));
  ASSERT_THAT(result.stays, SizeIs(1));
  EXPECT_EQ(result.stays[0].stay.state, core::StayState::kOpen);
  EXPECT_THAT(OpenCases(), IsEmpty());
  const CaseView identity = TheCase(CaseKind::kIdentityNoMatch);
  EXPECT_EQ(identity.record.state, CaseState::kWithdrawn);
  EXPECT_TRUE(identity.crossing.correction->correction.voided);

  const std::vector<CrossingView> crossings = Crossings();
  ASSERT_THAT(crossings, SizeIs(2));
  EXPECT_EQ(crossings[0].correction, std::nullopt);
  ASSERT_TRUE(crossings[1].correction.has_value());
  const ports::CorrectionRecord& correction = *crossings[1].correction;
  EXPECT_EQ(correction.correction_id, result.correction.correction_id);
  EXPECT_EQ(correction.principal, "supervisor/12");
  EXPECT_EQ(correction.reason, "the officer at the lane says so");
  EXPECT_GT(correction.recorded_at, crossings[1].crossing.recorded_at) << "the clock stood";
  EXPECT_THAT(crossings[1].comparisons, SizeIs(1));
}

TEST_F(CorrectCrossingTest, ADepartureIsComparedAgainWithoutAnArrivalThatWasVoided) {
  Record(Arrival(0, "anna", 30));
  const core::CrossingId wrong = Recorded(Arrival(20, "somebody else", 50));
  const core::CrossingId departure = Recorded(Departure(25, "anna again"));
  EXPECT_THAT(OutcomesOf(departure), ElementsAre(Outcome::kNoMatch)) << "the mean of 0.4 and 2.6";
  Correct(Voids(wrong));
  EXPECT_THAT(OutcomesOf(departure), ElementsAre(Outcome::kNoMatch, Outcome::kMatch));
  EXPECT_THAT(OpenCases(), IsEmpty());

  for (const CrossingView& view : Crossings()) {
    for (const ports::ComparisonRecord& comparison : view.comparisons) {
      const auto replay = replay_->ReplayComparison(OfficerCall(), comparison.comparison_id);
      ASSERT_THAT(replay, IsOk());
      EXPECT_THAT(replay->differences, IsEmpty()) << "the old result as well as the new one";
    }
  }
}

TEST_F(CorrectCrossingTest, AnArrivalIsNoReferenceOfDeparturesBeforeItsCorrectedTime) {
  const core::CrossingId arrival = Recorded(Arrival(0, "anna", 50));
  const core::CrossingId departure = Recorded(Departure(10, "anna again"));
  Correct(Moves(arrival, At(20)));
  EXPECT_THAT(OutcomesOf(departure), ElementsAre(Outcome::kMatch, Outcome::kNoReference));
  EXPECT_THAT(OpenCases(), ElementsAre(CaseKind::kDepartureWithoutArrival));
  EXPECT_EQ(Traveler().stays[0].stay.arrived_on, Day(20));

  Correct(Correction(arrival, 2));  // Takes it back.
  EXPECT_THAT(OutcomesOf(departure),
              ElementsAre(Outcome::kMatch, Outcome::kNoReference, Outcome::kMatch));
  EXPECT_THAT(OpenCases(), IsEmpty());
  EXPECT_EQ(Traveler().stays[0].stay.arrived_on, Day(0));
  EXPECT_EQ(Crossings()[0].correction->correction.revision, 2);
}

TEST_F(CorrectCrossingTest, ADepartureIsComparedWithTheArrivalsBeforeItsCorrectedTime) {
  Record(Arrival(0, "anna", 30));
  const core::CrossingId departure = Recorded(Departure(-5, "anna again"));
  EXPECT_THAT(OutcomesOf(departure), ElementsAre(Outcome::kNoReference));
  Correct(Moves(departure, At(5)));
  EXPECT_THAT(OutcomesOf(departure), ElementsAre(Outcome::kNoReference, Outcome::kMatch));
  EXPECT_THAT(OpenCases(), IsEmpty());
  Correct(Moves(departure, At(6), 2));
  EXPECT_THAT(OutcomesOf(departure), SizeIs(2)) << "nothing new to compare with";
  EXPECT_EQ(Traveler().stays[0].stay.departed_on, Day(6));
}

TEST_F(CorrectCrossingTest, WhatIsRecordedLaterMeetsTheCorrectedTimes) {
  const core::CrossingId arrival = Recorded(Arrival(0, "anna", 50));
  Correct(Moves(arrival, At(20)));
  const core::CrossingId before = Recorded(Departure(10, "anna again"));
  const core::CrossingId after = Recorded(Departure(30, "anna again"));
  EXPECT_THAT(OutcomesOf(before), ElementsAre(Outcome::kNoReference));
  EXPECT_THAT(OutcomesOf(after), ElementsAre(Outcome::kMatch));
  Correct(Voids(after));
  Record(Arrival(25, "anna", 60));
  EXPECT_THAT(OutcomesOf(after), SizeIs(1)) << "it counts nowhere";
  Correct(Correction(after, 2));
  EXPECT_THAT(OutcomesOf(after), SizeIs(2)) << "an arrival came in while it was voided";
}

TEST_F(CorrectCrossingTest, TheCorrectedDayIsThatOfThePort) {
  Record(Arrival(0, "anna", 9));
  const core::CrossingId departure = Recorded(Departure(12, "anna again"));
  EXPECT_EQ(TheCase(CaseKind::kOverstay).record.days_overstayed, 3);
  Correct(Moves(departure, At(11, 5)));  // Still the evening of day 10 in Seattle.
  EXPECT_EQ(TheCase(CaseKind::kOverstay).record.days_overstayed, 1);
  EXPECT_EQ(Crossings()[1].correction->correction.local_date, Day(10));
}

TEST_F(CorrectCrossingTest, AnotherAdmissionIsUnderTheRuleOfItsClass) {
  const core::CrossingId arrival = Recorded(Arrival(0, "anna", 30));
  Record(Departure(60, "anna again"));
  ASSERT_THAT(OpenCases(), ElementsAre(CaseKind::kOverstay));
  CorrectionRequest request = Correction(arrival, 1);
  request.admission = AdmissionRequest{"WT", core::DaysFromArrival{91}};
  EXPECT_THAT(TryCorrect(request), FailsWith(Reason::kInvalidField)) << "the rule is 90 days";
  request.admission = AdmissionRequest{"WT", {}};
  const CorrectionResult result = Correct(request);
  EXPECT_EQ(result.stays[0].stay.class_of_admission, "WT");
  EXPECT_EQ(result.stays[0].stay.authorized_until, Day(89));
  EXPECT_THAT(OpenCases(), IsEmpty());
  EXPECT_EQ(Crossings()[0].crossing.admission->authorized_until, Day(30)) << "as recorded";
}

TEST_F(CorrectCrossingTest, OnlyTheNextRevisionIsTaken) {
  const core::CrossingId arrival = Recorded(Arrival(0, "anna", 30));
  EXPECT_THAT(TryCorrect(Voids(arrival, 2)), FailsWith(Reason::kCrossingChanged));
  Correct(Voids(arrival, 1));
  EXPECT_THAT(TryCorrect(Moves(arrival, At(1), 1)), FailsWith(Reason::kCrossingChanged));
  Correct(Moves(arrival, At(1), 2));
  EXPECT_EQ(Traveler().stays[0].stay.arrived_on, Day(1));
}

TEST_F(CorrectCrossingTest, OfTwoSupervisorsAtOnceOneIsToldToLookAgain) {
  const core::CrossingId arrival = Recorded(Arrival(0, "anna", 30));
  std::vector<absl::Status> results(4);
  {
    std::vector<std::jthread> supervisors;
    for (size_t i = 0; i < results.size(); ++i) {
      supervisors.emplace_back([&, i] {
        results[i] = TryCorrect(Moves(arrival, At(static_cast<int>(i) + 1))).status();
      });
    }
  }
  EXPECT_EQ(std::ranges::count_if(results, [](const absl::Status& s) { return s.ok(); }), 1);
  for (const absl::Status& status : results) {
    if (status.ok()) continue;
    EXPECT_THAT(status, FailsWith(Reason::kCrossingChanged));
  }
}

TEST_F(CorrectCrossingTest, TheSameRequestIsCarriedOutOnce) {
  const core::CrossingId arrival = Recorded(Arrival(0, "anna", 30));
  const CorrectionRequest request = Voids(arrival);
  const CorrectionResult first = Correct(request);
  Correct(Correction(arrival, 2));
  const CorrectionResult again = Correct(request);
  EXPECT_EQ(again.correction.correction_id, first.correction.correction_id);
  EXPECT_TRUE(again.correction.correction.voided);
  EXPECT_THAT(again.stays, SizeIs(1)) << "as they are now";

  CorrectionRequest other = request;
  other.reason = "another";
  EXPECT_THAT(TryCorrect(other), FailsWith(Reason::kRequestIdReused));
  EXPECT_THAT(correct_->Correct(SupervisorCall("13"), request),
              FailsWith(Reason::kRequestIdReused));
}

TEST_F(CorrectCrossingTest, ACrossingHappensOnceByItsRecordedTime) {
  const CrossingRequest request = Arrival(0, "anna", 50);
  const core::CrossingId arrival = Recorded(request);
  Correct(Moves(arrival, At(20)));
  EXPECT_EQ(Record(request).crossing->crossing_id, arrival) << "the lane's retry";
  CrossingRequest again = Arrival(0, "anna", 50);
  EXPECT_FALSE(Record(again).is_new);
  again = Arrival(20, "anna", 50);
  EXPECT_TRUE(Record(again).is_new) << "another crossing, as far as the service knows";
  EXPECT_THAT(Crossings(), SizeIs(2));
}

TEST_F(CorrectCrossingTest, RefusesCorrectionsThatCannotBe) {
  const core::CrossingId arrival = Recorded(Arrival(0, "anna", 30));
  const core::CrossingId departure = Recorded(Departure(10, "anna again"));
  struct Row {
    const char* what;
    std::function<void(CorrectionRequest&)> spoil;
    Reason reason;
  };
  const Row rows[] = {
      {"no reason", [](auto& r) { r.reason = ""; }, Reason::kMissingField},
      {"too long a reason", [](auto& r) { r.reason = std::string(2001, 'x'); },
       Reason::kInvalidField},
      {"NUL", [](auto& r) { r.reason.push_back('\0'); }, Reason::kInvalidField},
      {"revision 0", [](auto& r) { r.revision = 0; }, Reason::kInvalidField},
      {"revision 1001", [](auto& r) { r.revision = 1001; }, Reason::kInvalidField},
      {"voids and moves", [](auto& r) { r.voided = true; }, Reason::kInvalidField},
      {"says nothing", [](auto& r) { r.captured_at.reset(); }, Reason::kInvalidField},
      {"in the future", [](auto& r) { r.captured_at = At(101); }, Reason::kCapturedAtInFuture},
      {"before 2000", [](auto& r) { r.captured_at = core::Timestamp(); }, Reason::kInvalidField},
      {"over before it began", [](auto& r) { r.captured_at = At(31); }, Reason::kInvalidField},
      {"no such class",
       [](auto& r) {
         r.admission = AdmissionRequest{"ZZ-9", {}};
       },
       Reason::kClassUnknown},
      {"no class",
       [](auto& r) {
         r.admission = AdmissionRequest{"", Day(40)};
       },
       Reason::kMissingField},
      {"no day where there must be one",
       [](auto& r) {
         r.admission = AdmissionRequest{"B-2", {}};
       },
       Reason::kMissingField},
      {"granted until before it began",
       [](auto& r) {
         r.admission = AdmissionRequest{"B-2", Day(4)};
       },
       Reason::kInvalidField},
      {"admission of a departure",
       [&](auto& r) {
         r.crossing_id = departure;
         r.admission = AdmissionRequest{"B-2", Day(40)};
       },
       Reason::kInvalidField},
      {"no such crossing", [](auto& r) { r.crossing_id = core::CrossingId(crypto::NewUuid()); },
       Reason::kCrossingNotFound},
      {"no crossing", [](auto& r) { r.crossing_id = core::CrossingId("x"); },
       Reason::kCrossingNotFound},
  };
  for (const Row& row : rows) {
    CorrectionRequest request = Moves(arrival, At(5));
    row.spoil(request);
    EXPECT_THAT(TryCorrect(request), FailsWith(row.reason)) << row.what;
  }
  EXPECT_EQ(Crossings()[0].correction, std::nullopt);
  EXPECT_EQ(Traveler().stays[0].stay.arrived_on, Day(0));
}

TEST_F(CorrectCrossingTest, TheTimeOfALaneThatIsGoneCannotBeCorrected) {
  const core::CrossingId arrival = Recorded(Arrival(0, "anna", 30));
  const LaneDirectory none = *LaneDirectory::Create({});
  const CorrectCrossing correct(none, engine_, *store_, *vault_, clock_, policy_);
  EXPECT_THAT(correct.Correct(SupervisorCall(), Moves(arrival, At(1))),
              FailsWith(Reason::kLaneUnknown));
  EXPECT_THAT(correct.Correct(SupervisorCall(), Voids(arrival)), IsOk());
}

TEST_F(CorrectCrossingTest, AReportCountsACrossingAsItWasKnownAtItsTime) {
  const auto figures = [&](int from, int to, core::Timestamp known_at) {
    const auto summary =
        queries_->Summarize(OfficerCall(), {Day(from), Day(to), Day(99), known_at}, std::nullopt);
    EXPECT_THAT(summary, IsOk());
    return summary->crossings;
  };
  using Figure = core::CrossingFigure;
  const core::CrossingId arrival = Recorded(Arrival(0, "anna", 50));
  const core::CrossingId departure = Recorded(Departure(10, "anna again"));
  const auto early = figures(0, 15, At(101));
  const auto late = figures(16, 30, At(101));
  EXPECT_EQ(early[Figure::kArrivals], 1);
  EXPECT_EQ(early[Figure::kMatch], 1);

  clock_.Set(At(102));
  Correct(Moves(arrival, At(20)));
  EXPECT_EQ(figures(0, 15, At(101)), early);
  EXPECT_EQ(figures(16, 30, At(101)), late);
  EXPECT_EQ(figures(0, 15, At(103))[Figure::kArrivals], 0);
  EXPECT_EQ(figures(0, 15, At(103))[Figure::kNoReference], 1);
  EXPECT_EQ(figures(0, 15, At(103))[Figure::kDeparturesWithoutArrival], 1);
  EXPECT_EQ(figures(16, 30, At(103))[Figure::kArrivals], 1);
  EXPECT_EQ(figures(16, 30, At(103))[Figure::kArrivalsWithoutDeparture], 1);

  clock_.Set(At(104));
  Correct(Voids(arrival, 2));
  Correct(Voids(departure));
  EXPECT_EQ(figures(0, 30, At(105)), core::CrossingFigures());
  EXPECT_EQ(figures(16, 30, At(103))[Figure::kArrivals], 1);

  clock_.Set(At(106));
  Correct(Correction(arrival, 3));
  Correct(Correction(departure, 2));
  EXPECT_EQ(figures(0, 15, At(107)), early);
  EXPECT_EQ(figures(0, 30, At(105)), core::CrossingFigures());
}

}  // namespace
}  // namespace entryexit::app
