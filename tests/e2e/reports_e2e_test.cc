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

v1::ListOverstaysRequest AsOf(int year) {
  v1::ListOverstaysRequest request;
  request.mutable_as_of()->set_year(year);
  request.mutable_as_of()->set_month(1);
  request.mutable_as_of()->set_day(1);
  return request;
}

// One report, from its first row to its end.
class Report {
 public:
  Report(World& world, const v1::ListOverstaysRequest& request) : stub_(world.Reporter()) {
    SetPatience(context_);
    reader_ = stub_->ListOverstays(&context_, request);
  }

  bool Next(v1::ListOverstaysResponse& row) { return reader_->Read(&row); }
  int CountRest() {
    int count = 0;
    for (v1::ListOverstaysResponse row; Next(row);) ++count;
    return count;
  }
  void HangUp() { context_.TryCancel(); }
  StatusCode End() { return reader_->Finish().error_code(); }
  std::string reason() const { return ReasonOf(context_); }

 private:
  std::unique_ptr<v1::ReportService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::ListOverstaysResponse>> reader_;
};

TEST(ListOverstays, TellsOfAStayThatIsOverOnTheDayThatIsAskedFor) {
  World& world = World::Shared();
  auto arrival = ArrivalRequest(
      {"EPP-X1", NewDocumentNumber(), FaceImage(10, "arrival_1"), std::chrono::hours(24 * 30)});
  arrival.mutable_admission()->set_days_from_arrival(5);
  const auto recorded = Call(*world.Lane("EPP-X1"), &v1::LaneService::Stub::RecordArrival, arrival);
  ASSERT_THAT(recorded, Succeeds());

  auto request = AsOf(2100);
  request.set_kind(v1::OVERSTAY_KIND_SUSPECTED_IN_COUNTRY);
  Report report(world, request);
  v1::ListOverstaysResponse row;
  ASSERT_TRUE(report.Next(row));
  EXPECT_EQ(row.kind(), v1::OVERSTAY_KIND_SUSPECTED_IN_COUNTRY);
  EXPECT_EQ(row.stay().arrival_crossing_id(), recorded.response.crossing_id());
  EXPECT_GT(row.days_overstayed(), 365);
  EXPECT_EQ(report.CountRest(), 0);
  EXPECT_EQ(report.End(), StatusCode::OK);

  // Neither a report of the other kind has it, nor one of another day.
  request.set_kind(v1::OVERSTAY_KIND_OUT_OF_COUNTRY);
  for (const v1::ListOverstaysRequest& other : {request, AsOf(2000)}) {
    Report none(world, other);
    EXPECT_EQ(none.CountRest(), 0);
    EXPECT_EQ(none.End(), StatusCode::OK);
  }
}

TEST(ListOverstays, TellsOfADepartureAfterTheLastLawfulDay) {
  World world;
  const std::string document = NewDocumentNumber();
  auto arrival =
      ArrivalRequest({"EPP-X1", document, FaceImage(16, "arrival_1"), std::chrono::hours(24 * 30)});
  arrival.mutable_admission()->set_days_from_arrival(5);
  const auto lane = world.Lane("EPP-X1");
  ASSERT_THAT(Call(*lane, &v1::LaneService::Stub::RecordArrival, arrival), Succeeds());
  const auto departed = Call(*lane, &v1::LaneService::Stub::RecordDeparture,
                             DepartureRequest({"EPP-X1", document, FaceImage(16, "departure_1"),
                                               std::chrono::hours(24 * 10)}));
  ASSERT_THAT(departed, Succeeds());

  auto request = AsOf(2100);
  request.set_kind(v1::OVERSTAY_KIND_OUT_OF_COUNTRY);
  Report report(world, request);
  v1::ListOverstaysResponse row;
  ASSERT_TRUE(report.Next(row));
  EXPECT_EQ(row.kind(), v1::OVERSTAY_KIND_OUT_OF_COUNTRY);
  EXPECT_EQ(row.stay().departure_crossing_id(), departed.response.crossing_id());
  EXPECT_EQ(row.days_overstayed(), 16);
  EXPECT_EQ(report.CountRest(), 0);
  EXPECT_EQ(report.End(), StatusCode::OK);
}

TEST(ListOverstays, NeedsADay) {
  Report report(World::Shared(), v1::ListOverstaysRequest());
  EXPECT_EQ(report.CountRest(), 0);
  EXPECT_EQ(report.End(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(report.reason(), "MISSING_FIELD");
}

constexpr int kStays = 20'000;

// Straight into the table, since recording so many would take minutes.
void FillWithOverstays(World& world) {
  const absl::Status filled = world.postgres().Execute(world.database(), R"(
      SET session_replication_role = replica;
      INSERT INTO stay (traveler_id, arrival_id, port_id, state, arrived_at, arrived_on,
                        class_of_admission, authorized_until)
      SELECT gen_random_uuid(), gen_random_uuid(), 'SEA', 'OPEN', '2020-01-01', '2020-01-01',
             'B-2', date '2020-02-01' + n % 300
      FROM generate_series(1, 20000) AS n)");
  ASSERT_TRUE(filled.ok()) << filled.ToString();
}

TEST(ListOverstays, GivesEveryRowHoweverManyThereAreAndLetsReadersHangUp) {
  World world;
  FillWithOverstays(world);
  // More readers than the server has threads for reports: a thread that waited for one of them for
  // ever would be missed below.
  for (int i = 0; i < 5; ++i) {
    Report report(world, AsOf(2026));
    v1::ListOverstaysResponse row;
    EXPECT_TRUE(report.Next(row));
    report.HangUp();
    EXPECT_LT(report.CountRest(), kStays - 1);
    EXPECT_EQ(report.End(), StatusCode::CANCELLED);
  }
  Report report(world, AsOf(2026));
  EXPECT_EQ(report.CountRest(), kStays);
  EXPECT_EQ(report.End(), StatusCode::OK);
}

TEST(ListOverstays, IsNotHeldUpByReadersWhoDoNotRead) {
  World world;
  FillWithOverstays(world);
  // More of them than the server has threads for reports, each with more to come than fits on the
  // way.
  std::vector<std::unique_ptr<Report>> unread;
  v1::ListOverstaysResponse row;
  for (int i = 0; i < 3; ++i) {
    unread.push_back(std::make_unique<Report>(world, AsOf(2026)));
    ASSERT_TRUE(unread.back()->Next(row));
  }
  Report report(world, AsOf(2026));
  EXPECT_EQ(report.CountRest(), kStays);
  EXPECT_EQ(report.End(), StatusCode::OK);
  for (const auto& late : unread) {
    EXPECT_EQ(late->CountRest(), kStays - 1) << "nothing was lost meanwhile";
    EXPECT_EQ(late->End(), StatusCode::OK);
  }
}

TEST(ListOverstays, IsEndedWithItsReasonWhenTheDaemonIsToldToStop) {
  World world;
  FillWithOverstays(world);
  Report report(world, AsOf(2026));
  v1::ListOverstaysResponse row;
  ASSERT_TRUE(report.Next(row));
  world.daemon().Terminate();
  EXPECT_LT(report.CountRest(), kStays - 1);
  EXPECT_EQ(report.End(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(report.reason(), "SHUTTING_DOWN");
  const auto exit_code = world.daemon().Wait();
  ASSERT_TRUE(exit_code.ok()) << exit_code.status().ToString();
  EXPECT_EQ(*exit_code, 0);
}

}  // namespace
}  // namespace entryexit::testing
