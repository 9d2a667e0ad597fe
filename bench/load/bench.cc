#include "bench/load/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "bench/load/report.h"

namespace entryexit::bench {
namespace {

constexpr std::chrono::seconds kShortWarmUp{1};
// Until as many calls end as begin.
constexpr std::chrono::milliseconds kFilling{600};

const Step& CheckServesAny(const Step& step) {
  if (step.done == 0) throw std::runtime_error("nothing was served in the part " + step.name);
  return step;
}

}  // namespace

Step Bench::Measure(const std::string& name, double rate, int seconds) {
  return Keep(driver_.Run(name, rate, std::chrono::seconds(options_.warm_up),
                          std::chrono::seconds(seconds)));
}

Step Bench::Saturate(const std::string& name, std::chrono::seconds duration) {
  return CheckServesAny(Keep(driver_.Saturate(name, kFilling, duration)));
}

Step Bench::MeasureShortly(const std::string& name, double rate, std::chrono::seconds duration) {
  return CheckServesAny(Keep(driver_.Run(name, rate, kShortWarmUp, duration)));
}

double Bench::FindSaturation() {
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

bool Bench::Judge() const {
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

const Step& Bench::Keep(Step step) {
  steps_.push_back(std::move(step));
  Print(steps_.back());
  return steps_.back();
}

bool Bench::IsServed(double rate) {
  return Measure("sweep", rate, options_.sweep_seconds).NearlyAllAreGood();
}

}  // namespace entryexit::bench
