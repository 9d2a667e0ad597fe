#include "ctl/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace entryexit::ctl {
namespace {

TEST(Table, AlignsColumnsToTheirWidestCell) {
  std::ostringstream out;
  Table table(out, /*colours=*/false, {{"A"}, {"LONG TITLE"}, {"C"}});
  table.Add({"wide cell", "x", "1"});
  table.Add({"y", "z", "2"});
  table.Flush();
  EXPECT_EQ(out.str(),
            "A          LONG TITLE  C\n"
            "wide cell  x           1\n"
            "y          z           2\n");
}

TEST(Table, AlignsNumbersToTheRight) {
  std::ostringstream out;
  Table table(out, /*colours=*/true, {{"A"}, {"COUNT", 0, Align::kRight}, {"N", 0, Align::kRight}});
  table.Add({"x", "1", {"1,000", Colour::kRed}});
  table.Flush();
  EXPECT_EQ(out.str(),
            "\x1b[1mA\x1b[0m  \x1b[1mCOUNT\x1b[0m      \x1b[1mN\x1b[0m\n"
            "x      1  \x1b[31m1,000\x1b[0m\n");
}

TEST(Table, WritesRowsThatComeLaterUnderTheSameTitles) {
  std::ostringstream out;
  Table table(out, /*colours=*/false, {{"KIND", 6}, {"ID"}});
  table.Flush();
  table.Add({"a", "1"});
  table.Flush();
  table.Add({"longer than that", "2"});
  table.Flush();
  EXPECT_EQ(out.str(),
            "KIND    ID\n"
            "a       1\n"
            "longer than that  2\n");
}

TEST(Table, ColoursDoNotDisturbTheAlignment) {
  std::ostringstream out;
  Table table(out, /*colours=*/true, {{"A"}, {"B"}});
  table.Add({{"red", Colour::kRed}, "x"});
  table.Flush();
  EXPECT_EQ(out.str(), "\x1b[1mA\x1b[0m    \x1b[1mB\x1b[0m\n\x1b[31mred\x1b[0m  x\n");
}

TEST(Table, KeepsControlCharactersFromTheTerminal) {
  EXPECT_EQ(Styled({"a\x1b[2Jb\nc"}, /*colours=*/false), "a?[2Jb?c");
}

TEST(Table, UsesNoEscapeCodesWithoutColours) {
  EXPECT_EQ(Styled({"HIGH", Colour::kRed}, /*colours=*/false), "HIGH");
}

TEST(Fields, AlignValuesAndLeaveOutEmptyOnes) {
  std::ostringstream out;
  WriteFields(out, /*colours=*/false, {{"id", "1"}, {"a long label", ""}, {"longer", "2"}});
  EXPECT_EQ(out.str(), "  id      1\n  longer  2\n");
}

}  // namespace
}  // namespace entryexit::ctl
