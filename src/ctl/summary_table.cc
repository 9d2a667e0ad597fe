#include <fmt/format.h>
#include <fmt/ostream.h>

#include "ctl/summary_report.h"
#include "ctl/table.h"
#include "entryexit/client/text.h"

namespace entryexit::ctl {
namespace {

// A table of figures with its total below.
class FigureTable {
 public:
  FigureTable(std::ostream& out, bool colours, const std::vector<std::string>& keys,
              std::vector<FigureColumn> columns)
      : columns_(std::move(columns)),
        keys_(keys.size()),
        table_(out, colours, TableColumns(keys, columns_)) {}

  void Add(const std::vector<std::string>& keys, const google::protobuf::Message& figures) {
    std::vector<Cell> row(keys.begin(), keys.end());
    for (const FigureColumn& column : columns_)
      row.emplace_back(FigureText(figures, column.figure));
    table_.Add(std::move(row));
  }

  void EndWith(const google::protobuf::Message& total) {
    std::vector<std::string> keys(keys_);
    keys.front() = "TOTAL";
    Add(keys, total);
    table_.Flush();
  }

 private:
  static std::vector<Table::Column> TableColumns(const std::vector<std::string>& keys,
                                                 const std::vector<FigureColumn>& columns) {
    std::vector<Table::Column> all;
    for (const std::string& key : keys) all.push_back({key});
    for (const FigureColumn& column : columns) {
      all.push_back({column.brief, 0, Align::kRight});
    }
    return all;
  }

  const std::vector<FigureColumn> columns_;
  const std::size_t keys_;
  Table table_;
};

}  // namespace

void WriteSummaryTables(const SummaryReport& report, bool colours, std::ostream& out) {
  const v1::GetSummaryResponse& summary = report.response;
  fmt::print(out, "Summary of {} to {}, as of {}, by what was known at {}\n",
             client::FormatDate(report.request.from()), client::FormatDate(report.request.to()),
             client::FormatDate(summary.as_of()), client::FormatTimestamp(summary.known_at()));

  out << "\nStays by nationality and class of admission\n";
  FigureTable by_class(out, colours, {"NATIONALITY", "CLASS"}, StayColumns());
  for (const auto& row : summary.by_class()) {
    by_class.Add({row.nationality(), row.class_of_admission()}, row.figures());
  }
  by_class.EndWith(summary.stays());

  out << "\nStays by port of arrival\n";
  FigureTable by_port(out, colours, {"PORT"}, StayColumns());
  for (const auto& row : summary.by_port()) by_port.Add({row.port_id()}, row.figures());
  by_port.EndWith(summary.stays());

  out << "\nCrossings by lane\n";
  FigureTable by_lane(out, colours, {"PORT", "LANE"}, CrossingColumns());
  for (const auto& row : summary.by_lane()) {
    by_lane.Add({row.port_id(), row.lane_id()}, row.figures());
  }
  by_lane.EndWith(summary.crossings());

  const std::string note = WithheldNote(report);
  if (!note.empty()) fmt::print(out, "\n{}\n", note);
  fmt::print(out, "\n{}\n", kLeadNeverDetermination);
}

}  // namespace entryexit::ctl
