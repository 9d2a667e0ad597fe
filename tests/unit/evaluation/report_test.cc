#include "entryexit/evaluation/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "tests/support/status_matchers.h"

namespace entryexit::evaluation {
namespace {

using ::entryexit::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;

EvaluationResult MakeResult() {
  EvaluationResult result;
  result.model = {"bold & <new>", "0123456789abcdef", "test-1"};
  result.acquisition.failures = {3, 500};
  result.acquisition.by_quality_issue = {{"BLURRED", 2}};
  result.acquisition.by_error = {{"IMAGE_CORRUPT", 1}};
  result.non_mated_kind = "matched";
  result.mated_left_out = 8;
  result.comparisons.identities = 125;
  std::mt19937_64 engine(11);
  std::normal_distribution<double> mated(0.8, 0.12);
  std::normal_distribution<double> non_mated(1.3, 0.1);
  for (std::size_t i = 0; i < 750; ++i) {
    result.comparisons.mated.push_back({mated(engine), i % 125, i % 125});
  }
  for (std::size_t i = 0; i < 7000; ++i) {
    result.comparisons.non_mated.push_back({non_mated(engine), i % 125, (i + 1 + i / 125) % 125});
  }
  return result;
}

class ReportTest : public ::testing::Test {
 protected:
  ReportTest() : result_(MakeResult()) {
    auto statistics = ComputeStatistics(result_.comparisons, StatisticsOptions());
    EXPECT_THAT(statistics, IsOk());
    statistics_ = *std::move(statistics);
  }

  EvaluationResult result_;
  Statistics statistics_;
};

// The names of elements opened and not closed, or "broken" at the first fault: enough of XML to see
// that elements nest, attributes are quoted and text is escaped.
std::string UnclosedElements(const std::string& xml) {
  std::vector<std::string> open;
  std::size_t at = 0;
  while (at < xml.size()) {
    const std::size_t begin = xml.find('<', at);
    const std::string text = xml.substr(at, begin - at);
    for (std::size_t amp = text.find('&'); amp != std::string::npos;
         amp = text.find('&', amp + 1)) {
      if (text.find(';', amp) > amp + 5) return "broken";
    }
    if (text.find('>') != std::string::npos) return "broken";
    if (begin == std::string::npos) break;
    const std::size_t end = xml.find('>', begin);
    if (end == std::string::npos) return "broken";
    const std::string tag = xml.substr(begin + 1, end - begin - 1);
    if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) return "broken";
    if (tag.find('<') != std::string::npos) return "broken";
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != tag.substr(1)) return "broken";
      open.pop_back();
    } else if (!tag.ends_with('/')) {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
    at = end + 1;
  }
  return ::testing::PrintToString(open);
}

TEST(SampleReport, TellsTheFailuresToAcquireWithoutAnyComparison) {
  EvaluationResult result = MakeResult();
  result.comparisons.non_mated.clear();
  result.non_mated_left_out = 5;
  const std::string text = SampleReport(result);
  EXPECT_THAT(text, HasSubstr("0.6 % (3 of 500)"));
  EXPECT_THAT(text, HasSubstr("0, matched (5 pairs left out: an image failed to acquire)"));
}

TEST_F(ReportTest, TextSaysWhatWasMeasuredAndWhatWasNot) {
  const std::string text = TextReport(result_, statistics_);
  EXPECT_THAT(text, HasSubstr("0.6 % (3 of 500)"));
  EXPECT_THAT(text, HasSubstr("BLURRED 2"));
  EXPECT_THAT(text, HasSubstr("IMAGE_CORRUPT 1"));
  EXPECT_THAT(text, HasSubstr("750 (8 pairs left out: an image failed to acquire)"));
  EXPECT_THAT(text, HasSubstr("1 % (70 of 7000) "));
  EXPECT_THAT(text, HasSubstr("0.1 % (7 of 7000)*"));
  EXPECT_THAT(text,
              HasSubstr("not measurable: needs at least 30000 non-mated comparisons, has 7000\n"));
  EXPECT_THAT(text, HasSubstr("fewer than 30 false matches"));
}

TEST_F(ReportTest, TextFitsATerminal) {
  std::istringstream lines(TextReport(result_, statistics_));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120U) << line;
}

TEST_F(ReportTest, JsonHoldsTheFiguresOfTheStatistics) {
  const auto json = nlohmann::json::parse(JsonReport(result_, statistics_));
  EXPECT_EQ(json["model"]["id"], "bold & <new>");
  EXPECT_EQ(json["failure_to_acquire"]["errors"], 3);
  EXPECT_EQ(json["failure_to_acquire"]["by_error"]["IMAGE_CORRUPT"], 1);
  EXPECT_EQ(json["mated"]["left_out"], 8);
  EXPECT_EQ(json["non_mated"]["kind"], "matched");
  ASSERT_EQ(json["operating_points"].size(), 4U);
  const auto& point = json["operating_points"][0];
  EXPECT_EQ(point["target_fmr"], 0.01);
  EXPECT_EQ(point["measured"]["distance"], statistics_.operating_points[0].measured->distance);
  EXPECT_EQ(point["measured"]["fmr"]["errors"], 70);
  EXPECT_TRUE(json["operating_points"][3]["measured"].is_null());
  EXPECT_EQ(json["operating_points"][3]["comparisons_needed"], 30000);
  EXPECT_EQ(json["det"].size(), statistics_.det.size());
  EXPECT_EQ(json["calibration"]["pairs"], "matched");
  EXPECT_EQ(json["calibration"]["points"][0]["fmr"], 5e-4);
}

TEST_F(ReportTest, JsonSurvivesAModelIdThatIsNotUtf8) {
  result_.model.id = "\xff";
  EXPECT_TRUE(nlohmann::json::accept(JsonReport(result_, statistics_)));
}

TEST_F(ReportTest, SvgIsWellFormedAndNamesItsAxes) {
  const std::string svg = DetCurveSvg(result_, statistics_);
  EXPECT_EQ(UnclosedElements(svg), "{}");
  EXPECT_THAT(svg, HasSubstr("bold &amp; &lt;new&gt;"));
  EXPECT_THAT(svg, HasSubstr("False match rate (FMR)"));
  EXPECT_THAT(svg, HasSubstr("False non-match rate (FNMR)"));
  EXPECT_THAT(svg, HasSubstr("750 mated and 7,000 non-mated (matched) comparisons of 125 people"));
  for (const char* label : {">0.1 %<", ">1 %<", ">10 %<"}) EXPECT_THAT(svg, HasSubstr(label));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
  EXPECT_THAT(svg, Not(HasSubstr("href")));  // self-contained
}

TEST_F(ReportTest, SvgIsWellFormedWithoutErrorsAndWithFewComparisons) {
  EvaluationResult small;
  small.comparisons.identities = 2;
  small.comparisons.mated = {{0.5, 0, 0}};
  small.comparisons.non_mated = {{1.5, 0, 1}};
  const auto statistics = ComputeStatistics(small.comparisons, StatisticsOptions());
  ASSERT_THAT(statistics, IsOk());
  const std::string svg = DetCurveSvg(small, *statistics);
  EXPECT_EQ(UnclosedElements(svg), "{}");
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace entryexit::evaluation
