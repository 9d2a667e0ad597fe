#include "ctl/summary_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "entryexit/client/text.h"

namespace entryexit::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct StayCounts {
  int expected_departures = 0;
  int departed = 0;
  int out_of_country = 0;
  int suspected_in_country = 0;
  int pending = 0;
  int departure_not_recorded = 0;
  int departure_unconfirmed = 0;
};

// As the service tells them.
void Set(const StayCounts& counts, v1::StayFigures* figures) {
  figures->set_expected_departures(counts.expected_departures);
  figures->set_departed(counts.departed);
  figures->set_out_of_country(counts.out_of_country);
  figures->set_suspected_in_country(counts.suspected_in_country);
  figures->set_pending(counts.pending);
  figures->set_departure_not_recorded(counts.departure_not_recorded);
  figures->set_departure_unconfirmed(counts.departure_unconfirmed);
  if (counts.expected_departures == 0) return;
  figures->set_overstay_rate(1.0 * (counts.out_of_country + counts.suspected_in_country) /
                             counts.expected_departures);
  figures->set_in_country_rate(1.0 * counts.suspected_in_country / counts.expected_departures);
}

// 3 arrivals and 1 departure, or none of either.
void SetCrossings(bool any, v1::CrossingFigures* figures) {
  const auto& type = *v1::CrossingFigures::descriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->type() != google::protobuf::FieldDescriptor::TYPE_INT64) continue;
    v1::CrossingFigures::GetReflection()->SetInt64(figures, type.field(i), 0);
  }
  if (!any) return;
  figures->set_arrivals(3);
  figures->set_departures(1);
  figures->set_with_template(3);
  figures->set_arrivals_without_departure(2);
  figures->set_match(1);
  figures->set_capture_rate(0.75);
}

SummaryReport Empty() {
  SummaryReport report;
  *report.request.mutable_from() = client::ParseDate("2023-10-01").value();
  *report.request.mutable_to() = client::ParseDate("2024-09-30").value();
  *report.response.mutable_as_of() = client::ParseDate("2024-09-30").value();
  *report.response.mutable_known_at() = client::ParseTimestamp("2024-10-01T12:00:00Z").value();
  Set({}, report.response.mutable_stays());
  SetCrossings(/*any=*/false, report.response.mutable_crossings());
  return report;
}

void AddClass(const std::string& nationality, const std::string& code, const StayCounts& counts,
              SummaryReport& report) {
  v1::ClassFigures& row = *report.response.add_by_class();
  row.set_nationality(nationality);
  row.set_class_of_admission(code);
  Set(counts, row.mutable_figures());
}

// The totals of the United States' fiscal year 2024, all of one class, port and lane.
SummaryReport FiscalYear2024() {
  const StayCounts counts = {46'657'108, 46'118'560, 55'594, 482'954, 0, 55'594};
  SummaryReport report = Empty();
  AddClass("UTO", "B-2", counts, report);
  v1::PortFigures& port = *report.response.add_by_port();
  port.set_port_id("SEA");
  Set(counts, port.mutable_figures());
  Set(counts, report.response.mutable_stays());
  v1::LaneFigures& lane = *report.response.add_by_lane();
  lane.set_port_id("SEA");
  lane.set_lane_id("SEA-A1");
  SetCrossings(/*any=*/true, lane.mutable_figures());
  SetCrossings(/*any=*/true, report.response.mutable_crossings());
  return report;
}

// FiscalYear2024() with the late departures of the class withheld.
SummaryReport Withheld() {
  SummaryReport report = FiscalYear2024();
  report.request.set_least_cell(10);
  v1::StayFigures& figures = *report.response.mutable_by_class(0)->mutable_figures();
  figures.clear_out_of_country();
  figures.clear_overstay_rate();
  figures.clear_pending();
  return report;
}

std::string TablesOf(const SummaryReport& report) {
  std::ostringstream out;
  WriteSummaryTables(report, /*colours=*/false, out);
  return out.str();
}

std::string LineWith(const std::string& text, const std::string& start) {
  const std::size_t from = text.find("\n" + start);
  if (from == std::string::npos) return {};
  return text.substr(from + 1, text.find('\n', from + 1) - from - 1);
}

// ------------------------------------------------------------------------------------- figures

TEST(FigureText, GroupsCountsAndTellsRatesInPercent) {
  const v1::StayFigures stays = FiscalYear2024().response.stays();
  EXPECT_EQ(FigureText(stays, "expected_departures"), "46,657,108");
  EXPECT_EQ(FigureText(stays, "out_of_country"), "55,594");
  EXPECT_EQ(FigureText(stays, "suspected_in_country"), "482,954");
  EXPECT_EQ(FigureText(stays, "overstays"), "538,548");
  EXPECT_EQ(FigureText(stays, "overstay_rate"), "1.15 %");
  EXPECT_EQ(FigureText(stays, "in_country_rate"), "1.04 %");
}

TEST(FigureText, TellsWhatIsWithheldFromWhatThereIsNot) {
  const SummaryReport withheld = Withheld();
  const v1::StayFigures& figures = withheld.response.by_class(0).figures();
  EXPECT_EQ(FigureText(figures, "out_of_country"), "*");
  EXPECT_EQ(FigureText(figures, "overstays"), "*") << "it is made of one that is withheld";
  EXPECT_EQ(FigureText(figures, "overstay_rate"), "*");
  EXPECT_EQ(FigureText(figures, "in_country_rate"), "1.04 %");
  const SummaryReport empty = Empty();
  EXPECT_EQ(FigureText(empty.response.stays(), "overstay_rate"), "-");
  EXPECT_EQ(FigureText(empty.response.crossings(), "capture_rate"), "-");
  EXPECT_EQ(FigureText(v1::CrossingFigures(), "capture_rate"), "*");
}

// A column that is missing would not be missed by anybody.
TEST(Columns, AreAllFiguresOfTheAnswer) {
  const auto expect_all = [](const google::protobuf::Descriptor& type,
                             const std::vector<FigureColumn>& columns, int computed) {
    EXPECT_EQ(columns.size(), static_cast<std::size_t>(type.field_count() + computed));
    for (int i = 0; i < type.field_count(); ++i) {
      EXPECT_TRUE(std::ranges::any_of(columns, [&](const FigureColumn& column) {
        return column.figure == type.field(i)->name();
      })) << type.field(i)->name();
    }
  };
  expect_all(*v1::StayFigures::descriptor(), StayColumns(), /*computed=*/1);
  expect_all(*v1::CrossingFigures::descriptor(), CrossingColumns(), /*computed=*/0);
}

// -------------------------------------------------------------------------------------- tables

TEST(SummaryTables, HaveAllFiguresAndTheirTotal) {
  EXPECT_EQ(
      TablesOf(FiscalYear2024()),
      "Summary of 2023-10-01 to 2024-09-30, as of 2024-09-30, by what was known at "
      "2024-10-01T12:00:00Z\n"
      "\n"
      "Stays by nationality and class of admission\n"
      "NATIONALITY  CLASS    EXPECTED    DEPARTED  OVERSTAYS    RATE  OUT OF COUNTRY  IN COUNTRY   "
      " "
      "RATE  PENDING  NOT RECORDED  UNCONFIRMED\n"
      "UTO          B-2    46,657,108  46,118,560    538,548  1.15 %          55,594     482,954  "
      "1.04 %        0        55,594            0\n"
      "TOTAL               46,657,108  46,118,560    538,548  1.15 %          55,594     482,954  "
      "1.04 %        0        55,594            0\n"
      "\n"
      "Stays by port of arrival\n"
      "PORT     EXPECTED    DEPARTED  OVERSTAYS    RATE  OUT OF COUNTRY  IN COUNTRY    RATE  "
      "PENDING  NOT RECORDED  UNCONFIRMED\n"
      "SEA    46,657,108  46,118,560    538,548  1.15 %          55,594     482,954  1.04 %        "
      "0 "
      "       55,594            0\n"
      "TOTAL  46,657,108  46,118,560    538,548  1.15 %          55,594     482,954  1.04 %        "
      "0 "
      "       55,594            0\n"
      "\n"
      "Crossings by lane\n"
      "PORT   LANE    ARRIVALS  DEPARTURES  TEMPLATES     RATE  NO DEPARTURE  NO ARRIVAL  MATCH  "
      "NO "
      "MATCH  INCONCLUSIVE  NO REFERENCE  LOW QUALITY  EXEMPT  OPTED OUT  NOT CAPTURED\n"
      "SEA    SEA-A1         3           1          3  75.00 %             2           0      1    "
      "  "
      "   0             0             0            0       0          0             0\n"
      "TOTAL                 3           1          3  75.00 %             2           0      1    "
      "  "
      "   0             0             0            0       0          0             0\n"
      "\n"
      "What the service says is a lead for an officer, never a determination.\n");
}

TEST(SummaryTables, MarkWhatIsWithheldAndSayWhatTheMarkMeans) {
  const std::string tables = TablesOf(Withheld());
  EXPECT_EQ(
      LineWith(tables, "UTO"),
      "UTO          B-2    46,657,108  46,118,560          *       *               *     482,954  "
      "1.04 %        *        55,594            0");
  EXPECT_THAT(tables,
              HasSubstr("\n* withheld: rows with a figure from 1 to 9, and others that would "
                        "give one away by subtraction.\n"));
}

TEST(SummaryTables, OfNothingHaveTotals) {
  const std::string tables = TablesOf(Empty());
  EXPECT_EQ(
      LineWith(tables, "TOTAL"),
      "TOTAL                      0         0          0     -               0           0     -  "
      "      0             0            0");
  EXPECT_THAT(tables, Not(HasSubstr("*")));
}

// ----------------------------------------------------------------------------------------- CSV

constexpr char kCsvHeader[] =
    "from,to,as_of,known_at,least_cell,table,nationality,class_of_admission,port_id,lane_id,"
    "expected_departures,departed,out_of_country,suspected_in_country,pending,"
    "departure_not_recorded,departure_unconfirmed,overstay_rate,in_country_rate,arrivals,"
    "departures,with_template,"
    "arrivals_without_departure,departures_without_arrival,match,no_match,inconclusive,"
    "no_reference,low_quality,exempt,opted_out,capture_rate,not_captured,withheld\r\n";

TEST(SummaryCsvTest, HasARecordForEveryRowOfEveryTable) {
  SummaryReport report = Empty();
  const StayCounts counts = {.expected_departures = 8, .departed = 7, .suspected_in_country = 1};
  AddClass("UTO", "B-2", counts, report);
  report.response.add_by_port()->set_port_id("SEA");
  Set(counts, report.response.mutable_by_port(0)->mutable_figures());
  Set(counts, report.response.mutable_stays());
  v1::LaneFigures& lane = *report.response.add_by_lane();
  lane.set_port_id("SEA");
  lane.set_lane_id("SEA-A1");
  SetCrossings(/*any=*/true, lane.mutable_figures());
  SetCrossings(/*any=*/true, report.response.mutable_crossings());

  const std::string scope = "2023-10-01,2024-09-30,2024-09-30,2024-10-01T12:00:00Z,,";
  const std::string stays = ",8,7,0,1,0,0,0,0.125,0.125,,,,,,,,,,,,,,,\r\n";
  const std::string crossings = ",,,,,,,,,,3,1,3,2,0,1,0,0,0,0,0,0,0.75,0,\r\n";
  EXPECT_EQ(SummaryCsv(report), kCsvHeader + scope + "by_class,UTO,B-2,," + stays + scope +
                                    "by_port,,,SEA," + stays + scope + "stays,,,," + stays + scope +
                                    "by_lane,,,SEA,SEA-A1" + crossings + scope + "crossings,,,," +
                                    crossings);
}

TEST(SummaryCsvTest, LeavesEmptyWhatIsWithheldAndNamesIt) {
  EXPECT_THAT(SummaryCsv(Withheld()),
              HasSubstr("2024-10-01T12:00:00Z,10,by_class,UTO,B-2,,,46657108,46118560,,482954,,"
                        "55594,0,,0.010351134493805317,,,,,,,,,,,,,,,out_of_country pending\r\n"));
}

TEST(SummaryCsvTest, OfNothingHasTotals) {
  const std::string scope = "2023-10-01,2024-09-30,2024-09-30,2024-10-01T12:00:00Z,,";
  EXPECT_EQ(SummaryCsv(Empty()), kCsvHeader + scope +
                                     "stays,,,,,0,0,0,0,0,0,0,,,,,,,,,,,,,,,,,\r\n" + scope +
                                     "crossings,,,,,,,,,,,,,,0,0,0,0,0,0,0,0,0,0,0,0,,0,\r\n");
}

TEST(SummaryCsvTest, QuotesNamesThatNeedIt) {
  SummaryReport report = Empty();
  AddClass("U,\"T\"", "B-2", {}, report);
  EXPECT_THAT(SummaryCsv(report), HasSubstr(",by_class,\"U,\"\"T\"\"\",B-2,"));
}

// ---------------------------------------------------------------------------------------- JSON

TEST(SummaryJsonTest, IsOneLineOfTheAnswerAndWhatWasAskedFor) {
  const std::string text = SummaryJson(Withheld());
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  EXPECT_EQ(text.find(R"({"from":{"year":2023,"month":10,"day":1},"to":)"), 0U) << text;
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["as_of"]["day"], 30);
  EXPECT_EQ(json["known_at"], "2024-10-01T12:00:00Z");
  EXPECT_EQ(json["least_cell"], 10);
  EXPECT_EQ(json["stays"]["expected_departures"], "46657108");
  const auto& figures = json["by_class"][0]["figures"];
  EXPECT_FALSE(figures.contains("out_of_country"));
  EXPECT_TRUE(figures.contains("in_country_rate"));
}

// ---------------------------------------------------------------------------------------- HTML

TEST(SummaryHtmlTest, TellsTheFiguresTheScopeAndHowToRepeatIt) {
  const std::string page = SummaryHtml(FiscalYear2024());
  EXPECT_EQ(page.find("<!DOCTYPE html>"), 0U);
  for (const char* const part :
       {"<b>46,657,108</b><span>expected departures</span>",
        "<b>538,548</b><span>overstays, 1.15 %</span>",
        "<b>55,594</b><span>of these departed late (out of country)</span>",
        "<b>482,954</b><span>of these suspected in country, 1.04 %</span>",
        "a lead for an officer, never a determination",
        "State of the world at the end of 2024-09-30, by what was known at 2024-10-01T12:00:00Z.",
        "<tr><th scope=\"row\">UTO</th><th scope=\"row\">B-2</th><td class=\"n\">46,657,108</td>",
        "<tfoot><tr><th scope=\"row\" colspan=\"2\">total</th><td class=\"n\">46,657,108</td>",
        "1.15 % (538,548 of 46,657,108)", "@media print",
        "<code>entryexitctl report summary --from 2023-10-01 --to 2024-09-30 --as-of 2024-09-30"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
  EXPECT_THAT(page, HasSubstr(" --known-at 2024-10-01T12:00:00Z --format html</code>"));
}

TEST(SummaryHtmlTest, NeedsNothingBesidesItself) {
  const std::string page = SummaryHtml(FiscalYear2024());
  for (const char* const part : {"<script", "http", "src=", "url(", "@import", "<link"}) {
    EXPECT_THAT(page, Not(HasSubstr(part)));
  }
}

TEST(SummaryHtmlTest, LetsNoNameBecomeMarkup) {
  SummaryReport report = FiscalYear2024();
  report.response.mutable_by_class(0)->set_nationality("<script>");
  report.response.mutable_by_port(0)->set_port_id("\"><b>");
  report.response.mutable_by_lane(0)->set_lane_id("a&b");
  const std::string page = SummaryHtml(report);
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
  EXPECT_THAT(page, Not(HasSubstr("\"><b>\"")));
  EXPECT_THAT(page, HasSubstr("<th scope=\"row\">&lt;script&gt;</th>"));
  EXPECT_THAT(page, HasSubstr("<th scope=\"row\">&quot;&gt;&lt;b&gt;</th>"));
  EXPECT_THAT(page, HasSubstr("<th scope=\"row\">a&amp;b</th>"));
}

TEST(SummaryHtmlTest, ChartsTheLargestNationalitiesThatCanBeToldInFull) {
  SummaryReport report = Empty();
  for (int i = 0; i < 30; ++i) {
    AddClass("N" + std::to_string(100 + i), "B-2", {.expected_departures = 1000 + i}, report);
  }
  AddClass("TWO", "B-1", {.expected_departures = 5000, .suspected_in_country = 30}, report);
  AddClass("TWO", "B-2", {.expected_departures = 5000, .out_of_country = 20}, report);
  AddClass("HID", "B-2", {.expected_departures = 90'000}, report);
  report.response.mutable_by_class(32)->mutable_figures()->clear_out_of_country();
  const std::string page = SummaryHtml(report);
  EXPECT_THAT(page, HasSubstr("0.50 % (50 of 10,000)"));
  EXPECT_THAT(page, HasSubstr("0.00 % (0 of 1,029)"));
  EXPECT_THAT(page, Not(HasSubstr("of 1,010)"))) << "there are twenty bars";
  EXPECT_THAT(page, Not(HasSubstr("of 90,000)")));
}

TEST(SummaryHtmlTest, OfNothingHasNoCharts) {
  const std::string page = SummaryHtml(Empty());
  EXPECT_THAT(page, Not(HasSubstr("<svg")));
  EXPECT_THAT(page, HasSubstr("<tfoot>"));
  EXPECT_THAT(page, Not(HasSubstr("withheld:")));
  EXPECT_THAT(SummaryHtml(Withheld()), HasSubstr("<p>* withheld: rows with a figure from 1 to 9"));
}

}  // namespace
}  // namespace entryexit::ctl
