#ifndef ENTRYEXIT_BENCH_LOAD_COMPARISON_H_
#define ENTRYEXIT_BENCH_LOAD_COMPARISON_H_

#include <chrono>
#include <vector>

#include "bench/load/bench.h"
#include "bench/load/captures.h"
#include "bench/load/face_alone.h"
#include "bench/load/options.h"

namespace entryexit::bench {

// The most that is served, of what the face pipeline alone does: both for a second, again and again
// and each first as often as second, since what the machine gives changes from one second to the
// next.
class Comparison {
 public:
  Comparison(Bench& bench, const std::vector<Face>& faces, const Options& options);

  void Make();
  // Prints what came of it.
  void Tell() const;

 private:
  void Compare(const Step& most);

  Bench& bench_;
  const bool shares_cores_;
  const FaceAlone face_alone_;
  std::vector<double> alone_;
  std::vector<double> ratios_;
  std::vector<double> ratios_without_client_;
};

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_LOAD_COMPARISON_H_
