// What lanes are kept waiting under load: a client that sends arrivals and departures over mutual
// TLS at planned times, whether or not earlier ones were answered, and counts each latency from
// when the call was to be sent. It finds the rate at which the service is saturated, measures at
// 50, 80, 95 and 150 % of that, and compares the most that it serves with the face pipeline alone.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "bench/load/captures.h"
#include "bench/load/driver.h"
#include "bench/load/face_alone.h"
#include "bench/load/report.h"
#include "bench/load/target.h"
#include "bench/processes.h"

namespace entryexit::bench {
namespace {

struct Options {
  std::string server;
  std::vector<std::string> lanes_of_server;
  int daemon_pid = 0;
  int lanes = 24;
  int workers = 2;
  int travelers = 0;
  int prepared = 200;
  int seconds = 30;
  int sweep_seconds = 10;
  int warm_up = 3;
  int deadline_ms = 500;
  double departures = 0.5;
  bool even = false;
  bool apart = false;
  std::string image_size = "1280x720";
  std::vector<double> rates;
  std::string out;
};

ImageSize SizeOf(const std::string& text) {
  ImageSize size;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%dx%d%c", &size.width, &size.height, &rest) != 2 ||
      size.width < 200 || size.height < 200 || size.width > 8000 || size.height > 8000) {
    throw std::runtime_error("--image-size wants WIDTHxHEIGHT, 200 to 8000 each, not " + text);
  }
  return size;
}

class Bench {
 public:
  Bench(Driver& driver, const Options& options) : driver_(driver), options_(options) {}

  const Step& Measure(const std::string& name, double rate, int seconds) {
    return Keep(driver_.Run(name, rate, std::chrono::seconds(options_.warm_up),
                            std::chrono::seconds(seconds)));
  }

  const Step& Saturate(const std::string& name, std::chrono::seconds duration) {
    constexpr std::chrono::seconds kWarmUp{1};
    return Keep(driver_.Saturate(name, kWarmUp, duration));
  }

  // The greatest rate that is served: up by halves until one is not, then halfway between.
  double FindSaturation() {
    constexpr double kFirstRate = 8;
    constexpr int kHalvings = 4;
    double served = 0;
    double refused = kFirstRate;
    while (IsServed(refused)) {
      served = refused;
      refused *= 1.5;
    }
    for (int i = 0; i < kHalvings; ++i) {
      const double between = (served + refused) / 2;
      (IsServed(between) ? served : refused) = between;
    }
    if (served == 0) throw std::runtime_error("not even the least rate is served");
    return served;
  }

  const std::vector<Step>& steps() const { return steps_; }
  double MostGood() const {
    double most = 0;
    for (const Step& step : steps_) most = std::max(most, step.goodput());
    return most;
  }
  bool failed() const {
    return std::ranges::any_of(steps_, [](const Step& step) { return !step.Faults().empty(); });
  }

 private:
  const Step& Keep(Step step) {
    steps_.push_back(std::move(step));
    Print(steps_.back());
    return steps_.back();
  }

  // All but one in a hundred.
  bool IsServed(double rate) {
    const Step& step = Measure("sweep", rate, options_.sweep_seconds);
    return static_cast<double>(step.good) >= 0.99 * static_cast<double>(step.sent);
  }

  Driver& driver_;
  const Options& options_;
  std::vector<Step> steps_;
};

// Whether overload does no harm to what is taken on.
bool JudgeOverload(const Bench& bench, const Step& overload, int deadline_ms) {
  const double kept = overload.goodput() / bench.MostGood();
  const double p99 = overload.all.Percentile(99);
  const bool good = kept >= 0.9 && p99 < deadline_ms;
  fmt::print(
      "{}: overloaded, goodput is {:.0f} % of the most there was (at least 90 wanted), and "
      "p99 of what was not refused {:.0f} ms (under {} wanted)\n",
      good ? "met" : "MISSED", 100 * kept, p99, deadline_ms);
  return good;
}

// Those of the daemon, when it has cores to itself.
std::optional<Cores> CoresOfDaemon(const Options& options) {
  return options.apart ? std::optional<Cores>({0, options.workers}) : std::nullopt;
}

// The daemon on as many cores as it has workers, the database and the lanes on the others.
void SetApart(const Target& target, const Cores& daemon) {
  const int all = static_cast<int>(std::thread::hardware_concurrency());
  KeepOn({daemon.count, all - daemon.count}, getpid());  // with all that it started
  KeepOn(daemon, target.daemon);
}

// In many short turns, since what the machine gives changes from one second to the next.
void CompareWithFaceAlone(Bench& bench, const std::vector<Face>& faces, const Options& options) {
  constexpr int kTurns = 21;
  constexpr std::chrono::seconds kTurn{3};
  const FaceAlone face_alone(faces, options.workers, CoresOfDaemon(options));
  const double cores = std::thread::hardware_concurrency();
  std::vector<double> ratios;
  std::vector<double> ratios_without_client;
  for (int turn = 0; turn < kTurns; ++turn) {
    const double alone = face_alone.Rate(kTurn);
    const Step& served = bench.Saturate("turn", kTurn);
    ratios.push_back(served.goodput() / alone);
    ratios_without_client.push_back(ratios.back() / (1 - served.usage.client_cores / cores));
    const auto millis_a_call = [&](double taken) { return 1000 * taken / served.goodput(); };
    fmt::print(
        "    the face pipeline alone: {:.1f} captures a second, ratio {:.2f}; processor time of a "
        "good call: daemon {:.1f}, database {:.1f}, client {:.1f} ms\n",
        alone, ratios.back(), millis_a_call(served.usage.daemon_cores),
        millis_a_call(served.usage.database_cores), millis_a_call(served.usage.client_cores));
  }
  std::ranges::sort(ratios);
  fmt::print(
      "good calls a second are {:.2f} of the face pipeline alone (median of {} turns; half of them "
      "{:.2f} to {:.2f})\n",
      ratios[kTurns / 2], kTurns, ratios[kTurns / 4], ratios[kTurns - 1 - kTurns / 4]);
  // All cores are busy in a turn: what the client takes there, the service lacks.
  const bool shares_cores = options.server.empty() && !options.apart;
  if (!shares_cores) return;
  std::ranges::sort(ratios_without_client);
  fmt::print("{:.2f} in the processor time that the client leaves\n",
             ratios_without_client[kTurns / 2]);
}

bool Run(const Options& options) {
  const ImageSize size = SizeOf(options.image_size);
  const Target target =
      options.server.empty()
          ? StartTarget(options.lanes, options.workers, options.travelers)
          : ConnectTo(options.server, options.lanes_of_server, options.daemon_pid);
  if (const auto cores = CoresOfDaemon(options)) SetApart(target, *cores);
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
  bool good = true;
  if (options.rates.empty()) {
    PrintHeader();
    const double saturation = bench.FindSaturation();
    fmt::print("saturated at {:.1f} calls a second\n", saturation);
    for (const int percent : {50, 80, 95, 150}) {
      bench.Measure(fmt::format("{} %", percent), saturation * percent / 100, options.seconds);
    }
    good = JudgeOverload(bench, bench.steps().back(), options.deadline_ms);
    CompareWithFaceAlone(bench, faces, options);
  } else {
    PrintHeader();
  }
  for (const double rate : options.rates) {
    bench.Measure("given", rate, options.seconds);
  }
  if (!options.out.empty()) {
    WriteCsv(options.out + ".csv", bench.steps());
    WriteCurvesCsv(options.out + "-curves.csv", bench.steps());
    WriteJson(options.out + ".json", bench.steps(), setting);
    std::vector<Step> drawn = bench.steps();
    std::erase_if(drawn,
                  [](const Step& step) { return step.name == "sweep" || step.name == "turn"; });
    WriteSvg(options.out + ".svg", drawn, setting, std::chrono::milliseconds(options.deadline_ms));
  }
  return good && !bench.failed();
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
                 "80, 95 and 150 % of it")
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
