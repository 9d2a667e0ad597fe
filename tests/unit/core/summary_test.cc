#include "entryexit/core/summary.h"

#include <gtest/gtest.h>

#include <cmath>

namespace entryexit::core {
namespace {

StayFigures FiguresOf(std::int64_t departed, std::int64_t out, std::int64_t in) {
  StayFigures figures;
  figures[StayFigure::kExpectedDepartures] = departed + in;
  figures[StayFigure::kDeparted] = departed;
  figures[StayFigure::kOutOfCountry] = out;
  figures[StayFigure::kSuspectedInCountry] = in;
  return figures;
}

StayCount Count(const std::string& nationality, const std::string& port,
                const StayFigures& figures) {
  return {nationality, "B-2", PortId(port), figures};
}

TEST(SummaryTest, TheRatesAreThoseOfThePublishedReport) {
  // Entry/Exit Overstay Report, fiscal year 2024: 1.15 % in all, 1.04 % suspected in the country.
  StayFigures figures;
  figures[StayFigure::kExpectedDepartures] = 46'657'108;
  figures[StayFigure::kOutOfCountry] = 55'594;
  figures[StayFigure::kSuspectedInCountry] = 482'954;
  EXPECT_EQ(std::lround(*OverstayRate(figures) * 10'000), 115);
  EXPECT_EQ(std::lround(*InCountryRate(figures) * 10'000), 104);
}

TEST(SummaryTest, ThereIsNoRateOfNothing) {
  EXPECT_EQ(OverstayRate({}), std::nullopt);
  EXPECT_EQ(InCountryRate({}), std::nullopt);
  EXPECT_EQ(CaptureRate({}), std::nullopt);
  CrossingFigures figures;
  figures[CrossingFigure::kArrivals] = 3;
  figures[CrossingFigure::kDepartures] = 1;
  figures[CrossingFigure::kWithTemplate] = 3;
  EXPECT_EQ(CaptureRate(figures), 0.75);
}

TEST(SummaryTest, CountsAreAddedUpByClassAndByPort) {
  const Summary summary =
      Summarize({Count("UTO", "SEA", FiguresOf(10, 1, 2)), Count("UTO", "JFK", FiguresOf(5, 0, 1)),
                 Count("D", "SEA", FiguresOf(7, 0, 0))},
                {});
  ASSERT_EQ(summary.by_class.size(), 2U);
  EXPECT_EQ(summary.by_class[0].nationality, "D");
  EXPECT_EQ(summary.by_class[1].figures, FiguresOf(15, 1, 3));
  ASSERT_EQ(summary.by_port.size(), 2U);
  EXPECT_EQ(summary.by_port[0].port_id, PortId("JFK"));
  EXPECT_EQ(summary.by_port[1].figures, FiguresOf(17, 1, 2));
  EXPECT_EQ(summary.stays, FiguresOf(22, 1, 3));
}

// The relations that a reader of the tables knows: where all cells but one are shown, that one is
// known too.
template <typename Cells>
void ExpectNothingGivenAway(const Cells& cells) {
  int suppressed = 0;
  bool other_is_positive = false;
  for (const std::int64_t cell : cells) {
    if (cell == kSuppressed) ++suppressed;
    if (cell > 0) other_is_positive = true;
  }
  EXPECT_FALSE(suppressed == 1 && other_is_positive);
}

std::vector<std::int64_t> Row(const StayFigures& figures) {
  return {figures[StayFigure::kExpectedDepartures], figures[StayFigure::kDeparted],
          figures[StayFigure::kSuspectedInCountry], figures[StayFigure::kPending],
          figures[StayFigure::kDepartureNotRecorded]};
}

TEST(SuppressedTest, SmallCellsAreNotShownNorFoundByAddingUp) {
  std::vector<StayCount> counts = {
      Count("UTO", "SEA", FiguresOf(1000, 3, 20)), Count("UTO", "JFK", FiguresOf(500, 15, 30)),
      Count("D", "SEA", FiguresOf(800, 40, 50)), Count("F", "JFK", FiguresOf(900, 0, 12))};
  const Summary summary = Suppressed(Summarize(counts, {}), 10);
  for (std::size_t i = 0; i < kStayFigures; ++i) {
    const auto figure = static_cast<StayFigure>(i);
    std::vector<std::int64_t> column = {summary.stays[figure]};
    for (const Summary::Class& row : summary.by_class) column.push_back(row.figures[figure]);
    for (const std::int64_t cell : column) EXPECT_TRUE(cell <= 0 || cell >= 10) << cell;
    ExpectNothingGivenAway(column);
  }
  for (const Summary::Class& row : summary.by_class) ExpectNothingGivenAway(Row(row.figures));
  for (const Summary::Port& row : summary.by_port) ExpectNothingGivenAway(Row(row.figures));
  // What is large enough stays.
  EXPECT_EQ(summary.stays[StayFigure::kExpectedDepartures], 3312);
}

TEST(SuppressedTest, TheOnlyRowTakesItsTotalWithIt) {
  const Summary summary =
      Suppressed(Summarize({Count("UTO", "SEA", FiguresOf(100, 3, 0))}, {}), 10);
  EXPECT_EQ(summary.by_class[0].figures[StayFigure::kOutOfCountry], kSuppressed);
  EXPECT_EQ(summary.by_port[0].figures[StayFigure::kOutOfCountry], kSuppressed);
  EXPECT_EQ(summary.stays[StayFigure::kOutOfCountry], kSuppressed);
  EXPECT_EQ(summary.stays[StayFigure::kDeparted], 100);
  EXPECT_EQ(OverstayRate(summary.stays), std::nullopt);
}

TEST(SuppressedTest, ASingleSmallCellTakesTheNextOfItsColumnWithIt) {
  const Summary summary = Suppressed(Summarize({Count("UTO", "SEA", FiguresOf(1000, 3, 0)),
                                                Count("D", "SEA", FiguresOf(1000, 40, 0)),
                                                Count("F", "SEA", FiguresOf(1000, 60, 0))},
                                               {}),
                                     10);
  EXPECT_EQ(summary.by_class[0].figures[StayFigure::kOutOfCountry], kSuppressed);  // D: 40
  EXPECT_EQ(summary.by_class[1].figures[StayFigure::kOutOfCountry], 60);
  EXPECT_EQ(summary.by_class[2].figures[StayFigure::kOutOfCountry], kSuppressed);  // UTO: 3
  EXPECT_EQ(summary.stays[StayFigure::kOutOfCountry], 103);
}

TEST(SuppressedTest, WithoutSmallCellsNothingIsSuppressed) {
  const std::vector<StayCount> counts = {Count("UTO", "SEA", FiguresOf(1000, 13, 20))};
  const Summary summary = Summarize(counts, {});
  EXPECT_EQ(Suppressed(summary, 10).stays, summary.stays);
}

}  // namespace
}  // namespace entryexit::core
