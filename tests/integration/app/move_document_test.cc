#include "entryexit/app/move_document.h"

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
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::SizeIs;

// Anna is a dual national: she arrives on document A and departs on document B.
class MoveDocumentTest : public AppTest {
 protected:
  MoveDocumentTest() {
    PlanFace("anna", 0.0);
    PlanFace("anna again", 0.4);
    PlanFace("somebody else", 3.0);
  }

  static MoveRequest Moves(const std::string& number, std::optional<core::TravelerId> to) {
    MoveRequest request;
    request.request_id = core::RequestId(crypto::NewUuid());
    request.issuing_state = "UTO";
    request.number = number;
    request.to = std::move(to);
    request.reason = "her second passport";
    return request;
  }

  absl::StatusOr<MoveResult> TryMove(const MoveRequest& request) {
    return move_->Move(SupervisorCall(), request);
  }
  MoveResult Move(const std::string& number, std::optional<core::TravelerId> to) {
    absl::StatusOr<MoveResult> result = TryMove(Moves(number, std::move(to)));
    EXPECT_THAT(result, IsOk());
    return result.ok() ? *std::move(result) : MoveResult{};
  }

  core::TravelerId IdOf(const std::string& number) { return Traveler(number).traveler.traveler_id; }

  std::vector<ports::CaseRecord> CasesOf(const core::TravelerId& traveler) {
    ports::CaseFilter filter;
    filter.traveler_id = traveler;
    return queries_->ListCases(OfficerCall(), filter, std::nullopt, 100)->rows;
  }
  std::vector<CrossingView> CrossingsOf(const core::TravelerId& traveler) {
    return queries_->ListCrossings(OfficerCall(), traveler, std::nullopt, 100)->rows;
  }

  core::Summary Summary(core::Timestamp known_at) {
    return *queries_->Summarize(OfficerCall(), {Day(0), Day(90), Day(99), known_at}, std::nullopt);
  }

  // Every comparison can be replayed with its own result.
  void ExpectReplays(const core::TravelerId& traveler) {
    for (const CrossingView& view : CrossingsOf(traveler)) {
      for (const ports::ComparisonRecord& comparison : view.comparisons) {
        const auto replay = replay_->ReplayComparison(OfficerCall(), comparison.comparison_id);
        ASSERT_THAT(replay, IsOk());
        EXPECT_THAT(replay->differences, IsEmpty());
      }
    }
  }
};

TEST_F(MoveDocumentTest, TheDepartureOnTheSecondPassportEndsTheStay) {
  Record(Arrival(0, "anna", 30, "A"));
  const CrossingRequest departure = Departure(20, "anna again", "B");
  const core::CrossingId departure_id = Record(departure).crossing->crossing_id;
  ASSERT_THAT(review_->Review(OfficerCall(), std::nullopt), IsOk());
  ASSERT_THAT(OpenCases("A"), ElementsAre(CaseKind::kSuspectedOverstay));
  ASSERT_THAT(OpenCases("B"), ElementsAre(CaseKind::kDepartureWithoutArrival));
  const core::TravelerId anna = IdOf("A");
  const core::TravelerId left = IdOf("B");
  const CaptureView picture = *queries_->GetCapture(OfficerCall(), departure_id);

  const MoveResult result = Move("B", anna);
  EXPECT_EQ(result.from, left);
  EXPECT_EQ(result.to, anna);
  ASSERT_THAT(result.stays, SizeIs(1));
  EXPECT_EQ(result.stays[0].stay.state, core::StayState::kClosed);
  EXPECT_EQ(result.stays[0].stay.departure_id, departure_id);

  EXPECT_EQ(IdOf("B"), anna);
  EXPECT_THAT(Traveler("A").traveler.documents, SizeIs(2));
  EXPECT_THAT(OpenCases("A"), IsEmpty());
  const std::vector<CrossingView> crossings = Crossings("A");
  ASSERT_THAT(crossings, SizeIs(2));
  EXPECT_EQ(crossings[1].crossing.crossing_id, departure_id);
  ASSERT_THAT(crossings[1].comparisons, SizeIs(2)) << "what was compared before, and now";
  EXPECT_EQ(crossings[1].comparisons[0].receipt.outcome, Outcome::kNoReference);
  EXPECT_EQ(crossings[1].comparisons[1].receipt.outcome, Outcome::kMatch);
  EXPECT_EQ(queries_->GetCapture(OfficerCall(), departure_id)->image, picture.image);
  EXPECT_EQ(Record(departure).crossing->crossing_id, departure_id) << "the lane's retry";
  EXPECT_EQ(Record(departure).crossing->traveler_id, anna);
  ExpectReplays(anna);

  // What is left says where it went, and nothing about whom.
  const auto gone = queries_->GetTraveler(OfficerCall(), left);
  EXPECT_THAT(gone, FailsWith(Reason::kTravelerNotFound));
  EXPECT_THAT(std::string(gone.status().message()), HasSubstr(anna.value()));
  const std::vector<CrossingView> moved = CrossingsOf(left);
  ASSERT_THAT(moved, SizeIs(1));
  EXPECT_EQ(moved[0].correction->moved_to, anna);
  EXPECT_EQ(moved[0].correction->reason, "her second passport");
  const std::vector<ports::CaseRecord> cases = CasesOf(left);
  ASSERT_THAT(cases, SizeIs(1));
  EXPECT_EQ(cases[0].state, CaseState::kWithdrawn);
  const auto view = queries_->GetCase(OfficerCall(), cases[0].case_id);
  ASSERT_THAT(view, IsOk());
  EXPECT_EQ(view->events.back().reason,
            "the crossing was moved with its document to traveler " + anna.value());
  EXPECT_EQ(view->crossing.crossing.traveler_id, left);
}

TEST_F(MoveDocumentTest, AnOverstayIsWithdrawnByADepartureOnTheSecondPassport) {
  Record(Arrival(0, "anna", 30, "A"));
  Record(Departure(60, "anna again", "A"));
  Record(Departure(20, "anna again", "B"));
  Record(Arrival(40, "anna", 80, "B"));
  ASSERT_THAT(OpenCases("A"), ElementsAre(CaseKind::kOverstay));
  Move("B", IdOf("A"));
  EXPECT_THAT(OpenCases("A"), IsEmpty());
  EXPECT_EQ(TheCase(CaseKind::kOverstay, "A").record.state, CaseState::kWithdrawn);
  EXPECT_THAT(Traveler("A").stays, SizeIs(2));
}

TEST_F(MoveDocumentTest, MovingBackUndoesIt) {
  Record(Arrival(0, "anna", 30, "A"));
  const core::CrossingId departure = Record(Departure(60, "anna again", "B")).crossing->crossing_id;
  const core::TravelerId anna = IdOf("A");
  const core::TravelerId other = IdOf("B");
  Move("B", anna);
  EXPECT_THAT(OpenCases("A"), ElementsAre(CaseKind::kOverstay));
  // What happens meanwhile goes back too.
  Record(Arrival(70, "anna", 90, "B"));
  CorrectionRequest correction;
  correction.request_id = core::RequestId(crypto::NewUuid());
  correction.crossing_id = departure;
  correction.revision = 1;
  correction.captured_at = At(61);
  correction.reason = "the clock";
  ASSERT_THAT(correct_->Correct(SupervisorCall(), correction), IsOk());

  const MoveResult back = Move("B", other);
  EXPECT_EQ(back.from, anna);
  EXPECT_EQ(IdOf("B"), other);
  EXPECT_THAT(OpenCases("A"), IsEmpty());
  EXPECT_THAT(OpenCases("B"), ElementsAre(CaseKind::kDepartureWithoutArrival));
  const CaseView view = TheCase(CaseKind::kDepartureWithoutArrival, "B");
  EXPECT_EQ(view.events.back().kind, ports::CaseEventKind::kReopened);
  ASSERT_THAT(Crossings("B"), SizeIs(2));
  EXPECT_EQ(Crossings("B")[0].correction->correction.captured_at, At(61));
  EXPECT_EQ(Crossings("B")[0].correction->moved_to, std::nullopt);
  EXPECT_EQ(Crossings("B")[0].comparisons.back().receipt.outcome, Outcome::kNoReference);
  EXPECT_THAT(Traveler("B").stays, SizeIs(1));
  EXPECT_THAT(queries_->GetCapture(OfficerCall(), departure), IsOk());
  ExpectReplays(anna);
  ExpectReplays(other);

  correction.request_id = core::RequestId(crypto::NewUuid());
  correction.revision = Crossings("B")[0].correction->correction.revision + 1;
  correction.captured_at = At(62);
  EXPECT_THAT(correct_->Correct(SupervisorCall(), correction), IsOk()) << "where it is now";
  Move("B", anna);
  EXPECT_EQ(TheCase(CaseKind::kOverstay, "A").record.days_overstayed, 32);
  EXPECT_EQ(TheCase(CaseKind::kOverstay, "A").record.state, CaseState::kOpen);
}

TEST_F(MoveDocumentTest, ADocumentCanBecomeATravelerOfItsOwn) {
  Record(Arrival(0, "anna", 30, "A"));
  Record(Departure(20, "somebody else", "B"));
  Move("B", IdOf("A"));
  ASSERT_THAT(OpenCases("A"), ElementsAre(CaseKind::kIdentityNoMatch));
  const MoveResult apart = Move("B", std::nullopt);
  EXPECT_EQ(IdOf("B"), apart.to);
  EXPECT_NE(apart.to, apart.from);
  EXPECT_THAT(OpenCases("A"), IsEmpty());
  EXPECT_THAT(OpenCases("B"), ElementsAre(CaseKind::kDepartureWithoutArrival));
  EXPECT_EQ(Traveler("A").stays[0].stay.state, core::StayState::kOpen);
  ExpectReplays(IdOf("A"));
  ExpectReplays(IdOf("B"));
}

TEST_F(MoveDocumentTest, ApplicationsGoAlongWithTheLastDocumentAndBack) {
  Record(Arrival(0, "anna", 30, "A"));
  Record(Departure(60, "anna again", "B"));
  const core::TravelerId anna = IdOf("A");
  const core::TravelerId other = IdOf("B");
  AdmissionChangeRequest change;
  change.request_id = core::RequestId(crypto::NewUuid());
  change.traveler_id = anna;
  change.application_id = "EAC-90";
  change.kind = core::AdmissionChangeKind::kExtension;
  change.filed_on = Day(20);
  change.decision = core::AdmissionDecision::kGranted;
  change.decided_on = Day(25);
  change.class_of_admission = "B-2";
  change.authorization = Day(50);
  ASSERT_THAT(record_change_->Record(OfficerCall(), change), IsOk());

  Move("A", other);  // the other way round
  EXPECT_EQ(Traveler("A").stays[0].stay.authorized_until, Day(50));
  EXPECT_EQ(TheCase(CaseKind::kOverstay, "B").record.days_overstayed, 10);
  change.request_id = core::RequestId(crypto::NewUuid());
  EXPECT_THAT(record_change_->Record(OfficerCall(), change), FailsWith(Reason::kTravelerNotFound));
  EXPECT_THAT(queries_->GetStayAllowance(OfficerCall(), anna, Day(50), ""),
              FailsWith(Reason::kTravelerNotFound));

  Move("A", anna);
  EXPECT_EQ(Traveler("A").stays[0].stay.authorized_until, Day(50));
  EXPECT_EQ(Traveler("B").admission_changes.back().change.decision,
            core::AdmissionDecision::kRecordedInError);
  Move("A", other);
  EXPECT_EQ(Traveler("A").stays[0].stay.authorized_until, Day(50));
}

TEST_F(MoveDocumentTest, TheSameRequestIsCarriedOutOnce) {
  Record(Arrival(0, "anna", 30, "A"));
  Record(Departure(20, "anna again", "B"));
  const MoveRequest request = Moves("B", IdOf("A"));
  const auto first = TryMove(request);
  ASSERT_THAT(first, IsOk());
  const auto again = TryMove(request);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->from, first->from);
  EXPECT_EQ(again->to, first->to);
  EXPECT_THAT(again->stays, SizeIs(1));
  EXPECT_THAT(Crossings("A"), SizeIs(2));

  MoveRequest apart = Moves("B", std::nullopt);
  const auto own = TryMove(apart);
  ASSERT_THAT(own, IsOk());
  EXPECT_EQ(TryMove(apart)->to, own->to);
  apart.reason = "another";
  EXPECT_THAT(TryMove(apart), FailsWith(Reason::kRequestIdReused));
}

TEST_F(MoveDocumentTest, RefusesMovesThatCannotBe) {
  Record(Arrival(0, "anna", 30, "A"));
  Record(Arrival(0, "anna", 30, "B"));
  struct Row {
    const char* what;
    std::function<void(MoveRequest&)> spoil;
    Reason reason;
  };
  const core::TravelerId b = IdOf("B");
  const Row rows[] = {
      {"no reason", [](auto& r) { r.reason = ""; }, Reason::kMissingField},
      {"no number", [](auto& r) { r.number = ""; }, Reason::kMissingField},
      {"no such document", [](auto& r) { r.number = "C"; }, Reason::kTravelerNotFound},
      {"no such traveler", [](auto& r) { r.to = core::TravelerId(crypto::NewUuid()); },
       Reason::kTravelerNotFound},
      {"there already", [&](auto& r) { r.to = b; }, Reason::kInvalidField},
      {"of its own already", [](auto& r) { r.to.reset(); }, Reason::kInvalidField},
      {"both at one lane in one moment", [](auto&) {}, Reason::kCrossingAlreadyRecorded},
  };
  for (const Row& row : rows) {
    MoveRequest request = Moves("B", IdOf("A"));
    row.spoil(request);
    EXPECT_THAT(TryMove(request), FailsWith(row.reason)) << row.what;
  }
  EXPECT_EQ(IdOf("B"), b);
  EXPECT_THAT(Crossings("B"), SizeIs(1));
}

TEST_F(MoveDocumentTest, AReportOfBeforeTheMoveStaysAsItWas) {
  Record(Arrival(0, "anna", 30, "A"));
  Record(Departure(20, "anna again", "B"));
  const core::TravelerId anna = IdOf("A");
  const core::TravelerId other = IdOf("B");
  const core::Summary before = Summary(At(101));
  const auto expect_same = [&](core::Timestamp known_at, const core::Summary& then) {
    EXPECT_EQ(Summary(known_at).stays, then.stays);
    EXPECT_EQ(Summary(known_at).crossings, then.crossings);
  };
  EXPECT_EQ(before.crossings[core::CrossingFigure::kDeparturesWithoutArrival], 1);
  clock_.Set(At(102));
  Move("B", anna);
  const core::Summary moved = Summary(At(103));
  EXPECT_EQ(moved.crossings[core::CrossingFigure::kDepartures], 1);
  EXPECT_EQ(moved.crossings[core::CrossingFigure::kDeparturesWithoutArrival], 0);
  EXPECT_EQ(moved.crossings[core::CrossingFigure::kMatch], 1);
  EXPECT_EQ(moved.stays[core::StayFigure::kDeparted], 1);
  expect_same(At(101), before);
  clock_.Set(At(104));
  Move("B", other);
  expect_same(At(101), before);
  expect_same(At(103), moved);
  EXPECT_EQ(Summary(At(105)).crossings, before.crossings);
}

TEST_F(MoveDocumentTest, LanesThatRecordDuringMovesFindTheDocumentWhereItIs) {
  Record(Arrival(0, "anna", 90, "A"));
  Record(Departure(1, "anna again", "B"));
  const core::TravelerId anna = IdOf("A");
  const core::TravelerId other = IdOf("B");
  constexpr int kCrossings = 12;
  std::vector<CrossingRequest> requests;
  for (int i = 0; i < kCrossings; ++i) requests.push_back(Departure(2 + i, "anna again", "B"));
  std::vector<absl::Status> recorded(requests.size());
  std::vector<absl::Status> moved(8);
  {
    std::vector<std::jthread> threads;
    for (size_t lane = 0; lane < 3; ++lane) {
      threads.emplace_back([&, lane] {
        for (size_t i = lane; i < requests.size(); i += 3) {
          // As a lane's client does: one that each move overtakes is turned away, at most once a
          // move.
          size_t attempts = 0;
          do {
            recorded[i] = record_->Record(LaneCall(), requests[i]).status();
          } while (core::ReasonOf(recorded[i]) == Reason::kDatabaseConflict &&
                   ++attempts < moved.size());
        }
      });
    }
    threads.emplace_back([&] {
      for (size_t i = 0; i < moved.size(); ++i) {
        moved[i] = TryMove(Moves("B", i % 2 == 0 ? anna : other)).status();
      }
    });
  }
  for (const absl::Status& status : recorded) EXPECT_THAT(status, IsOk());
  for (const absl::Status& status : moved) EXPECT_THAT(status, IsOk());
  EXPECT_EQ(IdOf("B"), other);
  int here = 0;
  for (const CrossingView& view : CrossingsOf(other)) {
    if (!view.correction || !view.correction->moved_to) ++here;
    EXPECT_THAT(queries_->GetCapture(OfficerCall(), view.crossing.crossing_id), IsOk());
  }
  EXPECT_EQ(here, kCrossings + 1) << "every crossing is with the traveler who has the document";
  for (const CrossingView& view : CrossingsOf(anna)) {
    const bool is_hers = view.crossing.direction == core::Direction::kArrival;
    EXPECT_EQ(view.correction && view.correction->moved_to == other, !is_hers);
  }
  ExpectReplays(anna);
  ExpectReplays(other);
}

}  // namespace
}  // namespace entryexit::app
