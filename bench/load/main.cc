// What lanes are kept waiting under load: a client that sends arrivals and departures over mutual
// TLS at planned times, whether or not earlier ones were answered, and counts each latency from
// when the call was to be sent. It finds the rate at which the service is saturated and measures at
// 50, 80, 95 and 150 % of that. Then, in turns, it compares the most that is served with the face
// pipeline alone, and what comes of 80 and 150 % of saturation with what is wanted.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "bench/load/bench.h"
#include "bench/load/captures.h"
#include "bench/load/comparison.h"
#include "bench/load/driver.h"
#include "bench/load/options.h"
#include "bench/load/report.h"
#include "bench/load/target.h"
#include "bench/load/turns.h"
#include "bench/processes.h"

namespace entryexit::bench {
namespace {

ImageSize SizeOf(const std::string& text) {
  ImageSize size;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%dx%d%c", &size.width, &size.height, &rest) != 2 ||
      size.width < 200 || size.height < 200 || size.width > 8000 || size.height > 8000) {
    throw std::runtime_error("--image-size wants WIDTHxHEIGHT, 200 to 8000 each, not " + text);
  }
  return size;
}

// The daemon on as many cores as it has workers, the database and the lanes on the others.
void SetApart(const Target& target, const Cores& daemon) {
  const int all = static_cast<int>(std::thread::hardware_concurrency());
  KeepOn({daemon.count, all - daemon.count}, getpid());  // with all that it started
  KeepOn(daemon, target.daemon);
}

bool Run(const Options& options) {
  const ImageSize size = SizeOf(options.image_size);
  const Target target =
      options.server.empty()
          ? StartTarget(options.lanes, options.workers, options.travelers)
          : ConnectTo(options.server, options.lanes_of_server, options.daemon_pid);
  if (const auto cores = options.cores_of_daemon()) SetApart(target, *cores);
  constexpr int kPeople = 20;
  const std::vector<Face> faces = MakeFaces(*target.lanes.front().stub, size, kPeople);
  Driver driver(target, faces,
                {.deadline = std::chrono::milliseconds(options.deadline_ms),
                 .departures = options.departures,
                 .even = options.even});
  driver.Prepare(options.prepared);
  const std::string setting = fmt::format(
      "{}, {} lanes, {:.0f} % departures, {}, deadline {} ms, {}", options.image_size,
      target.lanes.size(), 100 * options.departures,
      options.even ? "even intervals" : "Poisson arrivals", options.deadline_ms,
      options.server.empty() ? fmt::format("{} workers, {} travelers stored", options.workers,
                                           options.travelers + options.prepared)
                             : options.server);
  fmt::print("{}; latencies count from when a call was to be sent\n", setting);
  Bench bench(driver, options);
  PrintHeader();
  bool good = true;
  if (options.only_pairs) {
    Comparison comparison(bench, faces, options);
    comparison.Make();
    comparison.Tell();
  } else if (options.rates.empty()) {
    const double saturation = bench.FindSaturation();
    fmt::print("saturated at {:.1f} calls a second\n", saturation);
    for (const int percent : {50, 80, 95, 150}) {
      bench.Measure(fmt::format("{} %", percent), saturation * percent / 100, options.seconds);
    }
    std::optional<Comparison> comparison;
    if (options.server.empty()) {
      comparison.emplace(bench, faces, options);
      comparison->Make();
    }
    Turns turns(bench, std::chrono::milliseconds(options.deadline_ms));
    turns.TakeAll();
    if (comparison) comparison->Tell();
    good = turns.Judge();
  }
  for (const double rate : options.rates) {
    bench.Measure("given", rate, options.seconds);
  }
  if (!options.out.empty()) {
    WriteCsv(options.out + ".csv", bench.steps());
    WriteCurvesCsv(options.out + "-curves.csv", bench.steps());
    WriteJson(options.out + ".json", bench.steps(), setting);
    std::vector<Step> drawn = bench.steps();
    std::erase_if(drawn, [](const Step& step) {
      const auto is_of = [&](const char* what) { return step.name.starts_with(what); };
      return is_of("sweep") || is_of("most") || is_of("search") || is_of("turn");
    });
    WriteSvg(options.out + ".svg", drawn, setting, std::chrono::milliseconds(options.deadline_ms));
  }
  return bench.Judge() && good;
}

int Main(int argc, char** argv) {
  // As the daemon does: else the client's locks would take part of its cores.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  CLI::App app("Measures the daemon under an open load, on a private database or elsewhere.");
  Options options;
  app.add_option("--seconds", options.seconds, "of each measured rate")
      ->check(CLI::Range(1, 86'400));
  app.add_option("--rates", options.rates,
                 "calls a second, one measurement each; default: a sweep to saturation, then 50, "
                 "80, 95 and 150 % of it, and turns")
      ->delimiter(',')
      ->check(CLI::Range(0.1, 100'000.0));
  app.add_option("--sweep-seconds", options.sweep_seconds, "of each rate of the sweep")
      ->check(CLI::Range(1, 3600));
  app.add_option("--warm-up", options.warm_up, "seconds before each that are not counted")
      ->check(CLI::Range(0, 3600));
  app.add_option("--image-size", options.image_size, "of the captures, WIDTHxHEIGHT");
  app.add_option("--departures", options.departures, "share of departures; the rest are arrivals")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--deadline-ms", options.deadline_ms, "of each call")
      ->check(CLI::Range(1, 60'000));
  app.add_flag("--even", options.even, "send at even intervals; default: at random (Poisson)");
  app.add_option("--prepared", options.prepared, "travelers who arrive beforehand, to depart")
      ->check(CLI::Range(1, 10'000'000));
  app.add_option("--out", options.out,
                 "path without ending of the files to write: .csv, -curves.csv, .json, .svg");
  app.add_option("--lanes", options.lanes, "lanes, each with its own connection")
      ->check(CLI::Range(1, 256));
  app.add_option("--workers", options.workers, "face workers of the daemon")
      ->check(CLI::Range(1, 64));
  app.add_option("--travelers", options.travelers,
                 "travelers imported beforehand, so that the tables are of some size")
      ->check(CLI::Range(0, 100'000'000));
  auto* const server =
      app.add_option("--server", options.server, "HOST:PORT of a service that runs already");
  app.add_flag("--pairs", options.only_pairs,
               "nothing but what is served by lanes that never pause, in pairs with the face "
               "pipeline alone")
      ->excludes(server)
      ->excludes("--rates");
  app.add_flag("--apart", options.apart,
               "the daemon on as many cores as it has workers, the rest on the others")
      ->excludes(server);
  app.add_option("--lane", options.lanes_of_server,
                 "with --server: LANE=DIRECTORY of its certificate; once for each lane")
      ->needs(server);
  app.add_option("--daemon-pid", options.daemon_pid,
                 "with --server: the daemon, when it is on this machine")
      ->needs(server);
  CLI11_PARSE(app, argc, argv);
  if (!options.server.empty() && options.lanes_of_server.empty()) {
    throw std::runtime_error("--server wants at least one --lane");
  }
  return Run(options) ? 0 : 1;
}

}  // namespace
}  // namespace entryexit::bench

int main(int argc, char** argv) {
  try {
    return entryexit::bench::Main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "load_bench: " << error.what() << std::endl;
    return 1;
  }
}
