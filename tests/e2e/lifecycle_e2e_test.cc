#include <gmock/gmock.h>
#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>

#include "tests/e2e/world.h"

namespace entryexit::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A stream of grpc.health.v1.Health.Watch. Debian has no package of its messages; on the wire they
// are these: one string, one enum.
class HealthWatch {
 public:
  explicit HealthWatch(const std::shared_ptr<grpc::Channel>& channel) : stub_(channel) {
    SetPatience(context_);
    stream_ = stub_.PrepareCall(&context_, "/grpc.health.v1.Health/Watch", &queue_);
    stream_->StartCall(nullptr);
    Wait();
    stream_->WriteLast(google::protobuf::StringValue(), {}, nullptr);
    Wait();
  }

  // Blocks until the health is told, at first and at each change.
  bool NextIsServing() {
    google::protobuf::Int32Value response;
    stream_->Read(&response, nullptr);
    EXPECT_TRUE(Wait()) << "the watch has ended";
    return response.value() == kServing;
  }

 private:
  static constexpr int kServing = 1;

  bool Wait() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::TemplatedGenericStub<google::protobuf::StringValue, google::protobuf::Int32Value> stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<
      grpc::ClientAsyncReaderWriter<google::protobuf::StringValue, google::protobuf::Int32Value>>
      stream_;
};

TEST(Daemon, TellsItsHealthByWhetherTheDatabaseAnswers) {
  World world({.environment = {}, .own_postgres = true});
  HealthWatch health(world.Connect("entryexit://admin/probe"));
  EXPECT_TRUE(health.NextIsServing());
  world.postgres().KillImmediate();
  while (health.NextIsServing()) {  // the monitor's first answer may come after the watch's
  }
  const auto arrival = ArrivalRequest({"SEA-A1", NewDocumentNumber(), FaceImage(15, "arrival_1")});
  const auto lane = world.Lane("SEA-A1");
  EXPECT_THAT(Call(*lane, &v1::LaneService::Stub::RecordArrival, arrival),
              Fails(grpc::StatusCode::UNAVAILABLE, "DATABASE_UNAVAILABLE"));
  ASSERT_TRUE(world.postgres().Restart().ok());
  EXPECT_TRUE(health.NextIsServing());
  EXPECT_THAT(Call(*lane, &v1::LaneService::Stub::RecordArrival, arrival), Succeeds());
}

TEST(Daemon, EndsWatchesWhenCasesMayHaveBeenMissed) {
  World world({.environment = {}, .own_postgres = true});
  const auto officer = world.Officer();
  grpc::ClientContext context;
  SetPatience(context);
  const auto watch = officer->WatchCases(&context, v1::WatchCasesRequest());
  v1::WatchCasesResponse response;
  ASSERT_TRUE(watch->Read(&response));
  ASSERT_TRUE(world.postgres().DropConnections().ok());
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(context), "DATABASE_UNAVAILABLE");
}

TEST(Daemon, TellsItsMetrics) {
  World& world = World::Shared();
  ASSERT_THAT(Call(*world.Lane("SEA-A1"), &v1::LaneService::Stub::RecordArrival,
                   ArrivalRequest({"SEA-A1", NewDocumentNumber(), FaceImage(11, "arrival_1")})),
              Succeeds());
  const std::string metrics = world.Metrics();
  EXPECT_THAT(metrics, HasSubstr("method=\"/entryexit.v1.LaneService/RecordArrival\""));
  EXPECT_THAT(metrics, HasSubstr("entryexit_face_seconds_count"));
  EXPECT_THAT(metrics, HasSubstr("entryexit_recording_seconds_bucket{le=\"0.02\"}"));
  EXPECT_THAT(metrics, HasSubstr("entryexit_faces_embedded_total{together=\"1\"}"));
  EXPECT_THAT(metrics, HasSubstr("entryexit_queue_depth"));
}

TEST(Daemon, LogsCallsWithoutPersonalData) {
  World& world = World::Shared();
  const std::string document = NewDocumentNumber();
  const auto request = ArrivalRequest({"SEA-A1", document, FaceImage(12, "arrival_1")});
  ASSERT_THAT(Call(*world.Lane("SEA-A1"), &v1::LaneService::Stub::RecordArrival, request),
              Succeeds());
  EXPECT_THAT(world.Log(), HasSubstr("request_id=" + request.request_id()));
  EXPECT_THAT(world.Log(), HasSubstr("principal=lane/SEA-A1"));
  EXPECT_THAT(world.Log(), Not(HasSubstr(document)));
}

TEST(Daemon, LogsWhatItRefusesWithoutPersonalData) {
  World& world = World::Shared();
  auto request = ArrivalRequest({"SEA-A1", NewDocumentNumber(), FaceImage(12, "arrival_1")});
  // Both lines of a machine readable zone whose composite check digit is wrong.
  request.mutable_identification()->set_mrz(
      "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"
      "L898902C36UTO7408122F1204159ZE184226B<<<<<11");
  EXPECT_THAT(Call(*world.Lane("SEA-A1"), &v1::LaneService::Stub::RecordArrival, request),
              Fails(grpc::StatusCode::INVALID_ARGUMENT, "MRZ_CHECK_DIGIT"));
  const std::string log = world.Log();
  EXPECT_THAT(log, HasSubstr("reason=MRZ_CHECK_DIGIT"));
  EXPECT_THAT(log, HasSubstr("request_id=" + request.request_id()));
  for (const char* const personal : {"ERIKSSON", "L898902C3", "740812"}) {
    EXPECT_THAT(log, Not(HasSubstr(personal)));
  }
}

TEST(Daemon, SaysPlainlyThatTheStarterModelIsNotForRealTravelers) {
  EXPECT_THAT(World::Shared().Log(), HasSubstr("model entryexit-resnet-v1"));
  EXPECT_THAT(World::Shared().Log(), HasSubstr("not accurate enough for real travelers"));
}

TEST(Daemon, DrainsWhenItIsToldToStop) {
  World world;
  const auto officer = world.Officer();
  grpc::ClientContext watch_context;
  SetPatience(watch_context);
  const auto watch = officer->WatchCases(&watch_context, v1::WatchCasesRequest());
  v1::WatchCasesResponse begun;
  ASSERT_TRUE(watch->Read(&begun));
  const auto lane = world.Lane("SEA-X1");
  grpc::ClientContext backlog_context;
  SetPatience(backlog_context);
  const auto backlog = lane->RecordCrossings(&backlog_context);
  v1::RecordCrossingsRequest item;
  *item.mutable_arrival() =
      ArrivalRequest({"SEA-X1", NewDocumentNumber(), FaceImage(13, "arrival_1")});
  ASSERT_TRUE(backlog->Write(item));
  v1::RecordCrossingsResponse result;
  ASSERT_TRUE(backlog->Read(&result));

  world.daemon().Terminate();
  v1::WatchCasesResponse nothing;
  EXPECT_FALSE(watch->Read(&nothing));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(watch_context), "SHUTTING_DOWN");
  EXPECT_FALSE(backlog->Read(&result));
  EXPECT_EQ(backlog->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(backlog_context), "SHUTTING_DOWN");
  const auto exit_code = world.daemon().Wait();
  ASSERT_TRUE(exit_code.ok()) << exit_code.status().ToString();
  EXPECT_EQ(*exit_code, 0);
}

TEST(Daemon, KeepsWhatItAcknowledgedWhenItIsKilled) {
  World world;
  const auto request = ArrivalRequest({"SEA-A1", NewDocumentNumber(), FaceImage(14, "arrival_1")});
  const auto before = Call(*world.Lane("SEA-A1"), &v1::LaneService::Stub::RecordArrival, request);
  ASSERT_THAT(before, Succeeds());
  world.daemon().Kill();
  world.Restart();
  const auto after = Call(*world.Lane("SEA-A1"), &v1::LaneService::Stub::RecordArrival, request);
  ASSERT_THAT(after, Succeeds());
  EXPECT_EQ(before.response.crossing_id(), after.response.crossing_id());
}

TEST(CommandLine, AnswersQuestionsAboutItself) {
  const CommandResult version = RunDaemonCommand("--version");
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_FALSE(version.out.empty());
  const CommandResult help = RunDaemonCommand("--help");
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("--check-config"));
  EXPECT_EQ(RunDaemonCommand("--no-such-option").exit_code, 2);
}

TEST(CommandLine, ChecksAConfiguration) {
  const std::string shipped = std::string(ENTRYEXIT_SOURCE_DIR) + "/config/entryexitd.yaml";
  const std::string check = "--check-config --config " + shipped;
  setenv("ENTRYEXIT_POLICY_ADMISSION_POLICY", ENTRYEXIT_SOURCE_DIR "/config/admission_policy.yaml",
         1);
  setenv("ENTRYEXIT_POLICY_RETENTION_POLICY", ENTRYEXIT_SOURCE_DIR "/config/retention_policy.yaml",
         1);
  setenv("ENTRYEXIT_POLICY_PURPOSE_POLICY", ENTRYEXIT_SOURCE_DIR "/config/purpose_policy.yaml", 1);
  EXPECT_EQ(RunDaemonCommand(check).exit_code, 0);
  setenv("ENTRYEXIT_POLICY_RETENTION_POLICY", shipped.c_str(), 1);
  EXPECT_THAT(RunDaemonCommand(check).err, HasSubstr("unknown key 'server' [CONFIG_INVALID]"));
  unsetenv("ENTRYEXIT_POLICY_RETENTION_POLICY");
  setenv("ENTRYEXIT_POLICY_ADMISSION_POLICY", shipped.c_str(), 1);
  const CommandResult unsound = RunDaemonCommand(check);
  unsetenv("ENTRYEXIT_POLICY_ADMISSION_POLICY");
  unsetenv("ENTRYEXIT_POLICY_PURPOSE_POLICY");
  EXPECT_EQ(unsound.exit_code, 1);
  EXPECT_THAT(unsound.err, HasSubstr("unknown key 'server' [CONFIG_INVALID]"));
}

TEST(CommandLine, SaysInOneLineWhatIsMissing) {
  const std::string shipped = std::string(ENTRYEXIT_SOURCE_DIR) + "/config/entryexitd.yaml";
  for (const std::string& arguments :
       {std::string("--config /nonexistent.yaml"), "--config " + shipped}) {
    const CommandResult result = RunDaemonCommand(arguments);
    EXPECT_EQ(result.exit_code, 1) << arguments;
    EXPECT_TRUE(result.err.starts_with("entryexitd: ")) << result.err;
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
  }
}

}  // namespace
}  // namespace entryexit::testing
