#include "entryexit/core/summary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

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

TEST(SummaryTest, WhatWasRecordedWithoutACaptureIsNoFailureToCapture) {
  CrossingFigures figures;
  figures[CrossingFigure::kArrivals] = 6;
  figures[CrossingFigure::kDepartures] = 2;
  figures[CrossingFigure::kWithTemplate] = 3;
  figures[CrossingFigure::kNotCaptured] = 4;
  EXPECT_EQ(CaptureRate(figures), 0.75);
  figures[CrossingFigure::kWithTemplate] = 0;
  figures[CrossingFigure::kNotCaptured] = 8;
  EXPECT_EQ(CaptureRate(figures), std::nullopt) << "there is nothing that should have been";
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

constexpr std::int64_t kLeast = 10;

bool IsHidden(const StayFigures& figures) {
  return figures[StayFigure::kExpectedDepartures] == kSuppressed;
}

// What the rule promises of one table, looked at cell by cell. `counted` are the figures before.
template <typename Rows>
void ExpectNothingGivenAway(const Rows& rows, const StayFigures& total, const Rows& counted) {
  int hidden = 0;
  StayFigures hidden_sum;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool is_hidden = IsHidden(rows[i].figures);
    if (is_hidden) {
      ++hidden;
      hidden_sum += counted[i].figures;
    }
    for (std::size_t column = 0; column < kStayFigures; ++column) {
      const std::int64_t cell = rows[i].figures[static_cast<StayFigure>(column)];
      EXPECT_EQ(cell == kSuppressed, is_hidden) << "a row is shown as a whole or not at all";
      EXPECT_TRUE(cell <= 0 || cell >= kLeast);
    }
  }
  if (IsHidden(total)) return;
  EXPECT_NE(hidden, 1) << "found by subtracting the others from the total";
  for (std::size_t column = 0; column < kStayFigures; ++column) {
    const std::int64_t cell = hidden_sum[static_cast<StayFigure>(column)];
    EXPECT_TRUE(cell == 0 || cell >= kLeast) << "the hidden rows together are a small cell";
  }
}

TEST(SuppressedTest, SmallCellsAreNeitherShownNorFoundByAddingUp) {
  std::mt19937 random(7);
  const auto draw = [&](int high) {
    // Many small, some large, some none.
    const int most = std::uniform_int_distribution(0, 2)(random) == 0 ? high : 12;
    return std::uniform_int_distribution(0, most)(random);
  };
  int tables_with_total = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<StayCount> counts;
    const int rows = std::uniform_int_distribution(1, 8)(random);
    for (int i = 0; i < rows; ++i) {
      const int departed = draw(2000);
      counts.push_back(Count(std::string(1, static_cast<char>('A' + i)), i % 3 == 0 ? "SEA" : "JFK",
                             FiguresOf(departed, std::min(departed, draw(60)), draw(90))));
    }
    const Summary all = Summarize(counts, {});
    const Summary shown = Suppressed(all, kLeast);
    ExpectNothingGivenAway(shown.by_class, shown.stays, all.by_class);
    ExpectNothingGivenAway(shown.by_port, shown.stays, all.by_port);
    if (!IsHidden(shown.stays)) {
      ++tables_with_total;
      EXPECT_EQ(shown.stays, all.stays);
    }
  }
  EXPECT_GT(tables_with_total, 500) << "something is to be left to publish";
}

TEST(SuppressedTest, TheOnlyRowTakesItsTotalWithIt) {
  const Summary summary =
      Suppressed(Summarize({Count("UTO", "SEA", FiguresOf(100, 3, 0))}, {}), 10);
  EXPECT_TRUE(IsHidden(summary.by_class[0].figures));
  EXPECT_TRUE(IsHidden(summary.by_port[0].figures));
  EXPECT_TRUE(IsHidden(summary.stays));
  EXPECT_EQ(OverstayRate(summary.stays), std::nullopt);
}

TEST(SuppressedTest, ARowWithASmallCellTakesTheSmallestOtherWithIt) {
  const Summary summary = Suppressed(Summarize({Count("UTO", "SEA", FiguresOf(3000, 3, 0)),
                                                Count("D", "SEA", FiguresOf(1000, 40, 0)),
                                                Count("F", "SEA", FiguresOf(2000, 60, 0))},
                                               {}),
                                     10);
  EXPECT_TRUE(IsHidden(summary.by_class[0].figures)) << "D, the smallest";
  EXPECT_FALSE(IsHidden(summary.by_class[1].figures));
  EXPECT_TRUE(IsHidden(summary.by_class[2].figures)) << "UTO";
  EXPECT_EQ(summary.stays[StayFigure::kOutOfCountry], 103);
}

TEST(SuppressedTest, WithoutSmallCellsNothingIsSuppressed) {
  const std::vector<StayCount> counts = {Count("UTO", "SEA", FiguresOf(1000, 13, 20))};
  const Summary summary = Summarize(counts, {});
  EXPECT_EQ(Suppressed(summary, 10).stays, summary.stays);
}

}  // namespace
}  // namespace entryexit::core
