#include "bench/load/comparison.h"

#include <fmt/format.h>

#include <thread>

#include "bench/load/spread.h"

namespace entryexit::bench {
namespace {

constexpr int kPairs = 60;
constexpr std::chrono::seconds kPart{1};

}  // namespace

Comparison::Comparison(Bench& bench, const std::vector<Face>& faces, const Options& options)
    : bench_(bench),
      shares_cores_(!options.apart &&
                    options.workers >= static_cast<int>(std::thread::hardware_concurrency())),
      face_alone_(faces, options.workers, options.cores_of_daemon()) {}

void Comparison::Make() {
  for (int pair = 0; pair < kPairs; ++pair) {
    const bool alone_first = pair % 2 == 0;
    if (alone_first) alone_.push_back(face_alone_.Rate(kPart));
    const Step most = bench_.Saturate("most", kPart);
    if (!alone_first) alone_.push_back(face_alone_.Rate(kPart));
    Compare(most);
  }
}

void Comparison::Tell() const {
  fmt::print("median of {} pairs (half of them):\n", kPairs);
  PrintSpread("the face pipeline alone, captures a second", alone_, "{:.0f}");
  PrintSpread("good calls a second, of that", ratios_, "{:.2f}", "0.85 wanted");
  // All cores are busy then: what the client takes, the service lacks.
  if (shares_cores_) {
    PrintSpread("in the processor time that the client leaves", ratios_without_client_, "{:.2f}");
  }
}

void Comparison::Compare(const Step& most) {
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

}  // namespace entryexit::bench
