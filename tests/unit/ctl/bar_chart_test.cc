#include "ctl/bar_chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace entryexit::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(BarChart, GivesTheLongestBarAllTheRoom) {
  EXPECT_EQ(BarChart({{"UTO", 0.02, "2 %"}, {"D", 0.005, "0.5 %"}}, "Rates"),
            "<svg class=\"bars\" viewBox=\"0 0 520 44\" role=\"img\" aria-label=\"Rates\">\n"
            "<text class=\"label\" x=\"76\" y=\"15\" text-anchor=\"end\">UTO</text>"
            "<rect x=\"84\" y=\"4\" width=\"236.0\" height=\"14\"/>"
            "<text x=\"326.0\" y=\"15\">2 %</text>\n"
            "<text class=\"label\" x=\"76\" y=\"37\" text-anchor=\"end\">D</text>"
            "<rect x=\"84\" y=\"26\" width=\"59.0\" height=\"14\"/>"
            "<text x=\"149.0\" y=\"37\">0.5 %</text>\n"
            "</svg>\n");
}

TEST(BarChart, OfNothingHasBarsWithoutLength) {
  const std::string chart = BarChart({{"UTO", 0, "0"}}, "None");
  EXPECT_THAT(chart, HasSubstr("width=\"0.0\""));
  EXPECT_THAT(chart, Not(HasSubstr("nan")));
}

TEST(BarChart, LetsNoTextBecomeMarkup) {
  const std::string chart = BarChart({{"<b>", 1, "\"&\""}}, "'<'");
  EXPECT_THAT(chart, HasSubstr("&lt;b&gt;"));
  EXPECT_THAT(chart, HasSubstr("&quot;&amp;&quot;"));
  EXPECT_THAT(chart, HasSubstr("aria-label=\"&#39;&lt;&#39;\""));
}

}  // namespace
}  // namespace entryexit::ctl
