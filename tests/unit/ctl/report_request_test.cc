#include "ctl/report_request.h"

#include <gtest/gtest.h>

#include <string>

#include "entryexit/client/text.h"
#include "entryexit/core/reason.h"
#include "tests/support/status_matchers.h"

namespace entryexit::ctl {
namespace {

using entryexit::testing::FailsWith;
using entryexit::testing::IsOk;
using std::chrono::hours;
using std::chrono::minutes;

core::Date Day(const std::string& text) { return DayOf(client::ParseDate(text).value()); }
std::string TextOf(core::Date day) { return client::FormatDate(DateOf(day)); }

TEST(DayOf, AndBackIsTheSame) {
  for (const char* const day : {"0001-01-01", "2024-02-29", "9999-12-31"}) {
    EXPECT_EQ(TextOf(Day(day)), day);
  }
}

TEST(TimeOf, KeepsMicroseconds) {
  EXPECT_EQ(client::FormatTimestamp(TimeOf(Day("2026-05-01") + std::chrono::microseconds(1))),
            "2026-05-01T00:00:00.000001Z");
}

TEST(MakeSummaryRequest, TakesAFiscalYearOfTheUnitedStates) {
  const auto request = MakeSummaryRequest({.fiscal_year = 2024});
  ASSERT_THAT(request, IsOk());
  EXPECT_EQ(client::FormatDate(request->from()), "2023-10-01");
  EXPECT_EQ(client::FormatDate(request->to()), "2024-09-30");
  EXPECT_FALSE(request->has_as_of()) << "the service's to choose";
  EXPECT_FALSE(request->has_known_at());
  EXPECT_EQ(request->least_cell(), 0);
}

TEST(MakeSummaryRequest, TakesAPeriodAndBothTimes) {
  const auto request =
      MakeSummaryRequest({.from = client::ParseDate("2026-01-01").value(),
                          .to = client::ParseDate("2026-03-31").value(),
                          .as_of = client::ParseDate("2026-04-15").value(),
                          .known_at = client::ParseTimestamp("2026-04-20T00:00:00Z").value(),
                          .least_cell = 10});
  ASSERT_THAT(request, IsOk());
  EXPECT_EQ(client::FormatDate(request->from()), "2026-01-01");
  EXPECT_EQ(client::FormatDate(request->to()), "2026-03-31");
  EXPECT_EQ(client::FormatDate(request->as_of()), "2026-04-15");
  EXPECT_EQ(client::FormatTimestamp(request->known_at()), "2026-04-20T00:00:00Z");
  EXPECT_EQ(request->least_cell(), 10);
}

TEST(MakeSummaryRequest, NeedsAPeriod) {
  EXPECT_THAT(MakeSummaryRequest({}), FailsWith(core::Reason::kMissingField));
}

TEST(YearStart, IsTheLastFirstOfTheMonth) {
  EXPECT_EQ(TextOf(YearStart(Day("2026-05-01"), 10)), "2025-10-01");
  EXPECT_EQ(TextOf(YearStart(Day("2026-09-30"), 10)), "2025-10-01");
  EXPECT_EQ(TextOf(YearStart(Day("2026-10-01"), 10)), "2026-10-01");
  EXPECT_EQ(TextOf(YearStart(Day("2026-12-31"), 1)), "2026-01-01");
}

TEST(MakeNightlyRequest, AsksForWhatWasKnownWhenTheDayWasOverEverywhere) {
  const NightlyRequest request = MakeNightlyRequest(Day("2026-05-01"), 10, 5);
  EXPECT_EQ(client::FormatDate(request.overstays.as_of()), "2026-05-01");
  EXPECT_EQ(client::FormatTimestamp(request.overstays.known_at()), "2026-05-02T12:00:00Z");
  EXPECT_EQ(request.overstays.kind(), v1::OVERSTAY_KIND_UNSPECIFIED);
  EXPECT_EQ(client::FormatDate(request.summary.from()), "2025-10-01");
  EXPECT_EQ(client::FormatDate(request.summary.to()), "2026-05-01");
  EXPECT_EQ(client::FormatDate(request.summary.as_of()), "2026-05-01");
  EXPECT_EQ(client::FormatTimestamp(request.summary.known_at()), "2026-05-02T12:00:00Z");
  EXPECT_EQ(request.summary.least_cell(), 5);
}

TEST(CheckIsOver, TakesADayOnceItIsOverInTheLastTimeZone) {
  const core::Timestamp noon = Day("2026-05-02") + hours(12);
  EXPECT_THAT(CheckIsOver(Day("2026-05-01"), noon), IsOk());
  const absl::Status early = CheckIsOver(Day("2026-05-01"), noon - std::chrono::microseconds(1));
  EXPECT_THAT(early, FailsWith(core::Reason::kInvalidField));
  EXPECT_EQ(early.message(),
            "2026-05-01 is not over at every port; the last day that is: 2026-04-30");
}

TEST(IsSettled, GivesWhatIsUnderWayTwoMinutes) {
  const core::Timestamp noon = Day("2026-05-02") + hours(12);
  EXPECT_FALSE(IsSettled(Day("2026-05-01"), noon + minutes(2) - std::chrono::microseconds(1)));
  EXPECT_TRUE(IsSettled(Day("2026-05-01"), noon + minutes(2)));
}

}  // namespace
}  // namespace entryexit::ctl
