#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "entryexit/crypto/digest.h"
#include "entryexit/v1/retention_service.grpc.pb.h"
#include "tests/e2e/ctl_process.h"
#include "tests/e2e/world.h"
#include "tests/support/files.h"
#include "tests/support/temp_dir.h"

namespace entryexit::testing {
namespace {

using grpc::StatusCode;
using std::chrono::hours;
using ::testing::HasSubstr;
using ::testing::Not;
using Retainer = v1::RetentionService::Stub;

v1::RecordArrivalResponse Arrive(World& world, const std::string& document, hours ago) {
  const auto recorded = Call(*world.Lane("SEA-X1"), &v1::LaneService::Stub::RecordArrival,
                             ArrivalRequest({"SEA-X1", document, FaceImage(10, "arrival_1"), ago}));
  EXPECT_THAT(recorded, Succeeds());
  return recorded.response;
}

Answer<v1::GetCaptureResponse> CaptureOf(World& world, const std::string& crossing_id) {
  v1::GetCaptureRequest request;
  request.set_crossing_id(crossing_id);
  return Call(*world.Officer(), &v1::BackOfficeService::Stub::GetCapture, request);
}

TEST(Retention, ARunErasesWhatIsDueAndLeavesAReceipt) {
  World world;
  const auto old = Arrive(world, NewDocumentNumber(), hours(24 * 15));
  const auto fresh = Arrive(world, NewDocumentNumber(), hours(24 * 13));
  ASSERT_THAT(CaptureOf(world, old.crossing_id()), Succeeds());

  const Ran dry = Ctl(world, "admin/retention", {"retention", "run", "--dry-run"});
  EXPECT_EQ(dry.exit_code, 0) << dry.output;
  EXPECT_THAT(dry.output, HasSubstr(old.crossing_id()));
  EXPECT_THAT(dry.output, HasSubstr("other-image"));
  EXPECT_THAT(dry.output, Not(HasSubstr(fresh.crossing_id())));
  ASSERT_THAT(CaptureOf(world, old.crossing_id()), Succeeds()) << "it was a dry run";

  const Ran run = Ctl(world, "admin/retention", {"retention", "run"});
  EXPECT_EQ(run.exit_code, 0) << run.output;
  std::smatch head;
  ASSERT_TRUE(std::regex_search(run.output, head,
                                std::regex("Keep this: receipt 1, digest ([0-9a-f]{64})")))
      << run.output;
  EXPECT_THAT(CaptureOf(world, old.crossing_id()),
              Fails(StatusCode::NOT_FOUND, "CAPTURE_NOT_FOUND"));
  EXPECT_THAT(CaptureOf(world, fresh.crossing_id()), Succeeds());
  const Ran again = Ctl(world, "admin/retention", {"retention", "run"});
  EXPECT_EQ(again.exit_code, 0) << again.output;
  EXPECT_THAT(again.output, HasSubstr("There was nothing to erase."));

  const TempDir directory;
  const std::string file = (directory.path() / "receipts.jsonl").string();
  const Ran receipts = Ctl(world, "auditor/7", {"retention", "receipts", "--out", file});
  EXPECT_EQ(receipts.exit_code, 0) << receipts.output;
  const Ran whole = Ctl(world, "auditor/7", {"retention", "verify", file, "--head", head[1]});
  EXPECT_EQ(whole.exit_code, 0) << whole.output;
  EXPECT_THAT(whole.output, HasSubstr("1 receipts of 1 things erased"));
  std::string text = ReadAll(file);
  const size_t count = text.find("\"count\":\"1\"");
  ASSERT_NE(count, std::string::npos) << text;
  std::ofstream(file, std::ios::binary) << text.replace(count, 11, "\"count\":\"2\"");
  const Ran broken = Ctl(world, "auditor/7", {"retention", "verify", file});
  EXPECT_EQ(broken.exit_code, 1);
  EXPECT_THAT(broken.output, HasSubstr("receipt 1: "));
}

TEST(Retention, AHoldKeepsWhatIsDue) {
  World world;
  const auto old = Arrive(world, NewDocumentNumber(), hours(24 * 15));
  const Ran held = Ctl(world, "supervisor/1",
                       {"retention", "hold", old.traveler_id(), "--reference", "Order 12/2026"});
  EXPECT_EQ(held.exit_code, 0) << held.output;
  std::smatch hold;
  ASSERT_TRUE(std::regex_search(held.output, hold, std::regex("hold +([0-9a-f-]{36})")));
  EXPECT_THAT(Ctl(world, "auditor/7", {"retention", "holds"}).output, HasSubstr("Order 12/2026"));
  EXPECT_THAT(Ctl(world, "admin/retention", {"retention", "run"}).output,
              HasSubstr("There was nothing to erase."));
  EXPECT_THAT(CaptureOf(world, old.crossing_id()), Succeeds());

  const std::vector<std::string> release = {"retention", "release",     old.traveler_id(),
                                            hold[1],     "--reference", "Order 13/2026"};
  EXPECT_EQ(Ctl(world, "supervisor/1", release).exit_code, 0);
  const Ran twice = Ctl(world, "supervisor/1", release);
  EXPECT_EQ(twice.exit_code, 1);
  EXPECT_THAT(twice.output, HasSubstr("LEGAL_HOLD_RELEASED"));
  EXPECT_THAT(Ctl(world, "auditor/7", {"retention", "holds"}).output, HasSubstr("No holds."));
  EXPECT_THAT(Ctl(world, "auditor/7", {"retention", "holds", "--released"}).output,
              HasSubstr("Order 12/2026"));
  Ctl(world, "admin/retention", {"retention", "run"});
  EXPECT_THAT(CaptureOf(world, old.crossing_id()),
              Fails(StatusCode::NOT_FOUND, "CAPTURE_NOT_FOUND"));
}

TEST(Retention, IsRefusedToOthersAndInOtherForms) {
  World& world = World::Shared();
  const Ran run = Ctl(world, "officer/1", {"retention", "run"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("ROLE_NOT_ALLOWED"));

  const auto stub = v1::RetentionService::NewStub(world.Connect("entryexit://supervisor/1"));
  v1::PlaceLegalHoldRequest place;
  place.set_request_id(crypto::NewUuid());
  place.set_traveler_id("x");
  place.set_reference("Order");
  EXPECT_THAT(Call(*stub, &Retainer::PlaceLegalHold, place),
              Fails(StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"));
  place.set_traveler_id(crypto::NewUuid());
  EXPECT_THAT(Call(*stub, &Retainer::PlaceLegalHold, place),
              Fails(StatusCode::NOT_FOUND, "TRAVELER_NOT_FOUND"));
  place.clear_reference();
  EXPECT_THAT(Call(*stub, &Retainer::PlaceLegalHold, place),
              Fails(StatusCode::INVALID_ARGUMENT, "MISSING_FIELD"));
  v1::ReleaseLegalHoldRequest release;
  release.set_request_id(crypto::NewUuid());
  release.set_traveler_id(Arrive(world, NewDocumentNumber(), hours(1)).traveler_id());
  release.set_hold_id(crypto::NewUuid());
  release.set_reference("Order");
  EXPECT_THAT(Call(*stub, &Retainer::ReleaseLegalHold, release),
              Fails(StatusCode::NOT_FOUND, "LEGAL_HOLD_NOT_FOUND"));
}

}  // namespace
}  // namespace entryexit::testing
