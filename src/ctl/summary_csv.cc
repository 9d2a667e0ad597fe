#include <fmt/format.h>

#include "ctl/csv.h"
#include "ctl/summary_report.h"
#include "entryexit/client/text.h"

namespace entryexit::ctl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// What a row is about.
struct RowKey {
  std::string table;
  std::string nationality = {};
  std::string class_of_admission = {};
  std::string port_id = {};
  std::string lane_id = {};
};

std::string FigureField(const Message& figures, const FieldDescriptor& field) {
  const auto& reflection = *figures.GetReflection();
  if (!reflection.HasField(figures, &field)) return {};
  if (field.type() == FieldDescriptor::TYPE_INT64) {
    return std::to_string(reflection.GetInt64(figures, &field));
  }
  return fmt::format("{}", reflection.GetDouble(figures, &field));  // as exact as it came
}

// The fields of all figures of one kind; empty ones when `figures` is of the other kind.
void AddFigures(const Descriptor& kind, const Message& figures, std::vector<std::string>& record,
                std::string& withheld) {
  const bool present = figures.GetDescriptor() == &kind;
  for (int i = 0; i < kind.field_count(); ++i) {
    const FieldDescriptor& field = *kind.field(i);
    record.push_back(present ? FigureField(figures, field) : "");
    const bool is_count = field.type() == FieldDescriptor::TYPE_INT64;
    if (!present || !is_count || !record.back().empty()) continue;
    withheld += (withheld.empty() ? "" : " ") + field.name();
  }
}

class CsvWriter {
 public:
  explicit CsvWriter(const SummaryReport& report)
      : scope_(
            {client::FormatDate(report.request.from()), client::FormatDate(report.request.to()),
             client::FormatDate(report.response.as_of()),
             client::FormatTimestamp(report.response.known_at()),
             report.request.least_cell() == 0 ? "" : std::to_string(report.request.least_cell())}) {
    std::vector<std::string> header = {"from",       "to",     "as_of",       "known_at",
                                       "least_cell", "table",  "nationality", "class_of_admission",
                                       "port_id",    "lane_id"};
    for (const Descriptor* kind :
         {v1::StayFigures::descriptor(), v1::CrossingFigures::descriptor()}) {
      for (int i = 0; i < kind->field_count(); ++i) header.push_back(kind->field(i)->name());
    }
    header.emplace_back("withheld");
    text_ = CsvRecord(header);
  }

  void Add(const RowKey& key, const Message& figures) {
    std::vector<std::string> record = scope_;
    record.insert(record.end(),
                  {key.table, key.nationality, key.class_of_admission, key.port_id, key.lane_id});
    std::string withheld;
    AddFigures(*v1::StayFigures::descriptor(), figures, record, withheld);
    AddFigures(*v1::CrossingFigures::descriptor(), figures, record, withheld);
    record.push_back(withheld);
    text_ += CsvRecord(record);
  }

  const std::string& text() const { return text_; }

 private:
  const std::vector<std::string> scope_;  // of every record, so that reports can be put together
  std::string text_;
};

}  // namespace

std::string SummaryCsv(const SummaryReport& report) {
  CsvWriter csv(report);
  for (const auto& row : report.response.by_class()) {
    csv.Add({.table = "by_class",
             .nationality = row.nationality(),
             .class_of_admission = row.class_of_admission()},
            row.figures());
  }
  for (const auto& row : report.response.by_port()) {
    csv.Add({.table = "by_port", .port_id = row.port_id()}, row.figures());
  }
  csv.Add({.table = "stays"}, report.response.stays());
  for (const auto& row : report.response.by_lane()) {
    csv.Add({.table = "by_lane", .port_id = row.port_id(), .lane_id = row.lane_id()},
            row.figures());
  }
  csv.Add({.table = "crossings"}, report.response.crossings());
  return csv.text();
}

}  // namespace entryexit::ctl
