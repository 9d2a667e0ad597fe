#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/world.h"

namespace entryexit::testing {
namespace {

using grpc::StatusCode;
using std::chrono::hours;
using ::testing::HasSubstr;
using ::testing::Not;
using Lane = v1::LaneService::Stub;

Answer<v1::RecordArrivalResponse> Arrive(const Crossing& crossing) {
  return Call(*World::Shared().Lane(crossing.lane_id), &Lane::RecordArrival,
              ArrivalRequest(crossing));
}

Answer<v1::RecordDepartureResponse> Depart(const Crossing& crossing) {
  return Call(*World::Shared().Lane(crossing.lane_id), &Lane::RecordDeparture,
              DepartureRequest(crossing));
}

TEST(Lanes, RecordAnArrivalThatOpensAStay) {
  const auto arrival = Arrive({"SEA-A1", NewDocumentNumber(), FaceImage(1, "arrival_1"), hours(1)});
  ASSERT_THAT(arrival, Succeeds());
  EXPECT_TRUE(arrival.response.recorded());
  EXPECT_EQ(arrival.response.capture_status(), v1::CAPTURE_STATUS_TEMPLATE_STORED);
  EXPECT_TRUE(arrival.response.has_authorized_until());

  v1::GetTravelerRequest request;
  request.set_traveler_id(arrival.response.traveler_id());
  const auto traveler =
      Call(*World::Shared().Officer(), &v1::BackOfficeService::Stub::GetTraveler, request);
  ASSERT_THAT(traveler, Succeeds());
  ASSERT_EQ(traveler.response.stays_size(), 1);
  EXPECT_EQ(traveler.response.stays(0).state(), v1::STAY_STATE_OPEN);
  EXPECT_EQ(traveler.response.stays(0).arrival_crossing_id(), arrival.response.crossing_id());
}

TEST(Lanes, MatchADepartureWithItsOwnArrival) {
  const std::string document = NewDocumentNumber();
  const auto arrival = Arrive({"SEA-A1", document, FaceImage(2, "arrival_1"), hours(240)});
  ASSERT_THAT(arrival, Succeeds());
  const auto departure = Depart({"SEA-D1", document, FaceImage(2, "departure_1")});
  ASSERT_THAT(departure, Succeeds());
  EXPECT_EQ(departure.response.outcome(), v1::OUTCOME_MATCH);
  EXPECT_EQ(departure.response.traveler_id(), arrival.response.traveler_id());
  EXPECT_EQ(departure.response.opened_case_ids_size(), 0);
  const v1::Comparison& comparison = departure.response.comparison();
  ASSERT_EQ(comparison.references_size(), 1);
  EXPECT_EQ(comparison.references(0).crossing_id(), arrival.response.crossing_id());
  EXPECT_LE(comparison.distance(), comparison.thresholds().match_distance());
}

TEST(Lanes, DoNotMatchAnotherPersonsFace) {
  const std::string document = NewDocumentNumber();
  ASSERT_THAT(Arrive({"SEA-A1", document, FaceImage(3, "arrival_1"), hours(240)}), Succeeds());
  const auto departure = Depart({"SEA-D1", document, FaceImage(60, "departure_1")});
  ASSERT_THAT(departure, Succeeds());
  EXPECT_NE(departure.response.outcome(), v1::OUTCOME_MATCH);
  EXPECT_EQ(departure.response.opened_case_ids_size(), 1);
}

TEST(Lanes, GiveTheFirstAnswerAgainToARetry) {
  const auto lane = World::Shared().Lane("SEA-A1");
  auto request = ArrivalRequest({"SEA-A1", NewDocumentNumber(), FaceImage(4, "arrival_1")});
  const auto first = Call(*lane, &Lane::RecordArrival, request);
  const auto second = Call(*lane, &Lane::RecordArrival, request);
  ASSERT_THAT(first, Succeeds());
  ASSERT_THAT(second, Succeeds());
  EXPECT_EQ(first.response.crossing_id(), second.response.crossing_id());

  request.set_flight("XX999");
  EXPECT_THAT(Call(*lane, &Lane::RecordArrival, request),
              Fails(StatusCode::ALREADY_EXISTS, "REQUEST_ID_REUSED"));
}

TEST(Lanes, StoreNothingOfAPoorCaptureAndSayWhy) {
  const auto arrival = Arrive({"SEA-A1", NewDocumentNumber(), FaceImage("bad/very_dark.jpg")});
  ASSERT_THAT(arrival, Succeeds());
  EXPECT_FALSE(arrival.response.recorded());
  EXPECT_EQ(arrival.response.capture_status(), v1::CAPTURE_STATUS_LOW_QUALITY);
  ASSERT_GT(arrival.response.findings_size(), 0);
  EXPECT_FALSE(arrival.response.findings(0).advice().empty());
  EXPECT_TRUE(arrival.response.crossing_id().empty());
}

TEST(Lanes, AssessACaptureWithoutStoringIt) {
  const auto lane = World::Shared().Lane("SEA-A1");
  v1::AssessCaptureRequest request;
  request.set_image(FaceImage(5, "arrival_1"));
  const auto good = Call(*lane, &Lane::AssessCapture, request);
  ASSERT_THAT(good, Succeeds());
  EXPECT_TRUE(good.response.usable());
  EXPECT_EQ(good.response.image_width(), 480);
  EXPECT_GT(good.response.face().width(), 0);

  request.set_image(FaceImage("bad/text_file.jpg"));
  EXPECT_THAT(Call(*lane, &Lane::AssessCapture, request),
              Fails(StatusCode::INVALID_ARGUMENT, "IMAGE_UNSUPPORTED_FORMAT"));
}

TEST(Lanes, MayOnlySpeakForThemselves) {
  const auto request = ArrivalRequest({"SEA-X1", NewDocumentNumber(), FaceImage(6, "arrival_1")});
  EXPECT_THAT(Call(*World::Shared().Lane("SEA-A1"), &Lane::RecordArrival, request),
              Fails(StatusCode::PERMISSION_DENIED, "LANE_NOT_YOURS"));
}

// Sends `items` one after the other and returns the results.
std::vector<v1::RecordCrossingsResponse> SendBacklog(
    const std::string& lane_id, const std::vector<v1::RecordCrossingsRequest>& items) {
  const auto lane = World::Shared().Lane(lane_id);
  grpc::ClientContext context;
  SetPatience(context);
  const auto stream = lane->RecordCrossings(&context);
  std::vector<v1::RecordCrossingsResponse> results;
  for (const v1::RecordCrossingsRequest& item : items) stream->Write(item);
  stream->WritesDone();
  v1::RecordCrossingsResponse result;
  while (stream->Read(&result)) results.push_back(result);
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return results;
}

TEST(Backlog, IsAnsweredItemByItemAndGoesOnAfterABadOne) {
  const std::string document = NewDocumentNumber();
  std::vector<v1::RecordCrossingsRequest> items(4);
  *items[0].mutable_departure() =
      DepartureRequest({"SEA-X1", document, FaceImage(7, "departure_1"), hours(24)});
  *items[1].mutable_arrival() =
      ArrivalRequest({"SEA-X1", document, std::string(9 << 20, 'x'), hours(240)});
  // Item 2 holds no crossing.
  *items[3].mutable_arrival() =
      ArrivalRequest({"SEA-X1", document, FaceImage(7, "arrival_1"), hours(240)});
  for (size_t i = 0; i < items.size(); ++i) items[i].set_sequence(100 + i);

  const auto results = SendBacklog("SEA-X1", items);
  ASSERT_EQ(results.size(), items.size());
  for (size_t i = 0; i < items.size(); ++i) EXPECT_EQ(results[i].sequence(), 100 + i);
  EXPECT_EQ(results[0].departure().outcome(), v1::OUTCOME_NO_REFERENCE);
  EXPECT_EQ(results[1].error().reason(), v1::REASON_IMAGE_TOO_LARGE);
  EXPECT_EQ(results[1].error().code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(results[2].error().reason(), v1::REASON_MISSING_FIELD);
  EXPECT_TRUE(results[3].arrival().recorded());

  // Sent again, the items that were recorded give the same answers.
  const auto again = SendBacklog("SEA-X1", {items[0], items[3]});
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again[0].departure().crossing_id(), results[0].departure().crossing_id());
  EXPECT_EQ(again[1].arrival().crossing_id(), results[3].arrival().crossing_id());
}

v1::RecordCrossingsRequest ItemOf(const v1::RecordDepartureRequest& departure) {
  v1::RecordCrossingsRequest item;
  *item.mutable_departure() = departure;
  return item;
}

TEST(Backlog, AndALiveCallUnderOneRequestIdAreOneCrossingInEitherOrder) {
  const auto lane = World::Shared().Lane("SEA-X1");
  const auto live_first =
      DepartureRequest({"SEA-X1", NewDocumentNumber(), FaceImage(8, "departure_1"), hours(1)});
  const auto live = Call(*lane, &Lane::RecordDeparture, live_first);
  ASSERT_THAT(live, Succeeds());
  const auto resent = SendBacklog("SEA-X1", {ItemOf(live_first)});
  ASSERT_EQ(resent.size(), 1U);
  EXPECT_EQ(resent[0].departure().crossing_id(), live.response.crossing_id())
      << resent[0].ShortDebugString();

  const auto backlog_first =
      DepartureRequest({"SEA-X1", NewDocumentNumber(), FaceImage(8, "departure_1"), hours(1)});
  const auto sent = SendBacklog("SEA-X1", {ItemOf(backlog_first)});
  ASSERT_EQ(sent.size(), 1U);
  const auto live_again = Call(*lane, &Lane::RecordDeparture, backlog_first);
  ASSERT_THAT(live_again, Succeeds());
  EXPECT_EQ(live_again.response.crossing_id(), sent[0].departure().crossing_id());
}

TEST(Backlog, RecordsAPoorCaptureSinceTheTravelerIsGone) {
  v1::RecordCrossingsRequest item;
  item.set_sequence(1);
  *item.mutable_arrival() =
      ArrivalRequest({"SEA-X1", NewDocumentNumber(), FaceImage("bad/no_face.jpg"), hours(1)});
  const auto results = SendBacklog("SEA-X1", {item});
  ASSERT_EQ(results.size(), 1U);
  EXPECT_TRUE(results[0].arrival().recorded());
  EXPECT_EQ(results[0].arrival().capture_status(), v1::CAPTURE_STATUS_LOW_QUALITY);
}

TEST(Backlog, RecordsACrossingWhoseImageIsNoPictureSinceTheTravelerIsGone) {
  const std::string document = NewDocumentNumber();
  std::vector<v1::RecordCrossingsRequest> items(3);
  *items[0].mutable_arrival() = ArrivalRequest({"SEA-X1", document, "no picture", hours(48)});
  *items[1].mutable_departure() =
      DepartureRequest({"SEA-X1", document, FaceImage("bad/truncated.jpg"), hours(24)});
  *items[2].mutable_arrival() = ArrivalRequest({"SEA-X1", document, "", hours(12)});
  const auto results = SendBacklog("SEA-X1", items);
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].arrival().capture_status(), v1::CAPTURE_STATUS_LOW_QUALITY);
  ASSERT_EQ(results[0].arrival().findings_size(), 1);
  EXPECT_EQ(results[0].arrival().findings(0).issue(), v1::QUALITY_ISSUE_NO_PICTURE);
  EXPECT_EQ(results[1].departure().outcome(), v1::OUTCOME_LOW_QUALITY);
  EXPECT_TRUE(results[2].arrival().recorded());

  v1::GetCaptureRequest capture;
  capture.set_crossing_id(results[0].arrival().crossing_id());
  EXPECT_THAT(Call(*World::Shared().Officer(), &v1::BackOfficeService::Stub::GetCapture, capture),
              Fails(StatusCode::NOT_FOUND, "CAPTURE_NOT_FOUND"));
  const auto again = SendBacklog("SEA-X1", {items[0]});
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].arrival().crossing_id(), results[0].arrival().crossing_id());
}

TEST(Backlog, OfALaneThatIsNotConfiguredEndsSinceTheOperatorCanMendThat) {
  const auto lane = World::Shared().Lane("SEA-Z9");
  grpc::ClientContext context;
  SetPatience(context);
  const auto stream = lane->RecordCrossings(&context);
  stream->Write(
      ItemOf(DepartureRequest({"SEA-Z9", NewDocumentNumber(), FaceImage(9, "departure_1")})));
  v1::RecordCrossingsResponse result;
  EXPECT_FALSE(stream->Read(&result));
  EXPECT_EQ(stream->Finish().error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(context), "LANE_UNKNOWN");
}

// Of a counter in Prometheus' text format; 0 when it is not there.
int CountOf(const std::string& counter) {
  const std::string metrics = World::Shared().Metrics();
  const size_t found = metrics.find("\n" + counter + " ");
  return found == std::string::npos ? 0 : std::stoi(metrics.substr(found + counter.size() + 2));
}

TEST(Metrics, CountADepartureOnceHoweverOftenItIsSent) {
  const std::string counter = "entryexit_outcomes_total{outcome=\"NO_REFERENCE\"}";
  const auto lane = World::Shared().Lane("SEA-X1");
  const auto request =
      DepartureRequest({"SEA-X1", NewDocumentNumber(), FaceImage(9, "departure_1"), hours(1)});
  const int before = CountOf(counter);
  ASSERT_THAT(Call(*lane, &Lane::RecordDeparture, request), Succeeds());
  EXPECT_EQ(CountOf(counter), before + 1);
  ASSERT_THAT(Call(*lane, &Lane::RecordDeparture, request), Succeeds());
  ASSERT_EQ(SendBacklog("SEA-X1", {ItemOf(request)}).size(), 1U);
  EXPECT_EQ(CountOf(counter), before + 1);
}

TEST(Backlog, LeavesALogLineAndACountForEachItem) {
  World& world = World::Shared();
  const std::string document = NewDocumentNumber();
  const auto good = DepartureRequest({"SEA-X1", document, FaceImage(9, "departure_1"), hours(1)});
  auto bad = DepartureRequest({"SEA-X1", document, FaceImage(9, "departure_2"), hours(1)});
  bad.clear_captured_at();
  const std::string recorded = "entryexit_backlog_items_total{reason=\"\"}";
  const std::string refused = "entryexit_backlog_items_total{reason=\"MISSING_FIELD\"}";
  const int recorded_before = CountOf(recorded);
  const int refused_before = CountOf(refused);
  ASSERT_EQ(SendBacklog("SEA-X1", {ItemOf(good), ItemOf(bad)}).size(), 2U);
  EXPECT_EQ(CountOf(recorded), recorded_before + 1);
  EXPECT_EQ(CountOf(refused), refused_before + 1);
  EXPECT_THAT(world.Log(),
              HasSubstr("result=OUTCOME_NO_REFERENCE reason=- request_id=" + good.request_id()));
  EXPECT_THAT(world.Log(),
              HasSubstr("result=- reason=MISSING_FIELD request_id=" + bad.request_id()));
  EXPECT_THAT(world.Log(), Not(HasSubstr(document)));
}

}  // namespace
}  // namespace entryexit::testing
