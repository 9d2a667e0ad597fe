#ifndef ENTRYEXIT_SRC_CTL_SUMMARY_REPORT_H_
#define ENTRYEXIT_SRC_CTL_SUMMARY_REPORT_H_

#include <google/protobuf/message.h>

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "entryexit/v1/report_service.pb.h"

// The summary report in its formats. All are made of the request and the answer alone, so that the
// same report has the same bytes. All functions are thread-safe.
namespace entryexit::ctl {

struct SummaryReport {
  v1::GetSummaryRequest request;
  v1::GetSummaryResponse response;
};

// For people, on the terminal.
void WriteSummaryTables(const SummaryReport& report, bool colours, std::ostream& out);

// For statistics: RFC 4180 with one header. A record is a row of one of the answer's tables, which
// the column `table` names; what does not belong to that table is empty. Figures that were withheld
// are empty too, and named in the last column.
std::string SummaryCsv(const SummaryReport& report);

// For programs: one line, the fields of the answer and of what was asked for.
std::string SummaryJson(const SummaryReport& report);

// To read and to print: one page of HTML that needs no other file.
std::string SummaryHtml(const SummaryReport& report);

// The sentence that goes with every report.
inline constexpr char kLeadNeverDetermination[] =
    "What the service says is a lead for an officer, never a determination.";

// A column of a table for people.
struct FigureColumn {
  const char* heading;  // "suspected in country"
  const char* brief;    // "IN COUNTRY", where there is little room
  const char* figure;   // as FigureText takes it
};
std::vector<FigureColumn> StayColumns();
std::vector<FigureColumn> CrossingColumns();

// A figure of a v1::StayFigures or v1::CrossingFigures by the name of its field, or "overstays" for
// both kinds together: "1,234", "1.15 %"; "*" when it was withheld, "-" for a rate of nothing.
std::string FigureText(const google::protobuf::Message& figures, const std::string& name);

// A count by the name of its field or "overstays"; none when it was withheld.
std::optional<std::int64_t> CountOf(const google::protobuf::Message& figures,
                                    const std::string& name);

// 0.0115 becomes "1.15 %".
std::string Percent(double rate);

// What "*" means, when anything may have been withheld; otherwise empty.
std::string WithheldNote(const SummaryReport& report);

// The command that gives this report again.
std::string CommandFor(const SummaryReport& report);

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_SUMMARY_REPORT_H_
