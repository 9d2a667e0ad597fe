#include <fmt/format.h>
#include <fmt/ostream.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ctl/commands.h"
#include "ctl/import_results.h"
#include "ctl/import_rows.h"
#include "ctl/report_file.h"
#include "entryexit/base/text.h"
#include "entryexit/client/channel.h"
#include "entryexit/core/reason.h"
#include "entryexit/v1/import_service.grpc.pb.h"

namespace entryexit::ctl {
namespace {

constexpr char kImportExamples[] =
    R"(FILE has one crossing a line: CSV with a header that names the columns, or a JSON object a line.
  direction,lane_id,captured_at,issuing_state,document_number,nationality,birth_date,sex,class_of_admission,authorized_until
  ARRIVAL,SEA-A1,2024-05-01T09:30:00-07:00,UTO,X1234567,UTO,1984-02-29,F,B-2,2024-10-31
  DEPARTURE,SEA-D1,2024-06-02T17:05:00-07:00,UTO,X1234567,UTO,1984-02-29,F,,
Further columns: carrier, flight, and image, a path within FILE's folder. See docs/import.md.

What was ended half-way is run again: what is recorded already is recognised.

Examples:
  entryexitctl import crossings archive.csv --dry-run
  entryexitctl import crossings archive.csv --results archive.results.csv)";

constexpr std::chrono::seconds kBetweenImportLines{5};
// So that the next request is there when the service has done one.
constexpr int kRequestsUnderWay = 2;

struct ImportOptions {
  std::filesystem::path file;
  std::string format;
  std::filesystem::path results;
  std::filesystem::path temporary;
  int streams = 2;
  int max_image_mib = 8;
  bool dry_run = false;
};

using ImportStream =
    grpc::ClientReaderWriter<v1::ImportCrossingsRequest, v1::ImportCrossingsResponse>;

// Tells on the error output how far an import is, not too often. Thread-safe.
class ImportProgress {
 public:
  ImportProgress(const Context& context, const char* word) : context_(context), word_(word) {}

  void Tell(std::int64_t rows) EXCLUDES(mutex_) {
    const auto now = std::chrono::steady_clock::now();
    const core::MutexLock lock(mutex_);
    if (now - last_ < kBetweenImportLines) return;
    last_ = now;
    fmt::print(context_.err, "{} rows {}\n", base::Grouped(static_cast<std::uint64_t>(rows)),
               word_);
  }

 private:
  const Context& context_;
  const char* const word_;
  core::Mutex mutex_;
  std::chrono::steady_clock::time_point last_ GUARDED_BY(mutex_) = std::chrono::steady_clock::now();
};

// Sends the rows on several streams at once, until there are none or something fails.
class ImportSender {
 public:
  ImportSender(const Context& context, v1::ImportService::Stub& stub, ImportRows& rows,
               ImportResults& results)
      : stub_(stub), rows_(rows), results_(results), progress_(context, "answered") {}

  // Errors: the first of the service or of this side; what was answered is in the results.
  absl::Status Run(int streams) EXCLUDES(mutex_) {
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < streams; ++i) threads.emplace_back([this] { RunStream(); });
    }
    const core::MutexLock lock(mutex_);
    return failure_;
  }

 private:
  void RunStream() {
    grpc::ClientContext call;
    const std::unique_ptr<ImportStream> stream = stub_.ImportCrossings(&call);
    std::counting_semaphore<> room(kRequestsUnderWay);
    std::atomic<std::int64_t> sent = 0;
    std::atomic<bool> answers_ended = false;
    std::jthread sender([&] {
      v1::ImportCrossingsRequest request;
      for (room.acquire(); !failed_ && !answers_ended; room.acquire()) {
        const absl::StatusOr<bool> there = rows_.Next(request);
        if (!there.ok()) Fail(there.status());
        if (!there.ok() || !*there || !stream->Write(request)) break;
        sent += request.rows_size();
      }
      stream->WritesDone();
    });
    v1::ImportCrossingsResponse response;
    std::int64_t answered = 0;
    while (stream->Read(&response)) {
      answered += response.results_size();
      TakeResults(response);
      room.release();
    }
    answers_ended = true;
    room.release();
    sender.join();
    absl::Status ended = client::ToStatus(stream->Finish(), call);
    if (ended.ok() && answered != sent) {
      ended = absl::UnavailableError("the service ended the stream early");
    }
    if (!ended.ok()) Fail(ended);
  }

  void TakeResults(const v1::ImportCrossingsResponse& response) {
    for (const v1::ImportRowResult& result : response.results()) {
      if (absl::Status status = results_.Add(result); !status.ok()) Fail(status);
    }
    progress_.Tell(results_.counts().all());
  }

  void Fail(const absl::Status& status) EXCLUDES(mutex_) {
    failed_ = true;
    const core::MutexLock lock(mutex_);
    if (failure_.ok()) failure_ = status;
  }

  v1::ImportService::Stub& stub_;
  ImportRows& rows_;
  ImportResults& results_;
  ImportProgress progress_;
  std::atomic<bool> failed_ = false;
  core::Mutex mutex_;
  absl::Status failure_ GUARDED_BY(mutex_);
};

std::string Count(std::int64_t number) { return base::Grouped(static_cast<std::uint64_t>(number)); }

void TellCounts(const Context& context, const ImportCounts& counts, std::int64_t rows,
                double seconds, const std::string& results) {
  const double rate = seconds > 0 ? static_cast<double>(rows) / seconds : 0;
  if (context.json) {
    context.WriteObject({{"rows", rows},
                         {"checked", counts.checked},
                         {"recorded", counts.recorded},
                         {"already_recorded", counts.already_recorded},
                         {"refused", counts.refused},
                         {"seconds", seconds},
                         {"rows_per_second", rate},
                         {"results", results}});
    return;
  }
  std::vector<Field> fields = {{"rows read", {Count(rows)}}};
  if (counts.checked > 0) fields.push_back({"checked", {Count(counts.checked)}});
  if (counts.checked == 0) {
    fields.push_back({"recorded", {Count(counts.recorded)}});
    fields.push_back({"already recorded", {Count(counts.already_recorded)}});
  }
  fields.push_back({"refused", {Count(counts.refused_in_all())}});
  for (const auto& [reason, count] : counts.refused) {
    fields.emplace_back("  " + reason, Cell(Count(count), Colour::kRed));
  }
  fields.push_back({"rows/s", {fmt::format("{:.0f}", rate)}});
  if (!results.empty()) fields.push_back({"results", {results}});
  context.WriteFields(fields);
}

absl::StatusOr<ImportSource> SourceOf(const ImportOptions& options) {
  ImportSource source;
  source.file = options.file;
  source.temporary = options.temporary;
  source.max_image_bytes = static_cast<std::size_t>(options.max_image_mib) << 20;
  if (!options.format.empty()) {
    source.format = options.format == "csv" ? ImportFormat::kCsv : ImportFormat::kJsonLines;
    return source;
  }
  const absl::StatusOr<ImportFormat> format = ImportFormatOf(options.file);
  if (!format.ok()) return format.status();
  source.format = *format;
  return source;
}

absl::Status SendRows(const Context& context, const ImportOptions& options, ImportRows& rows,
                      ImportResults& results) {
  const auto channel = context.Channel();
  if (!channel.ok()) return channel.status();
  v1::ImportService::Stub stub(*channel);
  return ImportSender(context, stub, rows, results).Run(options.streams);
}

ExitCode ImportFile(const Context& context, const ImportOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const auto source = SourceOf(options);
  if (!source.ok()) return context.Fail(source.status());
  std::filesystem::path place = options.results;
  if (place.empty()) {
    place = options.file.string() + (options.dry_run ? ".check.csv" : ".results.csv");
  }
  std::error_code ignored;
  if (std::filesystem::equivalent(place, options.file, ignored)) {
    return context.Fail(core::MakeError(core::Reason::kInvalidField,
                                        "--results names the file that is to be imported"));
  }
  // Before anything is sent: without it nobody would learn what was refused.
  const auto file = ReportFile::Create(place, kForOwner);
  if (!file.ok()) return context.Fail(file.status());

  ImportResults results(options.temporary);
  ImportRows rows(*source, results);
  ImportProgress progress(context, "read");
  absl::Status status =
      rows.ReadAll(options.dry_run, [&](std::int64_t so_far) { progress.Tell(so_far); });
  if (!status.ok()) return context.Fail(status);
  if (!options.dry_run) status = SendRows(context, options, rows, results);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const ImportCounts counts = results.counts();
  if (!status.ok()) {
    const ExitCode code = context.Fail(status);
    fmt::print(context.err, "Of {} rows {} were answered before that.\n", Count(rows.rows()),
               Count(counts.all()));
    if (code == ExitCode::kUnavailable) {
      context.err << "Run the same command again: what is recorded is recognised.\n";
    }
    return code;
  }
  status = results.WriteTo(**file);
  if (status.ok()) status = (*file)->PutInPlace().status();
  if (!status.ok()) return context.Fail(status);
  TellCounts(context, counts, rows.rows(), took.count(), place.string());
  return counts.refused_in_all() > 0 ? ExitCode::kFailed : ExitCode::kOk;
}

}  // namespace

void AddImportCommand(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("import", "Take over what another system kept");
  group->require_subcommand(1);
  auto* command =
      group->add_subcommand("crossings", "Record the crossings of a file, many at once");
  auto options = std::make_shared<ImportOptions>();
  options->temporary = std::filesystem::temp_directory_path();
  command->add_option("file", options->file, "The crossings, one a line; .csv or .jsonl")
      ->required()
      ->type_name("FILE");
  command->add_option("--format", options->format, "What FILE is, whatever its name")
      ->check(CLI::IsMember({"csv", "jsonl"}))
      ->type_name("csv|jsonl");
  command
      ->add_option("--results", options->results,
                   "Where to write what became of each line; default FILE.results.csv")
      ->type_name("FILE");
  command->add_flag("--dry-run", options->dry_run,
                    "Only check the file, as far as that goes without the service");
  command
      ->add_option("--streams", options->streams,
                   "How many requests the service works on at the same time")
      ->check(CLI::Range(1, 8))
      ->type_name("NUMBER")
      ->capture_default_str();
  command
      ->add_option("--max-image-mib", options->max_image_mib,
                   "Refuse larger images here; the service's face.max_image_mib")
      ->check(CLI::Range(1, 60))
      ->type_name("MIB")
      ->capture_default_str();
  command
      ->add_option("--temp", options->temporary,
                   "The folder for temporary files, which may grow as large as FILE")
      ->type_name("DIR")
      ->capture_default_str();
  command->footer(kImportExamples);
  command->callback([&context, options] {
    context.command = [&context, options] { return ImportFile(context, *options); };
  });
}

}  // namespace entryexit::ctl
