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

// All but one call in a hundred.
bool NearlyAllAreGood(const Step& step) {
  return step.sent > 0 && static_cast<double>(step.good) >= 0.99 * static_cast<double>(step.sent);
}

class Bench {
 public:
  Bench(Driver& driver, const Options& options) : driver_(driver), options_(options) {}

  const Step& Measure(const std::string& name, double rate, int seconds) {
    return Keep(driver_.Run(name, rate, std::chrono::seconds(options_.warm_up),
                            std::chrono::seconds(seconds)));
  }

  // Parts of a turn.
  const Step& Saturate(const std::string& name, std::chrono::seconds duration) {
    return Keep(driver_.Saturate(name, kFilling, duration));
  }
  const Step& MeasureShortly(const std::string& name, double rate, std::chrono::seconds duration) {
    return Keep(driver_.Run(name, rate, kShortWarmUp, duration));
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
  // Whether all that was measured is of use. Prints why refusals are not, which are judged all
  // together: of few, the slowest hundredth is one stall of the machine.
  bool Judge() const {
    constexpr double kSlowRefusalMs = 100;
    Latencies refusals;
    for (const Step& step : steps_) refusals.Add(step.refusals);
    const bool refuses_late = refusals.Percentile(99) > kSlowRefusalMs;
    if (refuses_late) {
      fmt::print("MISSED: p99 of all refusals {:.0f} ms (up to {:.0f} wanted)\n",
                 refusals.Percentile(99), kSlowRefusalMs);
    }
    return !refuses_late &&
           std::ranges::all_of(steps_, [](const Step& step) { return step.Faults().empty(); });
  }

 private:
  static constexpr std::chrono::seconds kShortWarmUp{1};
  // Until as many calls end as begin.
  static constexpr std::chrono::milliseconds kFilling{600};

  const Step& Keep(Step step) {
    steps_.push_back(std::move(step));
    Print(steps_.back());
    return steps_.back();
  }

  bool IsServed(double rate) {
    return NearlyAllAreGood(Measure("sweep", rate, options_.sweep_seconds));
  }

  Driver& driver_;
  const Options& options_;
  std::vector<Step> steps_;
};

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

// A figure of many turns: its median, and between what half of them lie.
struct Spread {
  double median = 0;
  double low = 0;
  double high = 0;
};

Spread SpreadOf(std::vector<double> figures) {
  std::ranges::sort(figures);
  const size_t quarter = figures.size() / 4;
  return {figures[figures.size() / 2], figures[quarter], figures[figures.size() - 1 - quarter]};
}

const Step& CheckServesAny(const Step& step) {
  if (step.done == 0) throw std::runtime_error("a part of a turn in which nothing was served");
  return step;
}

void PrintSpread(const char* what, const std::vector<double>& figures, const char* format,
                 const std::string& wanted = "") {
  const Spread spread = SpreadOf(figures);
  const auto text = [format](double figure) { return fmt::format(fmt::runtime(format), figure); };
  fmt::print("  {:<52}{} ({} to {}) {}\n", what, text(spread.median), text(spread.low),
             text(spread.high), wanted);
}

// The most that is served, of what the face pipeline alone does: both for a second, again and again
// and each first as often as second, since what the machine gives changes from one second to the
// next.
class Comparison {
 public:
  Comparison(Bench& bench, const std::vector<Face>& faces, const Options& options)
      : bench_(bench),
        shares_cores_(!options.apart &&
                      options.workers >= static_cast<int>(std::thread::hardware_concurrency())),
        face_alone_(faces, options.workers, CoresOfDaemon(options)) {}

  void Make() {
    for (int pair = 0; pair < kPairs; ++pair) {
      const bool alone_first = pair % 2 == 0;
      if (alone_first) alone_.push_back(face_alone_.Rate(kPart));
      const Step most = CheckServesAny(bench_.Saturate("most", kPart));
      if (!alone_first) alone_.push_back(face_alone_.Rate(kPart));
      Compare(most);
    }
  }

  void Tell() const {
    fmt::print("median of {} pairs (half of them):\n", kPairs);
    PrintSpread("the face pipeline alone, captures a second", alone_, "{:.0f}");
    PrintSpread("good calls a second, of that", ratios_, "{:.2f}", "0.85 wanted");
    // All cores are busy then: what the client takes, the service lacks.
    if (shares_cores_) {
      PrintSpread("in the processor time that the client leaves", ratios_without_client_, "{:.2f}");
    }
  }

 private:
  static constexpr int kPairs = 60;
  static constexpr std::chrono::seconds kPart{1};

  void Compare(const Step& most) {
    const double cores = std::thread::hardware_concurrency();
    ratios_.push_back(most.goodput() / alone_.back());
    ratios_without_client_.push_back(ratios_.back() / (1 - most.usage.client_cores / cores));
    const auto millis_a_call = [&](double taken) { return 1000 * taken / most.goodput(); };
    fmt::print(
        "    the face pipeline alone: {:.1f} captures a second, ratio {:.2f}; processor time of a "
        "good call: daemon {:.1f}, database {:.1f}, client {:.1f} ms\n",
        alone_.back(), ratios_.back(), millis_a_call(most.usage.daemon_cores),
        millis_a_call(most.usage.database_cores), millis_a_call(most.usage.client_cores));
  }

  Bench& bench_;
  const bool shares_cores_;
  const FaceAlone face_alone_;
  std::vector<double> alone_;
  std::vector<double> ratios_;
  std::vector<double> ratios_without_client_;
};

// The most that is served, 80 and 150 % of saturation, one after the other and again: what was
// saturation minutes ago is not that of now. So saturation is found as a share of the most that was
// served seconds before.
class Turns {
 public:
  Turns(Bench& bench, const Options& options) : bench_(bench), options_(options) {}

  void TakeAll() {
    saturated_share_ = FindSaturatedShare();
    for (int turn = 0; turn < kTurns; ++turn) TakeOne();
  }

  // Prints what came of them. Whether overload does no harm to what is taken on.
  bool Judge() const {
    fmt::print("median of {} turns (half of them):\n", kTurns);
    PrintSpread("p99 of the most that is served, ms", p99_of_most_, "{:.0f}");
    fmt::print("  {:<52}{:.2f}\n", "saturation, of that", saturated_share_);
    PrintSpread("p99 at 80 % of saturation, ms", p99_at_80_, "{:.0f}", "less than 150 wanted");
    fmt::print("  {:<52}{:.0f}\n", "p99 of all calls at 80 % together, ms",
               all_at_80_.Percentile(99));
    PrintSpread("good calls at 150 %, of the most that is served", kept_at_150_, "{:.2f}",
                "at least 0.90 wanted");
    PrintSpread("p99 there of what was not refused, ms", p99_at_150_, "{:.0f}",
                fmt::format("less than {} wanted", options_.deadline_ms));
    const bool good =
        SpreadOf(kept_at_150_).median >= 0.9 && SpreadOf(p99_at_150_).median < options_.deadline_ms;
    fmt::print("{}: what is wanted at 150 %\n", good ? "met" : "MISSED");
    return good;
  }

 private:
  static constexpr int kTurns = 21;
  static constexpr std::chrono::seconds kPart{3};  // of a turn

  // The greatest at which nearly all calls are good in most of five tries.
  double FindSaturatedShare() {
    // In which a queue that grows by a twentieth of what comes becomes too long.
    constexpr std::chrono::seconds kLong{10};
    constexpr int kMost = 3;
    for (int percent = 100; percent > 0; percent -= 5) {
      const double share = percent / 100.0;
      int good = 0;
      int bad = 0;
      while (std::max(good, bad) < kMost) {
        const double most = CheckServesAny(bench_.Saturate("search", kPart)).goodput();
        const std::string name = fmt::format("search {} %", percent);
        ++(NearlyAllAreGood(bench_.MeasureShortly(name, share * most, kLong)) ? good : bad);
      }
      if (good == kMost) return share;
    }
    throw std::runtime_error("not even the least rate is served");
  }

  void TakeOne() {
    const Step most = CheckServesAny(bench_.Saturate("turn", kPart));
    p99_of_most_.push_back(most.all.Percentile(99));
    const double saturated = saturated_share_ * most.goodput();
    const Step busy =
        CheckServesAny(bench_.MeasureShortly("turn 80 %", 0.8 * saturated, 2 * kPart));
    p99_at_80_.push_back(busy.all.Percentile(99));
    all_at_80_.Add(busy.all);
    const Step overload =
        CheckServesAny(bench_.MeasureShortly("turn 150 %", 1.5 * saturated, kPart));
    kept_at_150_.push_back(overload.goodput() / most.goodput());
    p99_at_150_.push_back(overload.all.Percentile(99));
  }

  Bench& bench_;
  const Options& options_;
  double saturated_share_ = 0;  // of the most that is served
  std::vector<double> p99_of_most_;
  std::vector<double> p99_at_80_;
  Latencies all_at_80_;
  std::vector<double> kept_at_150_;
  std::vector<double> p99_at_150_;
};

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
  PrintHeader();
  bool good = true;
  if (options.rates.empty()) {
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
    Turns turns(bench, options);
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
