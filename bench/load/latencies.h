#ifndef ENTRYEXIT_BENCH_LOAD_LATENCIES_H_
#define ENTRYEXIT_BENCH_LOAD_LATENCIES_H_

#include <cstddef>
#include <vector>

namespace entryexit::bench {

// How long calls took, in milliseconds. Every one is kept: a run has some ten thousand, and so its
// percentiles are exact, where the buckets of a histogram would round.
class Latencies {
 public:
  void Add(double milliseconds);
  void Add(const Latencies& others);
  size_t size() const { return sorted_.size(); }
  // The least latency that `percent` of the calls did not exceed, 0 to 100; NaN without calls.
  double Percentile(double percent) const;

 private:
  // Sorted when asked for.
  mutable std::vector<double> sorted_;
  mutable bool is_sorted_ = true;
};

// Percentiles at which a curve of `calls` calls is drawn, each half as far from 100 as the one
// before, to where less than one call is left: 0, 50, 75, 87.5, ... 100.
std::vector<double> CurvePercents(size_t calls);

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_LOAD_LATENCIES_H_
