#ifndef ENTRYEXIT_RPC_REFUSALS_H_
#define ENTRYEXIT_RPC_REFUSALS_H_

#include <chrono>
#include <map>
#include <string>

#include "entryexit/core/mutex.h"
#include "entryexit/rpc/metrics.h"

namespace entryexit::rpc {

// What the operator is told of callers who are turned away before their call is worked on: each is
// counted, and logged unless another was for the same reason a moment ago, so that whoever is
// refused cannot fill the disk with it. Thread-safe.
class Refusals {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `metrics` must outlive the object.
  explicit Refusals(Metrics& metrics) : metrics_(metrics) {}

  // Whether a call that ended with this reason was refused to its caller as such.
  static bool Are(const std::string& reason);

  // `reason` is one of a closed list; `details` is for the log: who, from where, what.
  void Tell(const std::string& reason, const std::string& details, Time now) EXCLUDES(mutex_);

 private:
  struct Told {
    Time at;
    long withheld = 0;  // since then
  };

  Metrics& metrics_;
  core::Mutex mutex_;
  std::map<std::string, Told> told_ GUARDED_BY(mutex_);  // by reason
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_REFUSALS_H_
