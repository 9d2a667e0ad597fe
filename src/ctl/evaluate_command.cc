#include <fmt/format.h>
#include <fmt/ostream.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <thread>

#include "ctl/commands.h"
#include "ctl/model_paths.h"
#include "entryexit/base/files.h"
#include "entryexit/core/reason.h"
#include "entryexit/evaluation/evaluate.h"
#include "entryexit/evaluation/report.h"
#include "entryexit/face/engine.h"
#include "entryexit/face/model_manifest.h"

namespace entryexit::ctl {
namespace {

using core::MakeError;
using core::Reason;

constexpr char kEvaluateExamples[] =
    R"(PAIRS has 'same|different<TAB>image<TAB>image' on each line, paths relative to --images.
GROUPS is a CSV file with the columns identity and group; people are then compared within their
group only, which is what an impostor with a borrowed document does.

Examples:
  entryexitctl evaluate --pairs pairs.tsv --images lfw --json-file lfw.json --det lfw.svg
  entryexitctl evaluate --identities tests/data/faces --exclude bad
  entryexitctl evaluate --identities people --groups groups.csv --write-calibration)";

struct EvaluateOptions {
  std::string pairs;
  std::string images;
  std::string identities;
  std::vector<std::string> exclude;
  std::string groups;
  std::size_t non_mated = evaluation::IdentityOptions().non_mated_pairs;
  std::uint64_t seed = evaluation::IdentityOptions().seed;
  std::string model = face::EngineConfig().model;
  std::string landmarks = face::EngineConfig().landmarks.string();
  ModelPaths paths;
  int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  std::string json_file;
  std::string det_file;
  bool write_calibration = false;
};

absl::Status CheckOptions(const EvaluateOptions& options) {
  if (options.pairs.empty() == options.identities.empty()) {
    return MakeError(Reason::kMissingField, "give either --pairs with --images, or --identities");
  }
  if (options.pairs.empty() != options.images.empty()) {
    return MakeError(Reason::kMissingField, "--pairs and --images go together");
  }
  if (options.write_calibration && options.identities.empty()) {
    return MakeError(Reason::kInvalidField,
                     "--write-calibration needs --identities: of listed pairs it is not known "
                     "whether they are random or matched");
  }
  return absl::OkStatus();
}

absl::StatusOr<evaluation::PairList> ListPairs(const EvaluateOptions& options) {
  if (!options.pairs.empty()) return evaluation::ReadPairs(options.pairs, options.images);
  evaluation::IdentityOptions identities;
  identities.dir = options.identities;
  identities.exclude = {options.exclude.begin(), options.exclude.end()};
  if (!options.groups.empty()) identities.groups_file = options.groups;
  identities.non_mated_pairs = options.non_mated;
  identities.seed = options.seed;
  return evaluation::ListIdentities(identities);
}

absl::StatusOr<std::unique_ptr<ports::FaceEngine>> MakeEngine(const EvaluateOptions& options) {
  face::EngineConfig config;
  config.manifest = options.paths.manifest;
  config.installed_models = options.paths.installed;
  config.model = options.model;
  config.calibration_pairs = "";  // a model may be evaluated before it has any
  config.landmarks = options.landmarks;
  config.workers = options.threads;
  return face::CreateFaceEngine(config);
}

// Tells how far the evaluation is: on a terminal in one line that changes, else a line for each
// tenth. Calls must not overlap.
class ProgressLine {
 public:
  explicit ProgressLine(std::ostream& err) : err_(err) {}

  void operator()(std::size_t done, std::size_t total) {
    const auto now = std::chrono::steady_clock::now();
    const bool last = done == total;
    if (terminal_) {
      if (!last && now - told_at_ < std::chrono::milliseconds(200)) return;
    } else if (!last && done * 10 / total == (done - 1) * 10 / total) {
      return;
    }
    told_at_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    const double left = seconds / static_cast<double>(done) * static_cast<double>(total - done);
    fmt::print(err_, "{}{} of {} images, {:.1f} a second, {:.0f} s left{}", terminal_ ? "\r" : "",
               done, total, static_cast<double>(done) / seconds, left,
               terminal_ && !last ? "   " : "   \n");
    err_.flush();
  }

 private:
  std::ostream& err_;
  const bool terminal_ = isatty(STDERR_FILENO) == 1;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point told_at_;
};

// An output that cannot be written is told before the long run, not after it.
absl::Status CheckWritable(const std::string& file) {
  if (file.empty() || std::ofstream(file, std::ios::app)) return absl::OkStatus();
  return MakeError(Reason::kConfigInvalid, fmt::format("cannot write {}", file));
}

absl::Status CheckOutputs(const EvaluateOptions& options) {
  absl::Status status = CheckWritable(options.json_file);
  if (status.ok()) status = CheckWritable(options.det_file);
  if (status.ok() && options.write_calibration) {
    status = CheckWritable(options.paths.manifest.string());
  }
  return status;
}

// "people", also for "people/" and for "." in there.
std::string NameOfFolder(const std::string& folder) {
  std::error_code ignored;  // it was read before
  return std::filesystem::canonical(folder, ignored).filename().string();
}

absl::Status WriteCalibration(const EvaluateOptions& options, const evaluation::PairList& pairs,
                              const evaluation::EvaluationResult& result) {
  const auto calibration = core::Calibration::Create(
      result.non_mated_kind, evaluation::CalibrationPoints(result.comparisons.non_mated));
  if (!calibration.ok()) return calibration.status();
  return face::WriteCalibration(
      options.paths.manifest, options.model, *calibration,
      fmt::format("{}, {} people, {} {} non-mated pairs", NameOfFolder(options.identities),
                  pairs.identities, result.comparisons.non_mated.size(), result.non_mated_kind));
}

absl::Status WriteFiles(const Context& context, const EvaluateOptions& options,
                        const evaluation::PairList& pairs,
                        const evaluation::EvaluationResult& result,
                        const evaluation::Statistics& statistics) {
  absl::Status status;
  if (!options.json_file.empty()) {
    status = base::WriteFile(options.json_file, evaluation::JsonReport(result, statistics));
    if (!status.ok()) return status;
    fmt::print(context.err, "Wrote {}\n", options.json_file);
  }
  if (!options.det_file.empty()) {
    status = base::WriteFile(options.det_file, evaluation::DetCurveSvg(result, statistics));
    if (!status.ok()) return status;
    fmt::print(context.err, "Wrote {}\n", options.det_file);
  }
  if (options.write_calibration) {
    status = WriteCalibration(options, pairs, result);
    if (!status.ok()) return status;
    fmt::print(context.err, "Wrote the calibration '{}' of {} to {}\n", result.non_mated_kind,
               options.model, options.paths.manifest.string());
  }
  return status;
}

ExitCode Evaluate(const Context& context, EvaluateOptions options) {
  options.paths.FillDefaults();
  absl::Status status = CheckOptions(options);
  if (status.ok()) status = CheckOutputs(options);
  if (!status.ok()) return context.Fail(status);
  const auto pairs = ListPairs(options);
  if (!pairs.ok()) return context.Fail(pairs.status());
  fmt::print(context.err, "{} images of {} people: {} mated and {} non-mated pairs\n",
             pairs->images.size(), pairs->identities, pairs->mated.size(), pairs->non_mated.size());
  const auto engine = MakeEngine(options);
  if (!engine.ok()) return context.Fail(engine.status());

  const auto result =
      evaluation::Evaluate(**engine, *pairs, options.threads, ProgressLine(context.err));
  if (!result.ok()) return context.Fail(result.status());
  context.err << "Computing the error rates and their intervals\n";
  const auto statistics = evaluation::ComputeStatistics(result->comparisons, {});
  if (!statistics.ok()) {
    // What could not be acquired was found out at some cost, and stands by itself.
    context.err << evaluation::SampleReport(*result);
    return context.Fail(statistics.status());
  }
  if (context.json) {
    context.WriteObject(
        nlohmann::ordered_json::parse(evaluation::JsonReport(*result, *statistics)));
  } else {
    context.out << evaluation::TextReport(*result, *statistics);
  }
  status = WriteFiles(context, options, *pairs, *result, *statistics);
  return status.ok() ? ExitCode::kOk : context.Fail(status);
}

void AddInputOptions(CLI::App& command, EvaluateOptions& options) {
  command.add_option("--pairs", options.pairs, "A list of pairs to compare")->type_name("PAIRS");
  command.add_option("--images", options.images, "With --pairs: where the images are")
      ->type_name("DIR");
  command
      .add_option("--identities", options.identities,
                  "Or: one folder a person; all mated pairs, a sample of the others")
      ->type_name("DIR");
  command.add_option("--exclude", options.exclude, "A folder in there that is no person")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command.add_option("--groups", options.groups, "Compare only within these groups")
      ->type_name("GROUPS");
  command.add_option("--non-mated", options.non_mated, "At most so many non-mated pairs")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--seed", options.seed, "Of the sample")
      ->type_name("N")
      ->capture_default_str();
}

void AddEngineOptions(CLI::App& command, EvaluateOptions& options) {
  command.add_option("--model", options.model, "Its id in the manifest")
      ->type_name("MODEL")
      ->capture_default_str();
  AddModelPathOptions(command, options.paths);
  command.add_option("--landmarks", options.landmarks, "dlib shape predictor")
      ->type_name("FILE")
      ->capture_default_str();
  command.add_option("--threads", options.threads, "Images at a time")
      ->check(CLI::Range(1, 1024))
      ->type_name("N")
      ->capture_default_str();
}

void AddOutputOptions(CLI::App& command, EvaluateOptions& options) {
  command.add_option("--json-file", options.json_file, "Write all figures as JSON, indented")
      ->type_name("FILE");
  command.add_option("--det", options.det_file, "Write the DET curve as SVG")->type_name("FILE");
  command.add_flag("--write-calibration", options.write_calibration,
                   "Put the measured distances into the manifest");
}

}  // namespace

void AddEvaluateCommand(CLI::App& app, Context& context) {
  auto* command =
      app.add_subcommand("evaluate", "Measure a model's error rates (ISO/IEC 19795-1) on images");
  auto options = std::make_shared<EvaluateOptions>();
  AddInputOptions(*command, *options);
  AddEngineOptions(*command, *options);
  AddOutputOptions(*command, *options);
  command->footer(kEvaluateExamples);
  command->callback([&context, options] {
    context.command = [&context, options] { return Evaluate(context, *options); };
  });
}

}  // namespace entryexit::ctl
