#include "ctl/nightly_report.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

#include "ctl/overstay_list.h"
#include "ctl/report_file.h"
#include "ctl/report_request.h"
#include "ctl/summary_report.h"
#include "entryexit/client/text.h"
#include "entryexit/core/reason.h"
#include "entryexit/v1/report_service.grpc.pb.h"

namespace entryexit::ctl {
namespace {

using Reporter = v1::ReportService::Stub;

constexpr std::chrono::seconds kBetweenProgress{5};

struct NightlyFile {
  std::string path;
  FileState state;
};

struct NightlyResult {
  v1::ReviewOverstaysResponse review;
  std::size_t overstays = 0;
  std::vector<NightlyFile> files;

  bool changed() const {
    return review.opened() > 0 || review.changed() > 0 ||
           std::ranges::any_of(
               files, [](const NightlyFile& file) { return file.state != FileState::kUnchanged; });
  }
};

// Before the service is asked for anything.
absl::Status CheckDirectory(const std::filesystem::path& directory) {
  std::error_code error;
  const bool is_directory = std::filesystem::is_directory(directory, error);
  if (is_directory && access(directory.c_str(), W_OK | X_OK) == 0) return absl::OkStatus();
  const std::string why =
      is_directory ? std::generic_category().message(errno) : "there is no such folder";
  return core::MakeError(core::Reason::kConfigInvalid,
                         fmt::format("cannot write into {}: {}", directory.string(), why));
}

class NightlyReport {
 public:
  NightlyReport(const Context& context, const NightlyOptions& options, core::Date day,
                Reporter& stub)
      : context_(context),
        options_(options),
        day_(client::FormatDate(DateOf(day))),
        request_(MakeNightlyRequest(day, options.first_month, options.least_cell)),
        stub_(stub) {}

  absl::Status Run() {
    const absl::Status reviewed = Review();
    // What is asked of the past does not depend on the review.
    absl::Status written = WriteOverstays();
    if (written.ok()) written = WriteSummaries();
    return reviewed.ok() ? written : reviewed;
  }

  ExitCode Conclude() const {
    if (context_.json) {
      WriteResult();
    } else {
      WriteBlock();
    }
    if (result_.review.failed() > 0) return ExitCode::kFailed;
    return result_.review.opened() > 0 ? ExitCode::kNeedsHuman : ExitCode::kOk;
  }

 private:
  absl::Status Review() {
    grpc::ClientContext call;
    const auto stream = stub_.ReviewOverstays(&call, v1::ReviewOverstaysRequest());
    auto next_line = std::chrono::steady_clock::now();
    while (stream->Read(&result_.review)) {
      const auto now = std::chrono::steady_clock::now();
      if (now < next_line && !result_.review.done()) continue;
      next_line = now + kBetweenProgress;
      fmt::print(context_.err, "Reviewed {} travelers: {} cases opened, {} changed{}\n",
                 result_.review.travelers(), result_.review.opened(), result_.review.changed(),
                 result_.review.done() ? "" : " so far");
    }
    const absl::Status status = client::ToStatus(stream->Finish(), call);
    if (!status.ok() || result_.review.done()) return status;
    return absl::UnavailableError("the service ended the review early");
  }

  std::filesystem::path FileNamed(const std::string& name, const char* extension) const {
    return options_.directory / fmt::format("{}-{}.{}", name, day_, extension);
  }

  absl::Status Note(const std::filesystem::path& file, const absl::StatusOr<FileState>& state) {
    if (state.ok()) result_.files.push_back({file.string(), *state});
    return state.status();
  }

  absl::Status WriteOverstays() {
    const auto path = FileNamed("overstays", "csv");
    const auto file = ReportFile::Create(path, kForOwner);  // it tells of people one by one
    if (!file.ok()) return file.status();
    (*file)->Write(OverstayCsvHeader());
    const absl::Status read =
        ReadOverstays(stub_, request_.overstays, context_.CallPurpose(),
                      [&](const v1::ListOverstaysResponse& overstay) {
                        ++result_.overstays;
                        (*file)->Write(OverstayCsvRecord(request_.overstays, overstay));
                        return true;
                      });
    if (!read.ok()) return read;
    return Note(path, (*file)->PutInPlace());
  }

  absl::Status WriteSummaries() {
    auto summary =
        client::Call(stub_, &Reporter::GetSummary, request_.summary, context_.long_timeout());
    if (!summary.ok()) return summary.status();
    const SummaryReport report{request_.summary, *std::move(summary)};
    absl::Status status = WriteSummary("csv", SummaryCsv(report));
    if (status.ok()) status = WriteSummary("json", SummaryJson(report));
    if (status.ok()) status = WriteSummary("html", SummaryHtml(report));
    return status;
  }

  absl::Status WriteSummary(const char* extension, const std::string& text) {
    const auto path = FileNamed("summary", extension);
    return Note(path, WriteReportFile(path, text, kForEverybody));
  }

  std::string known_at() const { return client::FormatTimestamp(request_.summary.known_at()); }

  void WriteBlock() const {
    fmt::print(context_.out, "Nightly report of {}, by what was known at {}\n", day_, known_at());
    std::vector<Field> fields = {
        {"reviewed", fmt::format("{} travelers", result_.review.travelers())},
        {"cases",
         {fmt::format("{} opened, {} changed", result_.review.opened(), result_.review.changed()),
          result_.review.opened() > 0 ? Colour::kYellow : Colour::kNone}},
        {"overstays", std::to_string(result_.overstays)}};
    if (result_.review.failed() > 0) {
      fields.push_back(
          {"failed",
           {fmt::format("{} travelers; the service's log names them", result_.review.failed()),
            Colour::kRed}});
    }
    for (const NightlyFile& file : result_.files) {
      fields.emplace_back(WordFor(file.state), file.state == FileState::kReplaced
                                                   ? file.path + " (what was there was different)"
                                                   : file.path);
    }
    context_.WriteFields(fields);
    if (!result_.changed()) context_.out << "Nothing changed.\n";
    if (result_.review.opened() > 0) {
      context_.out << "For an officer to decide; a lead is not a determination\n"
                      "  entryexitctl cases list --state open --kind suspected-overstay\n";
    }
  }

  void WriteResult() const {
    nlohmann::ordered_json object = {{"date", day_},
                                     {"known_at", known_at()},
                                     {"travelers", result_.review.travelers()},
                                     {"opened", result_.review.opened()},
                                     {"changed", result_.review.changed()},
                                     {"failed", result_.review.failed()},
                                     {"overstays", result_.overstays},
                                     {"nothing_changed", !result_.changed()}};
    for (const NightlyFile& file : result_.files) {
      object["files"].push_back({{"file", file.path}, {"state", WordFor(file.state)}});
    }
    context_.WriteObject(object);
  }

  const Context& context_;
  const NightlyOptions& options_;
  const std::string day_;
  const NightlyRequest request_;
  Reporter& stub_;
  NightlyResult result_;
};

}  // namespace

ExitCode MakeNightlyReport(const Context& context, const NightlyOptions& options,
                           core::Timestamp now) {
  const core::Date day = options.date ? DayOf(*options.date) : core::LastDayOver(now);
  absl::Status usable = CheckIsOver(day, now);
  if (usable.ok()) usable = CheckDirectory(options.directory);
  if (!usable.ok()) return context.Fail(usable);
  if (!IsSettled(day, now)) {
    fmt::print(
        context.err,
        "entryexitctl: {} was over only now, and what was recorded last may not be seen yet: "
        "try again in {} minutes\n",
        client::FormatDate(DateOf(day)), kSettlingTime.count());
    return ExitCode::kUnavailable;
  }
  const auto channel = context.Channel();
  if (!channel.ok()) return context.Fail(channel.status());
  Reporter stub(*channel);
  NightlyReport report(context, options, day, stub);
  const absl::Status done = report.Run();
  if (done.ok()) return report.Conclude();
  const ExitCode code = context.Fail(done);
  if (code == ExitCode::kUnavailable) context.err << "Run it again: what is done stays done.\n";
  return code;
}

}  // namespace entryexit::ctl
