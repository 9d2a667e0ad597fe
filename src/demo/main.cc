// Plays some weeks of travel through a running service, as its lanes, an officer and a nightly job
// would, and shows what came of it. Exit codes: 0 all as it must be, 1 not so, 2 could not run.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "entryexit/base/files.h"
#include "entryexit/client/text.h"
#include "entryexit/crypto/digest.h"
#include "src/demo/case_watch.h"
#include "src/demo/clients.h"
#include "src/demo/player.h"
#include "src/demo/report.h"
#include "src/demo/review.h"
#include "src/demo/scenario.h"
#include "src/demo/summary.h"
#include "src/demo/verdict.h"
#include "src/demo/words.h"

namespace entryexit::demo {
namespace {

// The simulated weeks end before today, so that no lane's clock is ahead of the service's.
constexpr int kDaysBeforeToday = 4;
constexpr std::size_t kTagLength = 5;

struct Options {
  std::string server;
  std::filesystem::path certs;
  std::filesystem::path faces;
  std::filesystem::path out;
};

absl::StatusOr<Scenario> Stage(const Options& options) {
  const auto manifest = base::ReadFile(options.faces / "manifest.csv");
  if (!manifest.ok()) return manifest.status();
  const absl::CivilDay today = absl::ToCivilDay(absl::Now(), absl::UTCTimeZone());
  std::string tag = crypto::NewUuid().substr(0, kTagLength);
  for (char& letter : tag) letter = absl::ascii_toupper(static_cast<unsigned char>(letter));
  return StageScenario(ParseGroups(*manifest), today - kDaysBeforeToday, tag);
}

absl::StatusOr<std::map<std::string, Picture>> ReadPoorCaptures(const Options& options,
                                                                const Scenario& scenario) {
  std::map<std::string, Picture> pictures;
  for (const PlannedCrossing& crossing : scenario.crossings) {
    if (crossing.expected != Expected::kPoorCapture) continue;
    auto bytes = base::ReadFile(options.faces / crossing.image);
    if (!bytes.ok()) return bytes.status();
    pictures[crossing.image] = {"image/jpeg", *std::move(bytes)};
  }
  return pictures;
}

absl::Status WriteResults(const Options& options, const Scenario& scenario, const Journal& journal,
                          const Review& review, const Verdict& verdict) {
  const auto poor_captures = ReadPoorCaptures(options, scenario);
  if (!poor_captures.ok()) return poor_captures.status();
  auto status = base::WriteFile(options.out / "summary.json",
                                SummaryJson(scenario, journal, review, verdict));
  if (!status.ok()) return status;
  return base::WriteFile(options.out / "report.html",
                         ReportHtml(scenario, journal, review, verdict, *poor_captures));
}

absl::StatusOr<bool> Run(const Options& options) {
  const auto scenario = Stage(options);
  if (!scenario.ok()) return scenario.status();
  auto clients = Connect(options.server, options.certs, *scenario);
  if (!clients.ok()) return clients.status();
  CaseWatch watch(*clients->officer);
  if (auto status = watch.Start(); !status.ok()) return status;

  fmt::print("{} travelers, {} to {}. {}\nTimes are local to the lane.\n\n",
             scenario->travelers.size(), client::FormatDate(ToDate(scenario->first_day)),
             client::FormatDate(ToDate(scenario->last_day)), kFacesAreSynthetic);
  const auto journal = Player(*scenario, options.faces, *clients, watch).Play();
  if (!journal.ok()) return journal.status();
  watch.Stop();
  fmt::print("\nOfficers decide two cases; every departure decision is replayed.\n\n");
  const auto review = ReviewRun(*scenario, *journal, *clients);
  if (!review.ok()) return review.status();

  const Verdict verdict = Judge(*scenario, *journal, *review);
  fmt::print("{}\n  {}\n\n", SummaryTable(verdict), kLeadNotDetermination);
  if (auto status = WriteResults(options, *scenario, *journal, *review, verdict); !status.ok()) {
    return status;
  }
  fmt::print("  {}\n  {}\n", (options.out / "summary.json").string(),
             (options.out / "report.html").string());
  return verdict.Passed();
}

int Main(int argc, char** argv) {
  CLI::App app(
      "Plays some weeks of travel through a running entryexitd and shows what came of it.");
  Options options;
  app.add_option("--server", options.server, "Where entryexitd listens, host:port")->required();
  app.add_option("--certs", options.certs, "Folder with a folder of certificates per principal")
      ->required();
  app.add_option("--faces", options.faces, "The synthetic faces, tests/data/faces")->required();
  app.add_option("--out", options.out, "Existing folder for summary.json and report.html")
      ->required();
  CLI11_PARSE(app, argc, argv);
  const auto passed = Run(options);
  if (!passed.ok()) {
    fmt::print(stderr, "error: {}\n", std::string(passed.status().message()));
    return 2;
  }
  return *passed ? 0 : 1;
}

}  // namespace
}  // namespace entryexit::demo

int main(int argc, char** argv) {
  try {
    return entryexit::demo::Main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << std::endl;
    return 2;
  }
}
