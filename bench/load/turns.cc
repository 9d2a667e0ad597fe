#include "bench/load/turns.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "bench/load/spread.h"

namespace entryexit::bench {
namespace {

constexpr int kTurns = 21;
constexpr std::chrono::seconds kPart{3};  // of a turn

}  // namespace

void Turns::TakeAll() {
  saturated_share_ = FindSaturatedShare();
  for (int turn = 0; turn < kTurns; ++turn) TakeOne();
}

bool Turns::Judge() const {
  fmt::print("median of {} turns (half of them):\n", kTurns);
  PrintSpread("p99 of the most that is served, ms", p99_of_most_, "{:.0f}");
  fmt::print("  {:<52}{:.2f}\n", "saturation, of that", saturated_share_);
  PrintSpread("p99 at 80 % of saturation, ms", p99_at_80_, "{:.0f}", "less than 150 wanted");
  fmt::print("  {:<52}{:.0f}\n", "p99 of all calls at 80 % together, ms",
             all_at_80_.Percentile(99));
  PrintSpread("good calls at 150 %, of the most that is served", kept_at_150_, "{:.2f}",
              "at least 0.90 wanted");
  PrintSpread("p99 there of what was not refused, ms", p99_at_150_, "{:.0f}",
              fmt::format("less than {} wanted", deadline_.count()));
  const bool good = SpreadOf(kept_at_150_).median >= 0.9 &&
                    SpreadOf(p99_at_150_).median < static_cast<double>(deadline_.count());
  fmt::print("{}: what is wanted at 150 %\n", good ? "met" : "MISSED");
  return good;
}

double Turns::FindSaturatedShare() {
  // At the rate of the most the queue is a random walk, which takes some 20 s to become too long:
  // in tries of 10 s that rate passes, though nobody could keep it up.
  constexpr std::chrono::seconds kLong{30};
  constexpr int kMost = 3;
  for (int percent = 100; percent > 0; percent -= 5) {
    const double share = percent / 100.0;
    int good = 0;
    int bad = 0;
    while (std::max(good, bad) < kMost) {
      const double most = bench_.Saturate("search", kPart).goodput();
      const std::string name = fmt::format("search {} %", percent);
      const Step step = bench_.MeasureShortly(name, share * most, kLong);
      ++(step.NearlyAllAreGood() ? good : bad);
    }
    if (good == kMost) return share;
  }
  throw std::runtime_error("not even the least rate is served");
}

void Turns::TakeOne() {
  const Step most = bench_.Saturate("turn", kPart);
  p99_of_most_.push_back(most.all.Percentile(99));
  const double saturated = saturated_share_ * most.goodput();
  const Step busy = bench_.MeasureShortly("turn 80 %", 0.8 * saturated, 2 * kPart);
  p99_at_80_.push_back(busy.all.Percentile(99));
  all_at_80_.Add(busy.all);
  const Step overload = bench_.MeasureShortly("turn 150 %", 1.5 * saturated, kPart);
  kept_at_150_.push_back(overload.goodput() / most.goodput());
  p99_at_150_.push_back(overload.all.Percentile(99));
}

}  // namespace entryexit::bench
