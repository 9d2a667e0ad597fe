#include <fmt/format.h>
#include <fmt/ostream.h>

#include <memory>
#include <sstream>

#include "ctl/commands.h"
#include "ctl/nightly_report.h"
#include "ctl/options.h"
#include "ctl/overstay_list.h"
#include "ctl/purposes.h"
#include "ctl/report_file.h"
#include "ctl/report_request.h"
#include "ctl/summary_report.h"
#include "entryexit/client/text.h"
#include "entryexit/core/reason.h"
#include "entryexit/v1/report_service.grpc.pb.h"

namespace entryexit::ctl {
namespace {

constexpr char kOverstaysExamples[] = R"(Examples:
  entryexitctl overstays --as-of 2026-05-01
  entryexitctl overstays --as-of 2026-05-01 --kind suspected-in-country --json > overstays.jsonl
  entryexitctl overstays --as-of 2026-05-01 --known-at 2026-05-02T12:00:00Z --format csv
Days before the 18th birthday do not count for the band, of 180 days and of a year.
Each line is a lead for an officer, not a determination.)";

constexpr char kReportExamples[] = R"(Examples:
  entryexitctl report summary --fiscal-year 2024
  entryexitctl report nightly --out /var/lib/entryexit/reports)";

constexpr char kSummaryExamples[] =
    R"(The period is of last lawful days: which stays were to end in it, and what became of them by --as-of.
The same --as-of and --known-at give the same report, whatever was recorded since. What is recorded
within two minutes of --known-at may still be missing.

--format csv is one file for a script, by RFC 4180: a header, then the rows of all tables, named in the
column 'table' (by_class, by_port, stays, by_lane, crossings). Fields of other tables are empty. Rates
are shares, 0 to 1. Rows withheld for --least-cell have no figures, which the column 'withheld' names.
Each record has the period and both times, so that files of several days can simply be put together.
--format html is one page to read and to print, without any other file. --format json has the fields of
the API as proto3 JSON writes them: counts as text, days as year, month and day.

Examples:
  entryexitctl report summary --from 2026-01-01 --to 2026-03-31
  entryexitctl report summary --fiscal-year 2024 --least-cell 10 --format html --out fy2024.html
  entryexitctl report summary --fiscal-year 2024 --format csv --out fy2024.csv)";

constexpr char kNightlyExamples[] =
    R"(First opens a case for every suspected overstay that has none. Then writes, by what was known when the
day was over at every port (noon UTC of the next):
  overstays-DATE.csv            every overstay as of the day, for its owner's eyes only
  summary-DATE.csv, .json, .html  the figures of the fiscal year up to the day
Made again for the same day, the files are the same and left alone. A kill leaves no half report; run it
again. Ends with exit code 3 when it opened cases, and with 5 when it is to be run again later.

Examples:
  entryexitctl report nightly --out /var/lib/entryexit/reports
  entryexitctl report nightly --date 2026-05-01 --out reports --first-month 1)";

enum class ReportFormat { kTable, kCsv, kJson, kHtml };

ReportFormat FormatNamed(const std::string& name) {
  if (name == "csv") return ReportFormat::kCsv;
  if (name == "json") return ReportFormat::kJson;
  if (name == "html") return ReportFormat::kHtml;
  return ReportFormat::kTable;
}

// What --format and --json ask for together. Errors: INVALID_FIELD when they contradict each other.
absl::StatusOr<ReportFormat> FormatOf(const Context& context, const std::string& name) {
  if (!context.json) return FormatNamed(name);
  if (name.empty() || name == "json") return ReportFormat::kJson;
  return core::MakeError(core::Reason::kInvalidField,
                         fmt::format("--json and --format {} contradict each other", name));
}

CLI::Option* AddFormatOption(CLI::App& app, std::string& target,
                             const std::vector<std::string>& names) {
  return app
      .add_option("--format", target,
                  fmt::format("{}; default {}", fmt::join(names, ", "), names.front()))
      ->check(CLI::IsMember(names))
      ->type_name("NAME");
}

CLI::Option* AddLeastCellOption(CLI::App& app, int& target) {
  return app
      .add_option("--least-cell", target,
                  "For publication: withhold figures from 1 to below this, and those that would "
                  "give them away; default none")
      ->check(CLI::Range(2, 1000))
      ->type_name("N");
}

CLI::Option* AddKnownAtOption(CLI::App& app, std::optional<google::protobuf::Timestamp>& target) {
  return AddTimeOption(app, "--known-at", target, "By what was known at this time; default now");
}

ExitCode ListOverstays(const Context& context, const v1::ListOverstaysRequest& request,
                       const std::string& format_name) {
  const auto format = FormatOf(context, format_name);
  if (!format.ok()) return context.Fail(format.status());
  const auto channel = context.Channel();
  if (!channel.ok()) return context.Fail(channel.status());
  v1::ReportService::Stub stub(*channel);
  Table table = OverstayTable(context);
  if (*format == ReportFormat::kCsv) context.out << OverstayCsvHeader();
  std::size_t count = 0;
  const absl::Status status = ReadOverstays(stub, request, context.CallPurpose(),
                                            [&](const v1::ListOverstaysResponse& overstay) {
                                              ++count;
                                              if (*format == ReportFormat::kJson) {
                                                context.WriteJson(overstay);
                                              } else if (*format == ReportFormat::kCsv) {
                                                context.out << OverstayCsvRecord(request, overstay);
                                              } else {
                                                table.Add(OverstayRow(overstay));
                                                table.Flush();
                                              }
                                              return static_cast<bool>(context.out);
                                            });
  if (!context.out) return ExitCode::kFailed;
  if (!status.ok()) return context.Fail(status);
  fmt::print(context.err, "{} {} as of {}\n", count, count == 1 ? "overstay" : "overstays",
             client::FormatDate(request.as_of()));
  return ExitCode::kOk;
}

void WriteSummary(const SummaryReport& report, ReportFormat format, bool colours,
                  std::ostream& out) {
  switch (format) {
    case ReportFormat::kTable:
      WriteSummaryTables(report, colours, out);
      break;
    case ReportFormat::kCsv:
      out << SummaryCsv(report);
      break;
    case ReportFormat::kJson:
      out << SummaryJson(report);
      break;
    case ReportFormat::kHtml:
      out << SummaryHtml(report);
      break;
  }
}

ExitCode SaveSummary(const Context& context, const SummaryReport& report, ReportFormat format,
                     const std::string& file) {
  std::ostringstream text;
  WriteSummary(report, format, /*colours=*/false, text);
  const auto state = WriteReportFile(file, text.str(), kForEverybody);
  if (!state.ok()) return context.Fail(state.status());
  fmt::print(context.err, "{}: {}\n", file, WordFor(*state));
  return ExitCode::kOk;
}

struct SummaryCommand {
  SummaryOptions options;
  std::string format;
  std::string file;  // empty: the output
};

ExitCode ShowSummary(const Context& context, const SummaryCommand& command) {
  const auto format = FormatOf(context, command.format);
  if (!format.ok()) return context.Fail(format.status());
  const auto request = MakeSummaryRequest(command.options);
  if (!request.ok()) return context.Fail(request.status());
  const auto channel = context.Channel();
  if (!channel.ok()) return context.Fail(channel.status());
  v1::ReportService::Stub stub(*channel);
  auto summary =
      client::Call(stub, &v1::ReportService::Stub::GetSummary, *request, context.long_timeout());
  if (!summary.ok()) return context.Fail(summary.status());
  const SummaryReport report{*request, *std::move(summary)};
  if (!command.file.empty()) return SaveSummary(context, report, *format, command.file);
  WriteSummary(report, *format, context.colours, context.out);
  return ExitCode::kOk;
}

void AddOverstays(CLI::App& app, Context& context) {
  struct Options {
    std::optional<v1::Date> as_of;
    v1::OverstayKind kind = v1::OVERSTAY_KIND_UNSPECIFIED;
    std::optional<google::protobuf::Timestamp> known_at;
    std::string format;
  };
  auto* command = app.add_subcommand("overstays", "List the stays that are overstays on a day");
  auto options = std::make_shared<Options>();
  AddDateOption(*command, "--as-of", options->as_of, "The day to look from")->required();
  AddEnumOption(*command, "--kind", options->kind, "Only overstays of this kind");
  AddKnownAtOption(*command, options->known_at);
  AddFormatOption(*command, options->format, {"table", "csv", "json"});
  command->footer(kOverstaysExamples);
  command->callback([&context, options] {
    context.command = [&context, options] {
      v1::ListOverstaysRequest request;
      *request.mutable_as_of() = *options->as_of;
      request.set_kind(options->kind);
      if (options->known_at) *request.mutable_known_at() = *options->known_at;
      return ListOverstays(context, request, options->format);
    };
    context.default_purpose = kReporting;
  });
}

void AddSummary(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "summary", "How many were to depart in a period, did, and did not; by class, port and lane");
  auto wanted = std::make_shared<SummaryCommand>();
  SummaryOptions& options = wanted->options;
  auto* from = AddDateOption(*command, "--from", options.from, "First day of the period");
  auto* to = AddDateOption(*command, "--to", options.to, "Last day of the period");
  from->needs(to);
  to->needs(from);
  command
      ->add_option("--fiscal-year", options.fiscal_year,
                   "Or: this fiscal year of the United States, 1 October to 30 September")
      ->check(CLI::Range(2, 9999))
      ->excludes(from)
      ->excludes(to)
      ->type_name("YEAR");
  AddDateOption(*command, "--as-of", options.as_of,
                "The day to look from; default the last that is over at every port, or --to");
  AddKnownAtOption(*command, options.known_at);
  AddLeastCellOption(*command, options.least_cell);
  AddFormatOption(*command, wanted->format, {"table", "csv", "json", "html"});
  command->add_option("--out", wanted->file, "Write there, not to the output")->type_name("FILE");
  command->footer(kSummaryExamples);
  command->callback([&context, wanted] {
    context.command = [&context, wanted] { return ShowSummary(context, *wanted); };
  });
}

void AddNightly(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "nightly", "Have overstays reviewed, and write the reports of a day that is over");
  auto options = std::make_shared<NightlyOptions>();
  AddDateOption(*command, "--date", options->date,
                "The day; default the last that is over at every port");
  command->add_option("--out", options->directory, "The folder to write into")
      ->required()
      ->type_name("DIR");
  AddLeastCellOption(*command, options->least_cell);
  command
      ->add_option("--first-month", options->first_month,
                   "The month that the year of the summary begins with; 10 is the fiscal year of "
                   "the United States")
      ->check(CLI::Range(1, 12))
      ->type_name("MONTH")
      ->capture_default_str();
  command->footer(kNightlyExamples);
  command->callback([&context, options] {
    context.command = [&context, options] {
      return MakeNightlyReport(context, *options, core::SystemClock().Now());
    };
  });
}

}  // namespace

void AddReportCommands(CLI::App& app, Context& context) {
  AddOverstays(app, context);
  auto* report = app.add_subcommand("report", "Figures for statistics, and the nightly job");
  report->require_subcommand(1);
  report->callback([&context] { context.default_purpose = kReporting; });
  report->footer(kReportExamples);
  AddSummary(*report, context);
  AddNightly(*report, context);
}

}  // namespace entryexit::ctl
