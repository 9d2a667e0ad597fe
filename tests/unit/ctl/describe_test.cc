#include "ctl/describe.h"

#include <gtest/gtest.h>

#include "entryexit/client/text.h"

namespace entryexit::ctl {
namespace {

TEST(DescribeDueDay, SaysHowFarTheDayIsAndPlainlyWhenItIsOver) {
  constexpr std::chrono::sys_days kToday{std::chrono::year(2026) / 12 / 31};
  struct Row {
    const char* due;
    const char* text;
    Colour colour;
  };
  for (const Row& row : {Row{"2027-02-14", "2027-02-14 (45 days left)", Colour::kNone},
                         Row{"2027-01-08", "2027-01-08 (8 days left)", Colour::kNone},
                         Row{"2027-01-07", "2027-01-07 (7 days left)", Colour::kYellow},
                         Row{"2027-01-01", "2027-01-01 (1 day left)", Colour::kYellow},
                         Row{"2026-12-31", "2026-12-31 (0 days left)", Colour::kYellow},
                         Row{"2026-12-30", "2026-12-30 (OVERDUE by 1 day)", Colour::kRed},
                         Row{"2026-02-28", "2026-02-28 (OVERDUE by 306 days)", Colour::kRed}}) {
    const Cell cell = DescribeDueDay(client::ParseDate(row.due).value(), kToday);
    EXPECT_EQ(cell.text, row.text);
    EXPECT_EQ(cell.colour, row.colour) << row.text;
  }
}

}  // namespace
}  // namespace entryexit::ctl
