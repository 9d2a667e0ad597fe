#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "ctl/bar_chart.h"
#include "ctl/summary_report.h"
#include "entryexit/base/html.h"
#include "entryexit/base/text.h"
#include "entryexit/client/text.h"

namespace entryexit::ctl {
namespace {

using base::Element;
using base::Escaped;

constexpr std::size_t kMostBars = 20;

constexpr char kSummaryStyle[] = R"css(
main, header, footer { max-width: 1320px; }
.scroll { margin-bottom: 24px; }
thead th { white-space: normal; vertical-align: bottom; }
tfoot > * > * { font-weight: 600; border-top: 2px solid var(--line); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 16px; }
figcaption { color: var(--soft); padding: 4px 0 8px; font-size: .925rem; }
code { display: block; overflow-wrap: anywhere; }
footer p { max-width: none; }
@media print {
  @page { size: landscape; margin: 12mm; }
  main, header, footer { max-width: none; }
  header { padding-top: 0; } h1 { font-size: 16pt; } h2 { font-size: 13pt; margin-top: 18pt; }
  body { font-size: 9pt; } table { font-size: 7.5pt; } .tile b { font-size: 13pt; }
  .bars { max-width: 100mm; } td, tbody th { white-space: nowrap; } th, td { padding: 3px 4px; }
  tfoot { display: table-row-group; }  /* once, at the end, not below a part of the rows */
  .charts { grid-template-columns: 1fr 1fr; }
}
)css";

// What a nationality's classes of admission add up to.
struct NationalityFigures {
  std::int64_t expected_departures = 0;
  std::int64_t overstays = 0;
  bool withheld = false;
};

std::vector<std::pair<std::string, NationalityFigures>> LargestNationalities(
    const v1::GetSummaryResponse& summary) {
  std::map<std::string, NationalityFigures> sums;
  for (const auto& row : summary.by_class()) {
    NationalityFigures& sum = sums[row.nationality()];
    const auto expected = CountOf(row.figures(), "expected_departures");
    const auto overstays = CountOf(row.figures(), "overstays");
    sum.expected_departures += expected.value_or(0);
    sum.overstays += overstays.value_or(0);
    sum.withheld = sum.withheld || !expected || !overstays;
  }
  std::erase_if(sums, [](const auto& entry) {
    return entry.second.withheld || entry.second.expected_departures == 0;
  });
  std::vector<std::pair<std::string, NationalityFigures>> largest(sums.begin(), sums.end());
  std::ranges::stable_sort(largest, std::ranges::greater(),
                           [](const auto& entry) { return entry.second.expected_departures; });
  largest.resize(std::min(largest.size(), kMostBars));
  return largest;
}

std::string Counted(std::int64_t count) { return base::Grouped(static_cast<std::uint64_t>(count)); }

std::vector<Bar> OverstayRateBars(const v1::GetSummaryResponse& summary) {
  std::vector<Bar> bars;
  for (const auto& [nationality, sum] : LargestNationalities(summary)) {
    const double rate =
        static_cast<double>(sum.overstays) / static_cast<double>(sum.expected_departures);
    bars.push_back({nationality, rate,
                    fmt::format("{} ({} of {})", Percent(rate), Counted(sum.overstays),
                                Counted(sum.expected_departures))});
  }
  return bars;
}

// A figure of the ports with the most expected departures, in that order.
std::vector<Bar> PortBars(const v1::GetSummaryResponse& summary, const std::string& figure) {
  std::vector<const v1::PortFigures*> ports;
  for (const auto& row : summary.by_port()) {
    if (CountOf(row.figures(), "expected_departures")) ports.push_back(&row);
  }
  std::ranges::stable_sort(ports, std::ranges::greater(), [](const v1::PortFigures* row) {
    return row->figures().expected_departures();
  });
  ports.resize(std::min(ports.size(), kMostBars));
  std::vector<Bar> bars;
  for (const v1::PortFigures* row : ports) {
    bars.push_back({row->port_id(),
                    static_cast<double>(CountOf(row->figures(), figure).value_or(0)),
                    FigureText(row->figures(), figure)});
  }
  return bars;
}

std::string Chart(const std::vector<Bar>& bars, const std::string& caption) {
  return "<figure>" + Element("figcaption", caption) +
         BarChart(bars, caption + ". The tables have the figures.") + "</figure>\n";
}

std::string Tile(const std::string& figure, const std::string& label) {
  return "<div class=\"tile\">" + Element("b", figure) + Element("span", label) + "</div>\n";
}

std::string SummaryTiles(const v1::GetSummaryResponse& summary) {
  const v1::StayFigures& stays = summary.stays();
  return "<div class=\"tiles\">\n" +
         Tile(FigureText(stays, "expected_departures"), "expected departures") +
         Tile(FigureText(stays, "overstays"),
              fmt::format("overstays, {}", FigureText(stays, "overstay_rate"))) +
         Tile(FigureText(stays, "out_of_country"), "of these departed late (out of country)") +
         Tile(FigureText(stays, "suspected_in_country"),
              fmt::format("of these suspected in country, {}",
                          FigureText(stays, "in_country_rate"))) +
         Tile(FigureText(summary.crossings(), "capture_rate"), "of crossings gave a template") +
         "</div>\n";
}

// A table of figures with its total below.
class HtmlTable {
 public:
  HtmlTable(const std::string& caption, const std::vector<std::string>& keys,
            std::vector<FigureColumn> columns)
      : keys_(keys.size()), columns_(std::move(columns)) {
    html_ = "<div class=\"scroll\"><table>" + Element("caption", caption) + "\n<thead><tr>";
    for (const std::string& key : keys) html_ += Head(key, "");
    for (const FigureColumn& column : columns_) html_ += Head(column.heading, " class=\"n\"");
    html_ += "</tr></thead>\n<tbody>\n";
  }

  void Add(const std::vector<std::string>& keys, const google::protobuf::Message& figures) {
    html_ += "<tr>";
    for (const std::string& key : keys) html_ += "<th scope=\"row\">" + Escaped(key) + "</th>";
    AddFigures(figures);
  }

  std::string EndWith(const google::protobuf::Message& total) {
    html_ += fmt::format("</tbody>\n<tfoot><tr><th scope=\"row\" colspan=\"{}\">total</th>", keys_);
    AddFigures(total);
    return html_ + "</tfoot></table></div>\n";
  }

 private:
  static std::string Head(const std::string& text, const char* attributes) {
    return fmt::format("<th scope=\"col\"{}>{}</th>", attributes, Escaped(text));
  }

  void AddFigures(const google::protobuf::Message& figures) {
    for (const FigureColumn& column : columns_) {
      html_ += Element("td", FigureText(figures, column.figure), "n");
    }
    html_ += "</tr>\n";
  }

  const std::size_t keys_;
  const std::vector<FigureColumn> columns_;
  std::string html_;
};

std::string PageHeader(const SummaryReport& report) {
  const v1::GetSummaryResponse& summary = report.response;
  return fmt::format(
      "<header>\n<h1>Departures and overstays, {0} to {1}</h1>\n"
      "<p class=\"sub\">Stays whose last lawful day lies from {0} to {1}, and crossings of these "
      "days. State of the world at the end of {2}, by what was known at {3}.</p>\n"
      "<p class=\"notice\" role=\"note\"><strong>Each figure counts a lead for an officer, never a "
      "determination.</strong> A stay is a suspected overstay when its last lawful day is over and "
      "no departure was recorded; the traveler may have left without being seen.</p>\n</header>\n",
      client::FormatDate(report.request.from()), client::FormatDate(report.request.to()),
      client::FormatDate(summary.as_of()), client::FormatTimestamp(summary.known_at()));
}

std::string Charts(const v1::GetSummaryResponse& summary) {
  std::string html;
  const std::vector<Bar> rates = OverstayRateBars(summary);
  if (!rates.empty()) {
    html += Element("h2", "Overstay rate by nationality") + "\n" +
            Chart(rates,
                  "Overstays over expected departures, of the nationalities with the most expected "
                  "departures and no figure withheld");
  }
  const std::vector<Bar> departed = PortBars(summary, "departed");
  if (departed.empty()) return html;
  return html + Element("h2", "Departures and overstays by port of arrival") +
         "\n<div class=\"charts\">\n" +
         Chart(departed, "Departed, of the ports with the most expected departures") +
         Chart(PortBars(summary, "overstays"), "Overstays, of the same ports") + "</div>\n";
}

std::string StaySection(const v1::GetSummaryResponse& summary) {
  HtmlTable by_class("By nationality and class of admission on arrival", {"nationality", "class"},
                     StayColumns());
  for (const auto& row : summary.by_class()) {
    by_class.Add({row.nationality(), row.class_of_admission()}, row.figures());
  }
  HtmlTable by_port("By port of arrival", {"port"}, StayColumns());
  for (const auto& row : summary.by_port()) by_port.Add({row.port_id()}, row.figures());

  return Element("h2", "Stays") + "\n" + by_port.EndWith(summary.stays()) +
         by_class.EndWith(summary.stays());
}

std::string CrossingSection(const v1::GetSummaryResponse& summary) {
  HtmlTable by_lane("By port and lane; departures by what the comparison with prior arrivals said",
                    {"port", "lane"}, CrossingColumns());
  for (const auto& row : summary.by_lane()) {
    by_lane.Add({row.port_id(), row.lane_id()}, row.figures());
  }
  return Element("h2", "Crossings") + "\n" + by_lane.EndWith(summary.crossings());
}

std::string PageFooter(const SummaryReport& report) {
  std::string footer = "<footer>\n";
  const std::string note = WithheldNote(report);
  if (!note.empty()) footer += Element("p", note) + "\n";
  footer += "<p>To repeat this report, whatever was recorded since: " +
            Element("code", CommandFor(report) + " --format html") + "</p>\n";
  return footer + Element("p", kLeadNeverDetermination) + "\n</footer>\n";
}

}  // namespace

std::string SummaryHtml(const SummaryReport& report) {
  const std::string title =
      fmt::format("Departures and overstays, {} to {}", client::FormatDate(report.request.from()),
                  client::FormatDate(report.request.to()));
  const std::string style = std::string(base::kPageStyle) + kBarChartStyle + kSummaryStyle;
  return base::Page(title, style,
                    PageHeader(report) + "<main>\n" + SummaryTiles(report.response) +
                        Charts(report.response) + StaySection(report.response) +
                        CrossingSection(report.response) + "</main>\n" + PageFooter(report));
}

}  // namespace entryexit::ctl
