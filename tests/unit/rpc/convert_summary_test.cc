#include "rpc/convert_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>

#include "entryexit/core/reason.h"
#include "rpc/convert.h"
#include "tests/support/status_matchers.h"

namespace entryexit::rpc {
namespace {

using core::CrossingFigure;
using core::Reason;
using core::StayFigure;
using std::chrono::hours;
using std::chrono::seconds;
using testing::FailsWith;
using testing::IsOk;

constexpr core::Date kFrom = std::chrono::year(2023) / 10 / 1;
constexpr core::Date kTo = std::chrono::year(2024) / 9 / 30;
constexpr core::Timestamp kNow = core::Date(std::chrono::year(2026) / 5 / 2) + hours(15);

v1::GetSummaryRequest OfFiscalYear2024() {
  v1::GetSummaryRequest request;
  ToProto(kFrom, request.mutable_from());
  ToProto(kTo, request.mutable_to());
  return request;
}

TEST(SummaryFromProto, TakesEveryField) {
  v1::GetSummaryRequest request = OfFiscalYear2024();
  ToProto(kTo + std::chrono::days(90), request.mutable_as_of());
  ToProto(kNow - seconds(1), request.mutable_known_at());
  request.set_least_cell(10);
  const auto taken = FromProto(request, kNow);
  ASSERT_THAT(taken, IsOk());
  EXPECT_EQ(taken->scope,
            (core::ReportScope{kFrom, kTo, kTo + std::chrono::days(90), kNow - seconds(1)}));
  EXPECT_EQ(taken->least_cell, 10);
}

TEST(SummaryFromProto, LooksFromTheEndOfThePeriodByWhatIsKnownNowUnlessToldOtherwise) {
  const auto taken = FromProto(OfFiscalYear2024(), kNow);
  ASSERT_THAT(taken, IsOk());
  EXPECT_EQ(taken->scope, (core::ReportScope{kFrom, kTo, kTo, kNow}));
  EXPECT_EQ(taken->least_cell, std::nullopt);
}

TEST(SummaryFromProto, LooksFromTheLastDayThatIsOverWhenThePeriodIsNot) {
  v1::GetSummaryRequest request = OfFiscalYear2024();
  ToProto(core::Date(std::chrono::year(2026) / 9 / 30), request.mutable_to());
  const auto taken = FromProto(request, kNow);
  ASSERT_THAT(taken, IsOk());
  EXPECT_EQ(taken->scope.as_of, core::Date(std::chrono::year(2026) / 5 / 1));
}

TEST(SummaryFromProto, NamesTheFieldThatIsMissingOrWrong) {
  struct BadRequest {
    std::function<void(v1::GetSummaryRequest&)> spoil;
    Reason reason;
    const char* message;
  };
  const BadRequest bad_requests[] = {
      {[](auto& request) { request.clear_from(); }, Reason::kMissingField, "from is missing"},
      {[](auto& request) { request.clear_to(); }, Reason::kMissingField, "to is missing"},
      {[](auto& request) { request.mutable_to()->set_year(2022); }, Reason::kInvalidField,
       "from must not be after to"},
      {[](auto& request) { request.mutable_as_of()->set_month(13); }, Reason::kInvalidField,
       "as_of is no day of the years 1 to 9999"},
      {[](auto& request) { ToProto(kNow + seconds(1), request.mutable_known_at()); },
       Reason::kInvalidField, "known_at must not be in the future"},
      {[](auto& request) { request.mutable_known_at()->set_nanos(-1); }, Reason::kInvalidField,
       "known_at is no time of the years 1 to 9999"},
      {[](auto& request) { request.set_least_cell(1); }, Reason::kInvalidField,
       "least_cell must be 2 to 1000, or 0"},
      {[](auto& request) { request.set_least_cell(1001); }, Reason::kInvalidField,
       "least_cell must be 2 to 1000, or 0"},
      {[](auto& request) { request.set_least_cell(-5); }, Reason::kInvalidField,
       "least_cell must be 2 to 1000, or 0"},
  };
  for (const BadRequest& bad : bad_requests) {
    v1::GetSummaryRequest request = OfFiscalYear2024();
    bad.spoil(request);
    const absl::Status status = FromProto(request, kNow).status();
    EXPECT_THAT(status, FailsWith(bad.reason));
    EXPECT_EQ(status.message(), bad.message);
  }
}

// A figure without a field of its name would be lost on the way.
TEST(SummaryToProto, HasAFieldForEveryFigureAndNoMoreThanTheRates) {
  const auto names_in = [](const google::protobuf::Descriptor& message) {
    std::set<std::string> names;
    for (int i = 0; i < message.field_count(); ++i) names.insert(message.field(i)->name());
    return names;
  };
  std::set<std::string> stays = {"overstay_rate", "in_country_rate"};
  for (std::size_t i = 0; i < core::kStayFigures; ++i) {
    stays.insert(core::NameOf(static_cast<StayFigure>(i)));
  }
  EXPECT_EQ(names_in(*v1::StayFigures::descriptor()), stays);
  std::set<std::string> crossings = {"capture_rate"};
  for (std::size_t i = 0; i < core::kCrossingFigures; ++i) {
    crossings.insert(core::NameOf(static_cast<CrossingFigure>(i)));
  }
  EXPECT_EQ(names_in(*v1::CrossingFigures::descriptor()), crossings);
}

TEST(SummaryToProto, TellsFiguresRatesAndTheScope) {
  core::Summary summary;
  core::StayFigures stays;
  stays[StayFigure::kExpectedDepartures] = 200;
  stays[StayFigure::kDeparted] = 190;
  stays[StayFigure::kOutOfCountry] = 4;
  stays[StayFigure::kSuspectedInCountry] = 6;
  summary.by_class.push_back({"UTO", "B-2", stays});
  summary.by_port.push_back({core::PortId("SEA"), stays});
  summary.stays = stays;
  core::CrossingFigures crossings;
  crossings[CrossingFigure::kArrivals] = 30;
  crossings[CrossingFigure::kDepartures] = 10;
  crossings[CrossingFigure::kWithTemplate] = 20;
  summary.by_lane.push_back({core::PortId("SEA"), core::LaneId("SEA-A1"), crossings});
  summary.crossings = crossings;

  v1::GetSummaryResponse response;
  ToProto(summary, {kFrom, kTo, kTo, kNow}, &response);
  EXPECT_EQ(response.as_of().day(), 30);
  EXPECT_EQ(response.known_at().seconds(),
            std::chrono::floor<seconds>(kNow).time_since_epoch().count());
  ASSERT_EQ(response.by_class_size(), 1);
  EXPECT_EQ(response.by_class(0).nationality(), "UTO");
  EXPECT_EQ(response.by_class(0).class_of_admission(), "B-2");
  EXPECT_EQ(response.by_class(0).figures().departed(), 190);
  ASSERT_EQ(response.by_port_size(), 1);
  EXPECT_EQ(response.by_port(0).port_id(), "SEA");
  EXPECT_EQ(response.by_port(0).figures().out_of_country(), 4);
  EXPECT_DOUBLE_EQ(response.stays().overstay_rate(), 0.05);
  EXPECT_DOUBLE_EQ(response.stays().in_country_rate(), 0.03);
  EXPECT_TRUE(response.stays().has_pending()) << "none is a figure too";
  ASSERT_EQ(response.by_lane_size(), 1);
  EXPECT_EQ(response.by_lane(0).lane_id(), "SEA-A1");
  EXPECT_EQ(response.by_lane(0).figures().with_template(), 20);
  EXPECT_DOUBLE_EQ(response.crossings().capture_rate(), 0.5);
}

TEST(SummaryToProto, LeavesOutWhatWasSuppressedAndRatesThatCannotBeTold) {
  core::Summary summary;
  summary.stays[StayFigure::kExpectedDepartures] = 200;
  summary.stays[StayFigure::kOutOfCountry] = core::kSuppressed;
  summary.stays[StayFigure::kSuspectedInCountry] = 6;
  v1::GetSummaryResponse response;
  ToProto(summary, {kFrom, kTo, kTo, kNow}, &response);
  EXPECT_FALSE(response.stays().has_out_of_country());
  EXPECT_FALSE(response.stays().has_overstay_rate());
  EXPECT_TRUE(response.stays().has_in_country_rate());
  EXPECT_TRUE(response.crossings().has_arrivals());
  EXPECT_FALSE(response.crossings().has_capture_rate());
}

TEST(KnownAtFrom, IsNowUnlessGivenAndNeverLater) {
  google::protobuf::Timestamp time;
  EXPECT_EQ(*KnownAtFrom(time, /*present=*/false, kNow), kNow);
  ToProto(kNow, &time);
  EXPECT_EQ(*KnownAtFrom(time, /*present=*/true, kNow), kNow);
  EXPECT_THAT(KnownAtFrom(time, /*present=*/true, kNow - std::chrono::microseconds(1)),
              FailsWith(Reason::kInvalidField));
}

}  // namespace
}  // namespace entryexit::rpc
