#ifndef ENTRYEXIT_BENCH_LOAD_BENCH_H_
#define ENTRYEXIT_BENCH_LOAD_BENCH_H_

#include <chrono>
#include <string>
#include <vector>

#include "bench/load/driver.h"
#include "bench/load/options.h"

namespace entryexit::bench {

// Measures, prints and keeps each step.
class Bench {
 public:
  Bench(Driver& driver, const Options& options) : driver_(driver), options_(options) {}

  Step Measure(const std::string& name, double rate, int seconds);

  // Parts of a turn. They throw when nothing is served.
  Step Saturate(const std::string& name, std::chrono::seconds duration);
  Step MeasureShortly(const std::string& name, double rate, std::chrono::seconds duration);

  // The greatest rate at which nearly all calls are good: up by halves until they are not, then
  // halfway between.
  double FindSaturation();

  const std::vector<Step>& steps() const { return steps_; }
  // Whether all that was measured is of use. Prints why refusals are not, which are judged all
  // together: of few, the slowest hundredth is one stall of the machine.
  bool Judge() const;

 private:
  const Step& Keep(Step step);
  bool IsServed(double rate);

  Driver& driver_;
  const Options& options_;
  std::vector<Step> steps_;
};

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_LOAD_BENCH_H_
