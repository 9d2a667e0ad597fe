#ifndef ENTRYEXIT_BENCH_LOAD_TURNS_H_
#define ENTRYEXIT_BENCH_LOAD_TURNS_H_

#include <chrono>
#include <vector>

#include "bench/load/bench.h"
#include "bench/load/latencies.h"

namespace entryexit::bench {

// The most that is served, 80 and 150 % of saturation, one after the other and again: what was
// saturation minutes ago is not that of now. So saturation is taken as a share of the most that was
// served seconds before.
class Turns {
 public:
  // `deadline`: of each call.
  Turns(Bench& bench, std::chrono::milliseconds deadline) : bench_(bench), deadline_(deadline) {}

  void TakeAll();
  // Prints what came of them. Whether overload does no harm to what is taken on.
  bool Judge() const;

 private:
  void TakeOne();

  Bench& bench_;
  const std::chrono::milliseconds deadline_;
  std::vector<double> p99_of_most_;
  std::vector<double> p99_at_80_;
  Latencies all_at_80_;
  std::vector<double> kept_at_150_;
  std::vector<double> p99_at_150_;
};

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_LOAD_TURNS_H_
