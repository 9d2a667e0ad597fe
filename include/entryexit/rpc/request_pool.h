#ifndef ENTRYEXIT_RPC_REQUEST_POOL_H_
#define ENTRYEXIT_RPC_REQUEST_POOL_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/mutex.h"

namespace entryexit::rpc {

// The threads on which calls do their work, so that the threads that serve the network never
// block, and a queue before them that is never longer than it may be. Thread-safe.
class RequestPool {
 public:
  struct Job {
    core::Deadline deadline;
    // Whether nobody waits for the answer any more. Must not block.
    std::function<bool()> is_cancelled;
    // Called exactly once, on a thread of the pool: with OK to do the work, or with the error to
    // answer instead (DEADLINE_EXCEEDED, CANCELLED, SHUTTING_DOWN). Must not throw.
    std::function<void(const absl::Status&)> run;
  };

  // Requires: threads > 0.
  RequestPool(int threads, size_t queue_capacity);
  // Stops.
  ~RequestPool();

  // Never blocks. Errors, upon which `job` was not taken: OVERLOADED, SHUTTING_DOWN.
  absl::Status Post(Job job) EXCLUDES(mutex_);

  // Jobs that wait for a thread.
  size_t depth() const EXCLUDES(mutex_);

  // Lets the jobs under way end, answers those that wait with SHUTTING_DOWN, and joins the threads.
  void Stop() EXCLUDES(mutex_);

 private:
  void Work() EXCLUDES(mutex_);
  // Waits for a job. False when stopped and none is left.
  bool Take(Job& job, bool& stopping) EXCLUDES(mutex_);

  const size_t queue_capacity_;
  mutable core::Mutex mutex_;
  core::CondVar changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::deque<Job> jobs_ GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_REQUEST_POOL_H_
