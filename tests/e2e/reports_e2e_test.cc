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

  request.set_kind(v1::OVERSTAY_KIND_OUT_OF_COUNTRY);
  EXPECT_EQ(Report(world, request).CountRest(), 0);
  EXPECT_EQ(Report(world, AsOf(2000)).CountRest(), 0);
}

TEST(ListOverstays, NeedsADay) {
  Report report(World::Shared(), v1::ListOverstaysRequest());
  EXPECT_EQ(report.CountRest(), 0);
  EXPECT_EQ(report.End(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(report.reason(), "MISSING_FIELD");
}

TEST(ListOverstays, GivesEveryRowHoweverManyThereAreAndLetsReadersHangUp) {
  constexpr int kStays = 20'000;
  World world;
  // Straight into the table, since recording so many would take minutes.
  const absl::Status filled = world.postgres().Execute(world.database(), R"(
      SET session_replication_role = replica;
      INSERT INTO stay (traveler_id, arrival_id, port_id, state, arrived_at, arrived_on,
                        class_of_admission, authorized_until)
      SELECT gen_random_uuid(), gen_random_uuid(), 'SEA', 'OPEN', '2020-01-01', '2020-01-01',
             'B-2', date '2020-02-01' + n % 300
      FROM generate_series(1, 20000) AS n)");
  ASSERT_TRUE(filled.ok()) << filled.ToString();

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

}  // namespace
}  // namespace entryexit::testing
