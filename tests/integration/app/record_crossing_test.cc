#include "entryexit/app/record_crossing.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <numeric>
#include <string_view>
#include <thread>
#include <utility>

#include "entryexit/crypto/digest.h"
#include "tests/integration/app/app_fixture.h"

namespace entryexit::app {
namespace {

using core::CaseKind;
using core::CaseState;
using core::Outcome;
using core::Reason;
using ::entryexit::testing::FailsWith;
using ports::CaptureStatus;
using ports::CaseEventKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// Faces on a line: thresholds are 1.0 (match) and 1.1 (no match).
class RecordCrossingTest : public AppTest {
 protected:
  RecordCrossingTest() {
    PlanFace("anna", 0.0);
    PlanFace("anna again", 0.4);
    PlanFace("perhaps anna", 1.05);
    PlanFace("somebody else", 3.0);
    engine_.Plan("dark picture", {core::QualityIssue::kTooDark});
  }
};

// Looks at faces as another engine does, while something else happens.
class BusyEngine final : public ports::FaceEngine {
 public:
  BusyEngine(const ports::FaceEngine& engine, std::function<void()> meanwhile)
      : engine_(engine), meanwhile_(std::move(meanwhile)) {}

  absl::StatusOr<core::FaceObservation> Observe(std::string_view image,
                                                core::Deadline deadline) const override {
    meanwhile_();
    return engine_.Observe(image, deadline);
  }
  const core::ModelRef& model() const override { return engine_.model(); }
  const core::Calibration& calibration() const override { return engine_.calibration(); }

 private:
  const ports::FaceEngine& engine_;
  const std::function<void()> meanwhile_;
};

TEST_F(RecordCrossingTest, ADepartureIsMatchedWithThePriorArrival) {
  const CrossingResult arrival = Record(Arrival(0, "anna", 30));
  EXPECT_TRUE(arrival.recorded);
  EXPECT_EQ(arrival.capture_status, CaptureStatus::kTemplateStored);
  EXPECT_EQ(arrival.comparison, std::nullopt) << "arrivals are not compared";

  const CrossingResult departure = Record(Departure(10, "anna again"));
  ASSERT_TRUE(departure.comparison.has_value());
  const core::DecisionReceipt& receipt = departure.comparison->receipt;
  EXPECT_EQ(receipt.outcome, Outcome::kMatch);
  EXPECT_NEAR(*receipt.distance, 0.4, 1e-6);
  EXPECT_EQ(receipt.fmr_bound, core::FmrBound::kAtMost) << "nothing so near was measured";
  ASSERT_THAT(receipt.references, SizeIs(1));
  EXPECT_EQ(receipt.references[0].crossing_id, arrival.crossing->crossing_id);
  EXPECT_EQ(receipt.model.id, "planned-v1");

  const TravelerView traveler = Traveler();
  ASSERT_THAT(traveler.stays, SizeIs(1));
  EXPECT_EQ(traveler.stays[0].stay.state, core::StayState::kClosed);
  EXPECT_EQ(traveler.stays[0].stay.authorized_until, Day(30));
  EXPECT_THAT(Cases(), IsEmpty());
}

TEST_F(RecordCrossingTest, AnotherFaceOnTheDocumentOpensACase) {
  Record(Arrival(0, "anna", 30));
  const CrossingResult departure = Record(Departure(10, "somebody else"));
  EXPECT_EQ(departure.comparison->receipt.outcome, Outcome::kNoMatch);
  const CaseView view = TheCase(CaseKind::kIdentityNoMatch);
  EXPECT_THAT(departure.crossing->opened_cases, ElementsAre(view.record.case_id));
  EXPECT_EQ(view.record.severity, core::Severity::kHigh);
  EXPECT_EQ(view.record.comparison_id, departure.comparison->comparison_id);
  EXPECT_EQ(view.record.port_id, core::PortId("SEA"));
  ASSERT_THAT(view.events, SizeIs(1));
  EXPECT_EQ(view.events[0].kind, CaseEventKind::kOpened);
  EXPECT_THAT(Explain(view), HasSubstr("3.000; a match lies at or below 1.000"));
  EXPECT_THAT(Explain(view), HasSubstr("false match rate at that distance is at least 1 %."));
}

TEST_F(RecordCrossingTest, ADistanceBetweenTheThresholdsIsInconclusive) {
  Record(Arrival(0, "anna", 30));
  EXPECT_EQ(Record(Departure(10, "perhaps anna")).comparison->receipt.outcome,
            Outcome::kInconclusive);
  EXPECT_THAT(OpenCases(), ElementsAre(CaseKind::kIdentityInconclusive));
}

TEST_F(RecordCrossingTest, EveryPriorArrivalIsAReferenceAndLaterOnesAreNot) {
  Record(Arrival(0, "anna", 30));
  Record(Departure(10, "anna again"));
  Record(Arrival(20, "anna again", 50));
  Record(Arrival(60, "somebody else", 90));
  const CrossingResult departure = Record(Departure(30, "anna"));
  ASSERT_THAT(departure.comparison->receipt.references, SizeIs(2));
  EXPECT_NEAR(*departure.comparison->receipt.distance, 0.2, 1e-6);
}

TEST_F(RecordCrossingTest, OverstaysAreCountedInTheDaysOfThePort) {
  Record(Arrival(0, "anna", 9));
  // Day 10, 05:00 UTC, is still the evening of day 9 in Seattle.
  CrossingRequest in_time = Departure(10, "anna again");
  in_time.captured_at = At(10, 5);
  EXPECT_THAT(Record(in_time).crossing->opened_cases, IsEmpty());
  EXPECT_THAT(Cases(), IsEmpty());

  Record(Arrival(0, "anna", 9, "X2"));
  CrossingRequest late = Departure(10, "anna again", "X2");
  late.captured_at = At(10, 8);
  Record(late);
  EXPECT_EQ(TheCase(CaseKind::kOverstay, "X2").record.days_overstayed, 1);
}

TEST_F(RecordCrossingTest, ADepartureWhoseArrivalBecomesKnownLateIsComparedAgain) {
  const CrossingRequest departure_request = Departure(10, "anna again");
  const CrossingResult departure = Record(departure_request);
  EXPECT_EQ(departure.comparison->receipt.outcome, Outcome::kNoReference);
  EXPECT_THAT(OpenCases(), ElementsAre(CaseKind::kDepartureWithoutArrival));

  EXPECT_THAT(Record(Arrival(0, "anna", 30)).crossing->opened_cases, IsEmpty());
  EXPECT_THAT(OpenCases(), IsEmpty());
  const CaseView withdrawn = TheCase(CaseKind::kDepartureWithoutArrival);
  EXPECT_EQ(withdrawn.record.state, CaseState::kWithdrawn);
  ASSERT_THAT(withdrawn.events, SizeIs(2));
  EXPECT_EQ(withdrawn.events[1].kind, CaseEventKind::kWithdrawn);

  const std::vector<ports::ComparisonRecord> comparisons = Crossings()[1].comparisons;
  ASSERT_THAT(comparisons, SizeIs(2));
  EXPECT_EQ(comparisons[0].receipt.outcome, Outcome::kNoReference) << "the first one is kept";
  EXPECT_EQ(comparisons[1].receipt.outcome, Outcome::kMatch);
  EXPECT_EQ(Record(departure_request).comparison->receipt.outcome, Outcome::kNoReference)
      << "a retry gets the first answer";
}

TEST_F(RecordCrossingTest, TheOutcomeDoesNotDependOnWhichArrivalBecameKnownFirst) {
  Record(Arrival(0, "somebody else", 30));
  EXPECT_EQ(Record(Departure(10, "anna again")).comparison->receipt.outcome, Outcome::kNoMatch);
  Record(Arrival(5, "anna", 30));
  const std::vector<ports::ComparisonRecord> comparisons = Crossings()[2].comparisons;
  ASSERT_THAT(comparisons, SizeIs(2));
  EXPECT_THAT(comparisons[1].receipt.references, SizeIs(2));

  Record(Arrival(0, "somebody else", 30, "X2"));
  Record(Arrival(5, "anna", 30, "X2"));
  const CrossingResult departure = Record(Departure(10, "anna again", "X2"));
  EXPECT_EQ(departure.comparison->receipt.outcome, comparisons[1].receipt.outcome);
  EXPECT_EQ(departure.comparison->receipt.distance, comparisons[1].receipt.distance);
}

TEST_F(RecordCrossingTest, ALateDepartureThatIsNotMatchedIsNeverCalledAnOverstay) {
  Record(Arrival(0, "anna", 5));
  Record(Departure(10, "somebody else"));
  EXPECT_EQ(Traveler().stays[0].stay.state, core::StayState::kDepartureUnconfirmed);
  EXPECT_THAT(OpenCases(), ElementsAre(CaseKind::kIdentityNoMatch));
}

TEST_F(RecordCrossingTest, ALateArrivalWithAnotherFaceOpensTheIdentityCase) {
  Record(Departure(10, "somebody else"));
  Record(Arrival(0, "anna", 30));
  EXPECT_THAT(OpenCases(), ElementsAre(CaseKind::kIdentityNoMatch));
}

TEST_F(RecordCrossingTest, ALateDepartureWithdrawsTheOverstayItDisproves) {
  Record(Arrival(0, "anna", 9));
  Record(Departure(20, "anna again"));
  EXPECT_EQ(TheCase(CaseKind::kOverstay).record.days_overstayed, 11);
  Record(Departure(5, "anna again"));
  EXPECT_EQ(TheCase(CaseKind::kOverstay).record.state, CaseState::kWithdrawn);
  EXPECT_THAT(OpenCases(), ElementsAre(CaseKind::kDepartureWithoutArrival));
  // And an arrival in between raises it again, for fewer days.
  Record(Arrival(7, "anna", 12));
  const CaseView overstay = TheCase(CaseKind::kOverstay);
  EXPECT_EQ(overstay.record.state, CaseState::kOpen);
  EXPECT_EQ(overstay.record.days_overstayed, 8);
  EXPECT_EQ(overstay.events.back().kind, CaseEventKind::kReopened);
}

TEST_F(RecordCrossingTest, AnyOrderOfTheSameCrossingsGivesTheSameStaysAndOpenCases) {
  std::vector<int> order(5);
  std::iota(order.begin(), order.end(), 0);
  std::vector<std::string> seen;
  int permutation = 0;
  do {
    const std::string number = "P" + std::to_string(permutation++);
    const std::vector<CrossingRequest> requests = {
        Arrival(0, "anna", 9, number), Departure(12, "anna again", number),
        Arrival(20, "anna", 30, number), Arrival(40, "anna again", 50, number),
        Departure(45, "somebody else", number)};
    for (const int i : order) Record(requests[static_cast<size_t>(i)]);

    std::string summary;
    for (const ports::StayRecord& record : Traveler(number).stays) {
      summary += core::NameOf(record.stay.state);
      summary += std::to_string(record.stay.arrived_at.time_since_epoch().count()) + ' ';
    }
    std::vector<std::string> cases;
    for (const ports::CaseRecord& record : Cases(number)) {
      if (record.state != CaseState::kOpen) continue;
      const auto crossing = queries_->GetCase(OfficerCall(), record.case_id)->crossing.crossing;
      cases.push_back(std::string(core::NameOf(record.kind)) +
                      std::to_string(crossing.captured_at.time_since_epoch().count()) + '+' +
                      std::to_string(record.days_overstayed));
    }
    std::ranges::sort(cases);
    for (const std::string& text : cases) summary += text + ' ';
    seen.push_back(summary);
  } while (std::ranges::next_permutation(order).found);
  ASSERT_THAT(seen, SizeIs(120));
  EXPECT_THAT(seen, ::testing::Each(seen.front()));
}

TEST_F(RecordCrossingTest, ARetryGetsTheFirstAnswerWithoutLookingAtTheFaceAgain) {
  const CrossingRequest request = Arrival(0, "anna", 30);
  const CrossingResult first = Record(request);
  const CrossingResult second = Record(request);
  EXPECT_EQ(second.crossing->crossing_id, first.crossing->crossing_id);
  EXPECT_EQ(engine_.asked()["anna"], 1);
  EXPECT_THAT(Crossings(), SizeIs(1));
}

// It does not know which requests it got before, and its engine judges otherwise by now.
TEST_F(RecordCrossingTest, AnotherProcessGivesARetryTheFirstAnswer) {
  const CrossingRequest request = Arrival(0, "anna", 30);
  const CrossingResult first = Record(request);
  CrossingRequest other = request;
  other.flight = "UA 1";
  for (const bool is_poor_by_now : {false, true}) {
    if (is_poor_by_now) engine_.Plan("anna", {core::QualityIssue::kTooDark});
    const RecordCrossing another(*lanes_, engine_, *store_, *vault_, clock_, policy_);
    const auto second = another.Record(LaneCall(), request);
    ASSERT_THAT(second, testing::IsOk());
    EXPECT_EQ(second->crossing->crossing_id, first.crossing->crossing_id);
    EXPECT_FALSE(second->is_new);
    const RecordCrossing third(*lanes_, engine_, *store_, *vault_, clock_, policy_);
    EXPECT_THAT(third.Record(LaneCall(), other), FailsWith(Reason::kRequestIdReused));
  }
  EXPECT_THAT(Crossings(), SizeIs(1));
}

// An archive or a backlog that was cut off is sent again from its beginning.
TEST_F(RecordCrossingTest, AnotherProcessLooksAtNoFaceThatWasKeptAndIsSentAgain) {
  CrossingRequest request = Arrival(0, "anna", 30);
  request.traveler_is_gone = true;
  const CrossingResult first = Record(request);
  const RecordCrossing another(*lanes_, engine_, *store_, *vault_, clock_, policy_);
  const auto second = another.Record(LaneCall(), request);
  ASSERT_THAT(second, testing::IsOk());
  EXPECT_EQ(second->crossing->crossing_id, first.crossing->crossing_id);
  EXPECT_EQ(engine_.asked()["anna"], 1);
}

TEST_F(RecordCrossingTest, ARequestIdStandsForOneContentOfOnePrincipal) {
  const CrossingRequest request = Arrival(0, "anna", 30);
  Record(request);
  CrossingRequest other = request;
  other.image = "anna again";
  EXPECT_THAT(TryRecord(other), FailsWith(Reason::kRequestIdReused));
  other = request;
  other.flight = "UA 1";
  EXPECT_THAT(TryRecord(other), FailsWith(Reason::kRequestIdReused));
  other = Arrival(0, "anna", 30, "X2");
  other.request_id = request.request_id;
  EXPECT_THAT(TryRecord(other), FailsWith(Reason::kRequestIdReused));
  other = request;
  other.lane_id = core::LaneId("SEA-2");
  EXPECT_THAT(TryRecord(other), FailsWith(Reason::kRequestIdReused));
  EXPECT_THAT(Crossings(), SizeIs(1));
}

TEST_F(RecordCrossingTest, TheSameCrossingUnderAnotherRequestIdIsRecognised) {
  CrossingRequest request = Arrival(0, "anna", 30);
  const CrossingResult first = Record(request);
  request.request_id = core::RequestId(crypto::NewUuid());
  EXPECT_EQ(Record(request).crossing->crossing_id, first.crossing->crossing_id);
  EXPECT_EQ(Record(request).crossing->crossing_id, first.crossing->crossing_id);
  EXPECT_THAT(Crossings(), SizeIs(1));
}

TEST_F(RecordCrossingTest, TheSameCrossingWithOtherContentUnderAnotherRequestIdIsRefused) {
  const CrossingResult first = Record(Arrival(0, "anna", 30));
  EXPECT_THAT(TryRecord(Arrival(0, "anna again", 30)), FailsWith(Reason::kCrossingAlreadyRecorded));
  EXPECT_THAT(TryRecord(Arrival(0, "anna", 60)), FailsWith(Reason::kCrossingAlreadyRecorded));
  const std::vector<CrossingView> crossings = Crossings();
  ASSERT_THAT(crossings, SizeIs(1));
  EXPECT_EQ(crossings[0].crossing.crossing_id, first.crossing->crossing_id);
  EXPECT_EQ(crossings[0].crossing.admission->authorized_until, Day(30));
}

TEST_F(RecordCrossingTest, OnlyTheCallThatRecordsACrossingSaysThatItIsNew) {
  CrossingRequest request = Departure(10, "anna");
  EXPECT_TRUE(Record(request).is_new);
  EXPECT_FALSE(Record(request).is_new);
  request.request_id = core::RequestId(crypto::NewUuid());
  EXPECT_FALSE(Record(request).is_new);
}

TEST_F(RecordCrossingTest, WhatToDoWithAPoorCaptureIsNoPartOfTheContent) {
  CrossingRequest request = Departure(10, "anna");
  const CrossingResult first = Record(request);
  request.record_poor_capture = true;
  EXPECT_EQ(Record(request).crossing->crossing_id, first.crossing->crossing_id);
}

TEST_F(RecordCrossingTest, OneRequestFromEightClientsAtOnceIsDoneOnce) {
  const CrossingRequest request = Departure(10, "anna");
  std::vector<std::thread> clients;
  std::vector<std::string> answers(8);
  std::atomic<int> recorded = 0;
  for (std::string& answer : answers) {
    clients.emplace_back([&] {
      const CrossingResult result = Record(request);
      answer = result.crossing->crossing_id.value();
      if (result.is_new) ++recorded;
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(recorded, 1);
  EXPECT_THAT(answers, ::testing::Each(answers.front()));
  EXPECT_THAT(Crossings(), SizeIs(1));
  EXPECT_THAT(Cases(), SizeIs(1));
}

TEST_F(RecordCrossingTest, CrossingsOfOneTravelerFromManyLanesAtOnceAreAllKept) {
  std::vector<std::thread> clients;
  std::vector<CrossingRequest> requests;
  for (int day = 0; day < 8; ++day) {
    requests.push_back(day % 2 == 0 ? Arrival(day, "anna", day + 5) : Departure(day, "anna again"));
  }
  for (const CrossingRequest& request : requests) {
    clients.emplace_back([&] { EXPECT_TRUE(Record(request).recorded); });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_THAT(Crossings(), SizeIs(8));
  EXPECT_THAT(Traveler().stays, SizeIs(4));
  EXPECT_THAT(OpenCases(), IsEmpty());
}

TEST_F(RecordCrossingTest, APoorCaptureIsAnsweredAndNotStored) {
  CrossingRequest request = Arrival(0, "dark picture", 30);
  const CrossingResult refused = Record(request);
  EXPECT_FALSE(refused.recorded);
  EXPECT_EQ(refused.capture_status, CaptureStatus::kLowQuality);
  EXPECT_THAT(refused.findings, SizeIs(1));
  EXPECT_THAT(queries_->GetTravelerByDocument(OfficerCall(), "UTO", "X1"),
              FailsWith(Reason::kTravelerNotFound));
  request.image = "anna";
  EXPECT_TRUE(Record(request).recorded) << "the request id is still free";
}

TEST_F(RecordCrossingTest, APoorCaptureIsRecordedWhenTheLaneCannotDoBetter) {
  Record(Arrival(0, "anna", 30));
  CrossingRequest request = Departure(10, "dark picture");
  request.record_poor_capture = true;
  const CrossingResult departure = Record(request);
  EXPECT_TRUE(departure.recorded);
  EXPECT_EQ(departure.comparison->receipt.outcome, Outcome::kLowQuality);
  EXPECT_THAT(departure.findings, SizeIs(1));
  EXPECT_EQ(Traveler().stays[0].stay.state, core::StayState::kClosed);
  EXPECT_THAT(Cases(), IsEmpty());
}

TEST_F(RecordCrossingTest, AnArrivalWithoutATemplateLeavesTheDepartureWithoutReference) {
  CrossingRequest request = Arrival(0, "dark picture", 30);
  request.record_poor_capture = true;
  Record(request);
  EXPECT_EQ(Record(Departure(10, "anna")).comparison->receipt.outcome, Outcome::kNoReference);
  EXPECT_THAT(OpenCases(), ElementsAre(CaseKind::kNoReference));
}

TEST_F(RecordCrossingTest, ExemptClassesAndOwnNationalsMayPassWithoutACapture) {
  CrossingRequest arrival = Arrival(0, "", 30);
  arrival.admission->class_of_admission = "A-1";
  arrival.waiver = Waiver::kExempt;
  EXPECT_EQ(Record(arrival).capture_status, CaptureStatus::kExempt);
  CrossingRequest departure = Departure(10, "");
  departure.waiver = Waiver::kExempt;
  EXPECT_EQ(Record(departure).comparison->receipt.outcome, Outcome::kExempt);

  CrossingRequest national = Departure(10, "", "X2");
  std::get<core::TravelDocument>(national.identification).nationality = "USA";
  national.waiver = Waiver::kOptedOut;
  EXPECT_EQ(Record(national).comparison->receipt.outcome, Outcome::kOptedOut);
}

TEST_F(RecordCrossingTest, AnExemptDepartureIsKeptWhenItsArrivalIsNotKnownYet) {
  CrossingRequest departure = Departure(10, "");
  departure.waiver = Waiver::kExempt;
  EXPECT_EQ(Record(departure).comparison->receipt.outcome, Outcome::kExempt);
  EXPECT_THAT(OpenCases(), ElementsAre(CaseKind::kDepartureWithoutArrival));
  CrossingRequest arrival = Arrival(0, "", 30);
  arrival.admission->class_of_admission = "A-1";
  arrival.waiver = Waiver::kExempt;
  Record(arrival);
  EXPECT_THAT(OpenCases(), IsEmpty());
  EXPECT_EQ(Traveler().stays[0].stay.state, core::StayState::kClosed);
}

TEST_F(RecordCrossingTest, ADepartureOfAnotherModelIsNotComparedWithAnArrivalThatBecomesKnownLate) {
  const CrossingResult departure = Record(Departure(10, "anna again"));
  // As if it had been recorded before the model was changed.
  Sql("ALTER TABLE comparison DISABLE TRIGGER USER");
  Sql("UPDATE comparison SET model_id = 'another'");
  Sql("UPDATE template SET model_id = 'another'");
  Record(Arrival(0, "anna", 30));
  const std::vector<ports::ComparisonRecord> comparisons = Crossings()[1].comparisons;
  ASSERT_THAT(comparisons, SizeIs(1));
  EXPECT_EQ(comparisons[0].receipt.outcome, Outcome::kNoReference);
  EXPECT_THAT(OpenCases(), ElementsAre(CaseKind::kNoReference));
}

TEST_F(RecordCrossingTest, NobodyElseMayPassWithoutACapture) {
  CrossingRequest arrival = Arrival(0, "", 30);
  arrival.waiver = Waiver::kExempt;
  EXPECT_THAT(TryRecord(arrival), FailsWith(Reason::kWaiverNotAllowed));
  arrival.waiver = Waiver::kOptedOut;
  EXPECT_THAT(TryRecord(arrival), FailsWith(Reason::kWaiverNotAllowed));
  arrival.waiver = Waiver::kNone;
  EXPECT_THAT(TryRecord(arrival), FailsWith(Reason::kImageEmpty));
  arrival.waiver = Waiver::kExempt;
  arrival.image = "anna";
  EXPECT_THAT(TryRecord(arrival), FailsWith(Reason::kInvalidField));
}

TEST_F(RecordCrossingTest, AKnownDocumentWithOtherPersonalDataOpensACase) {
  Record(Arrival(0, "anna", 30));
  CrossingRequest departure = Departure(10, "anna again");
  std::get<core::TravelDocument>(departure.identification).sex = core::Sex::kMale;
  Record(departure);
  EXPECT_THAT(OpenCases(), ElementsAre(CaseKind::kDocumentDataConflict));
  Record(Arrival(20, "anna", 50));
  EXPECT_THAT(OpenCases(), ElementsAre(CaseKind::kDocumentDataConflict)) << "and it stays";
}

TEST_F(RecordCrossingTest, WhatADocumentNamedFirstIsDecidedByWhatHappenedFirst) {
  CrossingRequest departure = Departure(10, "anna again");
  std::get<core::TravelDocument>(departure.identification).sex = core::Sex::kMale;
  const CrossingResult second = Record(departure);
  const CrossingResult third = Record(Arrival(20, "anna", 50));
  EXPECT_EQ(TheCase(CaseKind::kDocumentDataConflict).record.crossing_id,
            third.crossing->crossing_id);
  Record(Arrival(0, "anna", 30));
  std::vector<std::pair<core::CrossingId, CaseState>> conflicts;
  for (const ports::CaseRecord& record : Cases()) {
    if (record.kind != CaseKind::kDocumentDataConflict) continue;
    conflicts.emplace_back(record.crossing_id, record.state);
  }
  EXPECT_THAT(conflicts,
              UnorderedElementsAre(std::pair(third.crossing->crossing_id, CaseState::kWithdrawn),
                                   std::pair(second.crossing->crossing_id, CaseState::kOpen)));
}

TEST_F(RecordCrossingTest, ADocumentConflictFromBeforeItsDataWasKeptStays) {
  Record(Arrival(0, "anna", 30));
  CrossingRequest departure = Departure(10, "anna again");
  std::get<core::TravelDocument>(departure.identification).sex = core::Sex::kMale;
  Record(departure);
  Sql("ALTER TABLE crossing DISABLE TRIGGER USER");
  Sql("UPDATE crossing SET nationality = NULL, birth_date = NULL, sex = NULL");
  Record(Arrival(20, "anna", 50));
  EXPECT_THAT(OpenCases(), ElementsAre(CaseKind::kDocumentDataConflict));
  EXPECT_EQ(Traveler().stays[0].nationality, "UTO");
}

TEST_F(RecordCrossingTest, AStayIsOfTheNationalityShownOnItsArrival) {
  CrossingRequest second = Arrival(20, "anna", 50);
  std::get<core::TravelDocument>(second.identification).nationality = "XXA";
  Record(second);
  Record(Arrival(0, "anna", 10));
  Record(Departure(5, "anna again"));
  const std::vector<ports::StayRecord> stays = Traveler().stays;
  ASSERT_THAT(stays, SizeIs(2));
  EXPECT_EQ(stays[0].nationality, "UTO");
  EXPECT_EQ(stays[1].nationality, "XXA");
}

TEST_F(RecordCrossingTest, ALaneReportsForItselfOnlyAndInItsDirection) {
  CrossingRequest request = Departure(10, "anna");
  EXPECT_THAT(record_->Record(LaneCall("SEA-2"), request), FailsWith(Reason::kLaneNotYours));
  request.lane_id = core::LaneId("NOWHERE");
  EXPECT_THAT(TryRecord(request), FailsWith(Reason::kLaneUnknown));
  request.lane_id = core::LaneId("SEA-IN");
  EXPECT_THAT(TryRecord(request), FailsWith(Reason::kLaneWrongDirection));
}

TEST_F(RecordCrossingTest, RefusesImpossibleTimes) {
  EXPECT_THAT(TryRecord(Departure(101, "anna")), FailsWith(Reason::kCapturedAtInFuture));
  CrossingRequest request = Departure(100, "anna");
  request.captured_at = clock_.Now() + std::chrono::seconds(119);
  EXPECT_TRUE(Record(request).recorded) << "clocks differ a little";
  request.captured_at = core::Timestamp(std::chrono::hours(1));
  EXPECT_THAT(TryRecord(request), FailsWith(Reason::kInvalidField));
}

TEST_F(RecordCrossingTest, RefusesImpossibleAdmissions) {
  CrossingRequest request = Arrival(10, "anna", 9);
  EXPECT_THAT(TryRecord(request), FailsWith(Reason::kInvalidField)) << "over before it began";
  request.admission = AdmissionRequest{"B-2", core::DaysFromArrival{0}};
  EXPECT_THAT(TryRecord(request), FailsWith(Reason::kInvalidField));
  request.admission = AdmissionRequest{"b 2", Day(30)};
  EXPECT_THAT(TryRecord(request), FailsWith(Reason::kInvalidField));
  request.admission = AdmissionRequest{"", Day(30)};
  EXPECT_THAT(TryRecord(request), FailsWith(Reason::kMissingField));
  request.admission = std::nullopt;
  EXPECT_THAT(TryRecord(request), FailsWith(Reason::kMissingField));
}

TEST_F(RecordCrossingTest, RefusesClassesThatThePolicyDoesNotKnowAndMoreThanTheirRuleAllows) {
  CrossingRequest request = Arrival(0, "anna", 10);
  request.admission = AdmissionRequest{"ZZ-9", Day(10)};
  EXPECT_THAT(TryRecord(request), FailsWith(Reason::kClassUnknown));
  request.admission = AdmissionRequest{"WT", core::DaysFromArrival{91}};
  EXPECT_THAT(TryRecord(request), FailsWith(Reason::kInvalidField));
  request.admission = AdmissionRequest{"B-2", core::DurationOfStatus{}};
  EXPECT_THAT(TryRecord(request), FailsWith(Reason::kInvalidField));
  request.admission = AdmissionRequest{"B-2", {}};
  EXPECT_THAT(TryRecord(request), FailsWith(Reason::kMissingField));
}

TEST_F(RecordCrossingTest, DaysFromArrivalCountTheDayOfArrival) {
  CrossingRequest request = Arrival(0, "anna", 0);
  request.admission = AdmissionRequest{"WT", core::DaysFromArrival{30}};
  EXPECT_EQ(Record(request).crossing->admission->authorized_until, Day(29));
}

TEST_F(RecordCrossingTest, WithoutAnAuthorizationTheRuleOfTheClassDecides) {
  CrossingRequest visitor = Arrival(0, "anna", 0);
  visitor.admission = AdmissionRequest{"WT", {}};
  EXPECT_EQ(Record(visitor).last_lawful_day, Day(89));
  CrossingRequest student = Arrival(0, "anna", 0, "X2");
  student.admission = AdmissionRequest{"F-1", {}};
  EXPECT_EQ(Record(student).last_lawful_day, std::nullopt);
}

TEST_F(RecordCrossingTest, DaysInAWindowCountThoseOfEarlierStays) {
  const auto arrive = [&](int day) {
    CrossingRequest request = Arrival(day, "anna", 0);
    request.admission = AdmissionRequest{"SCH-C", {}};
    return request;
  };
  // 60 days, of which the first drops out of the window on day 80.
  EXPECT_EQ(Record(arrive(-100)).last_lawful_day, Day(-11));
  Record(Departure(-41, "anna"));
  const CrossingRequest second = arrive(0);
  EXPECT_EQ(Record(second).last_lawful_day, Day(29));
  EXPECT_EQ(Traveler().stays[1].stay.authorized_until, Day(29));
  // A stay that becomes known late uses up ten days more; a retry is told so.
  Record(arrive(-20));
  Record(Departure(-11, "anna"));
  EXPECT_EQ(Record(second).last_lawful_day, Day(19));
  EXPECT_EQ(Record(Departure(25, "anna")).crossing->opened_cases.size(), 1U);
  EXPECT_EQ(TheCase(CaseKind::kOverstay).record.days_overstayed, 6);
}

TEST_F(RecordCrossingTest, TheSameRequestIsTheSameAfterThePolicyChanged) {
  CrossingPolicy stricter = policy_;
  stricter.admissions["WT"][0].rule.days = 60;
  CrossingPolicy unknown = policy_;
  unknown.admissions.erase("WT");
  int number = 0;
  for (const core::Authorization& asked : {core::Authorization(), core::Authorization(Day(89)),
                                           core::Authorization(core::DaysFromArrival{90})}) {
    CrossingRequest request = Arrival(0, "anna", 0, "P" + std::to_string(number++));
    request.admission = AdmissionRequest{"WT", asked};
    const CrossingResult first = Record(request);
    for (const CrossingPolicy& policy : {stricter, unknown}) {
      const RecordCrossing changed(*lanes_, engine_, *store_, *vault_, clock_, policy);
      const auto again = changed.Record(LaneCall(), request);
      ASSERT_THAT(again, testing::IsOk());
      EXPECT_EQ(again->crossing->crossing_id, first.crossing->crossing_id);
      EXPECT_EQ(again->last_lawful_day, Day(89)) << "the rule at the time of arrival stands";
    }
  }
}

TEST_F(RecordCrossingTest, RefusesControlCharactersAndOverlongText) {
  CrossingRequest request = Departure(10, "anna");
  request.carrier = "UA\n";
  EXPECT_THAT(TryRecord(request), FailsWith(Reason::kInvalidField));
  request.carrier = std::string(65, 'x');
  EXPECT_THAT(TryRecord(request), FailsWith(Reason::kInvalidField));
  request.carrier = "";
  request.flight = std::string(33, 'x');
  EXPECT_THAT(TryRecord(request), FailsWith(Reason::kInvalidField));
}

TEST_F(RecordCrossingTest, CountsTextInCharactersNotBytes) {
  const auto letters = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "\xC3\xA9";
    return text;
  };
  CrossingRequest request = Departure(10, "anna");
  request.carrier = letters(64);
  request.flight = letters(32);
  EXPECT_EQ(Record(request).crossing->carrier, request.carrier);
  CrossingRequest longer = Departure(11, "anna");
  longer.carrier = letters(65);
  EXPECT_THAT(TryRecord(longer), FailsWith(Reason::kInvalidField));
}

TEST_F(RecordCrossingTest, RefusesBirthDatesOfAnotherAge) {
  CrossingRequest request = Departure(10, "anna");
  core::Date& born = std::get<core::TravelDocument>(request.identification).birth_date;
  born = std::chrono::sys_days(std::chrono::year(1899) / 12 / 31);
  EXPECT_THAT(TryRecord(request), FailsWith(Reason::kInvalidField));
  born = std::chrono::sys_days(std::chrono::year(1900) / 1 / 1);
  EXPECT_TRUE(Record(request).recorded);
}

TEST_F(RecordCrossingTest, ATravelerWhoIsErasedWhileTheFaceIsLookedAtBeginsAnew) {
  const core::TravelerId erased = Record(Arrival(0, "anna", 30)).crossing->traveler_id;
  const BusyEngine engine(engine_, [&] {
    Sql("SET session_replication_role = replica;"
        "DELETE FROM stay; DELETE FROM template; DELETE FROM capture; DELETE FROM crossing;"
        "DELETE FROM request; DELETE FROM travel_document; DELETE FROM traveler");
  });
  const RecordCrossing record(*lanes_, engine, *store_, *vault_, clock_, policy_);
  const auto departure = record.Record(LaneCall(), Departure(10, "anna again"));
  ASSERT_THAT(departure, testing::IsOk());
  EXPECT_NE(departure->crossing->traveler_id, erased);
  EXPECT_EQ(departure->comparison->receipt.outcome, Outcome::kNoReference);
  EXPECT_THAT(Crossings(), SizeIs(1));
}

}  // namespace
}  // namespace entryexit::app
