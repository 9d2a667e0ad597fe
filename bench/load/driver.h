#ifndef ENTRYEXIT_BENCH_LOAD_DRIVER_H_
#define ENTRYEXIT_BENCH_LOAD_DRIVER_H_

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "bench/load/captures.h"
#include "bench/load/latencies.h"
#include "bench/load/target.h"

namespace entryexit::bench {

struct LoadOptions {
  std::chrono::milliseconds deadline{500};  // of each call, from when it was to be sent
  double departures = 0.5;                  // the share of departures; the rest are arrivals
  bool even = false;                        // sent at even intervals, not at random (Poisson)
};

// Cores kept busy, and memory of the daemon. 0 for what is not on this machine.
struct Usage {
  double daemon_cores = 0;
  double database_cores = 0;
  double client_cores = 0;
  double daemon_mb = 0;
  double daemon_peak_mb = 0;
};

// What came of one rate, or of lanes that never pause, less its warm-up.
struct Step {
  std::string name;
  double rate = 0;     // calls planned, or sent, a second
  double seconds = 0;  // in which they were
  size_t sent = 0;
  size_t good = 0;                        // answered in time, with what was asked for
  size_t done = 0;                        // the good ones, whenever sent, that ended meanwhile
  size_t late = 0;                        // ended by the deadline
  std::map<std::string, size_t> refused;  // RESOURCE_EXHAUSTED, by reason
  std::map<std::string, size_t> failed;   // everything else, by reason; there should be none
  // Of the calls that were not refused, good or late, from when each was to be sent: a client that
  // falls behind, or waits for an answer before it sends the next, would hide what it waited for.
  Latencies all;
  Latencies arrivals;
  Latencies departures;
  Latencies refusals;
  Latencies lag;  // by which calls were sent later than planned; empty when none was planned
  // Of the crossings recorded meanwhile, those of which comparison, decision and durable commit
  // took less than 20 ms. NaN of a service elsewhere.
  double recorded_soon_percent = 0;
  Usage usage;

  // By when calls ended: of those sent, some are only done when the queue is, after the end.
  double goodput() const { return static_cast<double>(done) / seconds; }

  // All but one in a hundred of those sent.
  bool NearlyAllAreGood() const {
    return sent > 0 && static_cast<double>(good) >= 0.99 * static_cast<double>(sent);
  }

  // Why the step proves nothing, one line for each reason; empty when all is well: something
  // failed, or the service's limits of one caller were hit, which is no saturation.
  std::vector<std::string> Faults() const;
};

// Sends arrivals and departures.
class Driver {
 public:
  Driver(const Target& target, std::vector<Face> faces, LoadOptions options);

  // Lets so many travelers arrive, so that there is somebody to depart. Throws when one is refused.
  void Prepare(int travelers);
  // At planned times, whether or not earlier ones were answered. Blocks until the last call has
  // ended.
  Step Run(const std::string& name, double rate, std::chrono::milliseconds warm_up,
           std::chrono::milliseconds duration);
  // As many under way all the time as there are lanes: the most that the service does, as no worker
  // is ever idle. They have time enough, so that none is refused. Blocks until the last call has
  // ended.
  Step Saturate(const std::string& name, std::chrono::milliseconds warm_up,
                std::chrono::milliseconds duration);

 private:
  using Clock = std::chrono::steady_clock;
  struct Traveler {
    std::string document_number;
    size_t face;
  };
  // What is measured, and when.
  struct Window {
    Step& step;
    Clock::time_point begin;
    Clock::time_point end;
    bool Has(Clock::time_point time) const { return begin <= time && time < end; }
  };
  struct Order {
    Clock::time_point planned;
    std::chrono::milliseconds allowed;  // from then to its deadline
    const Window* window = nullptr;     // null when nothing is measured
  };

  Traveler NextToArrive();
  // One who has arrived; with none left, somebody who has departed before. Blocks while all are on
  // their way.
  Traveler NextToDepart();
  void Send(const Order& order);
  void SendArrival(const Lane& lane, const Order& order);
  void SendDeparture(const Lane& lane, const Order& order);
  // Starts a call. `start` is given what it needs and the callback; `judge` is given, under the
  // lock, how the call ended and its answer, and returns what is wrong with that of one that
  // succeeded (empty: nothing).
  template <typename Response, typename Request, typename Start, typename Judge>
  void Launch(Request request, const Start& start, Judge judge, Latencies Step::*kind,
              const Order& order);
  // Of a call that has ended. `wrong`: what is wrong with the answer of one that succeeded.
  // Requires: the lock.
  static void Note(const grpc::Status& status, const std::string& reason, const std::string& wrong,
                   double milliseconds, Latencies Step::*kind, Step& step);
  // Blocks until fewer calls than `limit` are under way.
  void AwaitFewerThan(size_t limit);

  const Target& target_;
  const std::vector<Face> faces_;
  const LoadOptions options_;
  std::mt19937 random_{20261126};
  size_t arrivals_ = 0;
  size_t calls_ = 0;

  std::mutex mutex_;
  std::condition_variable ended_;
  size_t under_way_ = 0;
  std::deque<Traveler> arrived_;
  std::deque<Traveler> departed_;
};

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_LOAD_DRIVER_H_
