#ifndef ENTRYEXIT_BENCH_LOAD_OPTIONS_H_
#define ENTRYEXIT_BENCH_LOAD_OPTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "bench/processes.h"

namespace entryexit::bench {

// Of the command line; main.cc says what they mean.
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
  bool only_pairs = false;
  std::string image_size = "1280x720";
  std::vector<double> rates;
  std::string out;

  // Those of the daemon, when it has cores to itself.
  std::optional<Cores> cores_of_daemon() const {
    return apart ? std::optional<Cores>({0, workers}) : std::nullopt;
  }
};

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_LOAD_OPTIONS_H_
