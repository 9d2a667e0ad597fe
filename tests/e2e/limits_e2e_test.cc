// What one principal may ask of the service, and what becomes of whoever asks for more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/stored.h"
#include "tests/e2e/world.h"
#include "tests/support/sanitizers.h"

namespace entryexit::testing {
namespace {

using grpc::StatusCode;
using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using Lane = v1::LaneService::Stub;

World& LimitedWorld() {
  static World world({.environment = {{"ENTRYEXIT_LIMITS_LANE_CALLS_PER_SECOND", "5"},
                                      {"ENTRYEXIT_LIMITS_LANE_BURST", "4"},
                                      {"ENTRYEXIT_LIMITS_LANE_CALLS_IN_FLIGHT", "2"}}});
  return world;
}

// A call that costs nothing.
Answer<v1::AssessCaptureResponse> Assess(Lane& lane) {
  return Call(lane, &Lane::AssessCapture, v1::AssessCaptureRequest());
}

const auto kServed = Fails(StatusCode::INVALID_ARGUMENT, "IMAGE_EMPTY");

TEST(Limits, RefuseACallerThatCallsTooOftenAndTellHowLongToWait) {
  const auto lane = LimitedWorld().Lane("SEA-A1");
  std::string told;
  for (int i = 0; i < 100 && told.empty(); ++i) {
    grpc::ClientContext context;
    SetPatience(context);
    v1::AssessCaptureResponse response;
    const grpc::Status status =
        lane->AssessCapture(&context, v1::AssessCaptureRequest(), &response);
    if (status.error_code() == StatusCode::INVALID_ARGUMENT) continue;
    EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(ReasonOf(context), "RATE_LIMITED");
    const auto& metadata = context.GetServerTrailingMetadata();
    const auto found = metadata.find("entryexit-retry-after-ms");
    ASSERT_NE(found, metadata.end());
    told = std::string(found->second.data(), found->second.size());
  }
  ASSERT_FALSE(told.empty()) << "a hundred calls at once were served";
  EXPECT_GT(std::stoi(told), 0);
  EXPECT_LE(std::stoi(told), 200);
  // Others do not notice.
  EXPECT_THAT(Assess(*LimitedWorld().Lane("SEA-D1")), kServed);
  std::this_thread::sleep_for(milliseconds(std::stoi(told)));
  EXPECT_THAT(Assess(*lane), kServed);
  EXPECT_THAT(LimitedWorld().Metrics(),
              HasSubstr("entryexit_refusals_total{reason=\"RATE_LIMITED\"}"));
}

using Backlog = grpc::ClientReaderWriter<v1::RecordCrossingsRequest, v1::RecordCrossingsResponse>;

// Sends what is no crossing, which is answered and costs nothing.
bool AnswersItem(Backlog& backlog) {
  v1::RecordCrossingsResponse response;
  return backlog.Write(v1::RecordCrossingsRequest()) && backlog.Read(&response) &&
         response.error().reason() == v1::REASON_MISSING_FIELD;
}

TEST(Limits, HaveItemsOfABacklogWaitInsteadOfRefusingThem) {
  const auto lane = LimitedWorld().Lane("SEA-X1");
  grpc::ClientContext context;
  SetPatience(context);
  const auto backlog = lane->RecordCrossings(&context);
  const auto start = std::chrono::steady_clock::now();
  constexpr int kItems = 12;
  for (int i = 0; i < kItems; ++i) ASSERT_TRUE(AnswersItem(*backlog)) << i;
  // All but the burst, at five a second.
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds((kItems - 4) * 200 - 1));
  // The travelers before the lane do not wait behind it.
  EXPECT_THAT(Assess(*lane), kServed);
  backlog->WritesDone();
  EXPECT_TRUE(backlog->Finish().ok());
}

TEST(Limits, RefuseMoreCallsThanMayBeUnderWay) {
  const auto lane = LimitedWorld().Lane("EPP-X1");
  grpc::ClientContext first;
  grpc::ClientContext second;
  SetPatience(first);
  SetPatience(second);
  const auto one = lane->RecordCrossings(&first);
  const auto other = lane->RecordCrossings(&second);
  ASSERT_TRUE(AnswersItem(*one));
  ASSERT_TRUE(AnswersItem(*other));
  EXPECT_THAT(Assess(*lane), Fails(StatusCode::RESOURCE_EXHAUSTED, "TOO_MANY_CALLS"));
  one->WritesDone();
  EXPECT_TRUE(one->Finish().ok());
  EXPECT_THAT(Assess(*lane), kServed);
  other->WritesDone();
  EXPECT_TRUE(other->Finish().ok());
}

TEST(Limits, GiveACallWithoutADeadlineTheServicesOwn) {
  World world({.environment = {{"ENTRYEXIT_SERVER_DEFAULT_DEADLINE_MS", "500"}}});
  const auto lane = world.Lane("SEA-X1");
  const Crossing arrival{"SEA-X1", NewDocumentNumber(), FaceImage(21, "arrival_1"), hours(2)};
  ASSERT_THAT(Call(*lane, &Lane::RecordArrival, ArrivalRequest(arrival)), Succeeds());
  const LockedTravelers locked(world);
  Crossing departure = arrival;
  departure.ago = hours(1);
  grpc::ClientContext context;  // which has no deadline
  v1::RecordDepartureResponse response;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(lane->RecordDeparture(&context, DepartureRequest(departure), &response).error_code(),
            StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(ReasonOf(context), "DEADLINE_EXCEEDED");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

// With a lane's key, somebody sends as much as one message may hold, 192 times at once over several
// connections: 2 GB, of which the service takes in what one lane may send at once, and no more.
TEST(Limits, BoundTheMemoryThatLargeMessagesTake) {
  World world({.environment = {{"ENTRYEXIT_LIMITS_LANE_CALLS_IN_FLIGHT", "16"}}});
  constexpr int kClients = 12;
  constexpr int kCallsAtOnce = 16;
  constexpr long kMostMemory = 700'000;  // kB
  v1::AssessCaptureRequest request;
  request.set_image(std::string(11'000'000, 'x'));
  std::atomic<int> refused = 0;
  {
    std::vector<std::shared_ptr<Lane>> lanes;
    for (int i = 0; i < kClients; ++i) lanes.push_back(world.Lane("SEA-X1"));
    std::vector<std::jthread> calls;
    for (int i = 0; i < kClients * kCallsAtOnce; ++i) {
      calls.emplace_back([&, lane = lanes[static_cast<size_t>(i % kClients)]] {
        const auto answer = Call(*lane, &Lane::AssessCapture, request);
        if (answer.reason == "IMAGE_TOO_LARGE" || answer.reason == "OVERLOADED" ||
            answer.status.error_code() == StatusCode::RESOURCE_EXHAUSTED) {
          ++refused;
        }
      });
    }
  }
  EXPECT_EQ(refused, kClients * kCallsAtOnce);
  const long peak = world.daemon().PeakMemory();
  EXPECT_GT(peak, 0);
  if (kMemoryIsTheProgramsOwn) {
    EXPECT_LT(peak, kMostMemory);
  }
  RecordProperty("peak_kb", static_cast<int>(peak));
  EXPECT_THAT(Call(*world.Lane("SEA-X1"), &Lane::AssessCapture, v1::AssessCaptureRequest()),
              kServed);
}

}  // namespace
}  // namespace entryexit::testing
