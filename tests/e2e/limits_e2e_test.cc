// What one principal may ask of the service, and what becomes of whoever asks for more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/raw_call.h"
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

constexpr char kAssessCapture[] = "/entryexit.v1.LaneService/AssessCapture";

std::string AssessRequest(size_t image_bytes) {
  v1::AssessCaptureRequest request;
  request.set_image(std::string(image_bytes, 'x'));
  return request.SerializeAsString();
}

// With a lane's key, somebody sends as much as one message may hold, 192 times at once over several
// connections: 2 GB, of which the service takes in what one lane may send at once, and no more.
// Returns how many were turned away before their message was read.
int Flood(World& world, const std::string& method, const std::string& message) {
  constexpr int kConnections = 12;
  constexpr int kCallsAtOnce = 16;
  std::atomic<int> turned_away = 0;
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < kConnections; ++i) {
    channels.push_back(world.Connect("entryexit://lane/SEA-X1"));
  }
  std::vector<std::jthread> calls;
  for (int i = 0; i < kConnections * kCallsAtOnce; ++i) {
    calls.emplace_back([&, channel = channels[static_cast<size_t>(i % kConnections)]] {
      const RawAnswer answer = RawCall(channel, method, {message});
      EXPECT_FALSE(answer.status.ok());
      if (answer.status.error_code() == StatusCode::UNAVAILABLE &&
          answer.status.error_message().find("as many as it may") != std::string::npos) {
        ++turned_away;
      }
    });
  }
  calls.clear();
  return turned_away;
}

TEST(Limits, BoundTheMemoryThatLargeMessagesTake) {
  World world({.environment = {{"ENTRYEXIT_LIMITS_LANE_CALLS_IN_FLIGHT", "16"}}});
  constexpr int kLargeBytes = 11'000'000;
  constexpr long kMostMemory = 700'000;  // kB
  EXPECT_GT(Flood(world, kAssessCapture, AssessRequest(kLargeBytes)), 0);
  // gRPC's own service, with the name of a service that nobody has.
  EXPECT_GT(Flood(world, "/grpc.health.v1.Health/Check", AssessRequest(kLargeBytes)), 0);
  const long peak = world.daemon().PeakMemory();
  EXPECT_GT(peak, 0);
  if (kMemoryIsTheProgramsOwn) {
    EXPECT_LT(peak, kMostMemory);
  }
  RecordProperty("peak_kb", static_cast<int>(peak));
  // Calls that a client gave up count for some time.
  const auto lane = world.Lane("SEA-X1");
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (Assess(*lane).status.error_code() == StatusCode::UNAVAILABLE &&
         std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(milliseconds(200));
  }
  EXPECT_THAT(Assess(*lane), kServed);
}

// One after the other, more than there may be at once.
TEST(Limits, KeepNoRoomForCallsThatWereRefusedByGrpc) {
  const auto channel = World::Shared().Connect("entryexit://lane/SEA-X2");
  constexpr int kCalls = 40;
  constexpr size_t kTooLarge = 13'000'000;
  const std::string large = AssessRequest(kTooLarge);
  for (int i = 0; i < kCalls; ++i) {
    ASSERT_NE(RawCall(channel, kAssessCapture, {"\xff no message"}).status.error_code(),
              StatusCode::UNAVAILABLE)
        << i;
    ASSERT_EQ(RawCall(channel, kAssessCapture, {large}).status.error_code(),
              StatusCode::RESOURCE_EXHAUSTED)
        << i;
  }
}

}  // namespace
}  // namespace entryexit::testing
