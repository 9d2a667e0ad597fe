#ifndef ENTRYEXIT_RPC_REQUEST_POOL_H_
#define ENTRYEXIT_RPC_REQUEST_POOL_H_

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/mutex.h"

namespace entryexit::rpc {

// The threads on which calls do their work, so that the threads that serve the network never
// block, and a queue before them that is never longer than it may be. Callers who wait are served
// in turns, so that none waits behind another's many calls. Thread-safe.
class RequestPool {
 public:
  struct Job {
    std::string caller;  // whose turn it takes
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

  // Never blocks. Errors, upon which `job` was not taken: OVERLOADED, with a RetryAfter, when the
  // queue is full or, by how long jobs have taken lately, its deadline cannot be met;
  // SHUTTING_DOWN.
  absl::Status Post(Job job) EXCLUDES(mutex_);

  // Jobs that wait for a thread.
  size_t depth() const EXCLUDES(mutex_);

  // Lets the jobs under way end, answers those that wait with SHUTTING_DOWN, and joins the threads.
  void Stop() EXCLUDES(mutex_);

 private:
  using Seconds = std::chrono::duration<double>;

  void Work() EXCLUDES(mutex_);
  // Waits for a job. False when stopped and none is left.
  bool Take(Job& job, bool& stopping) EXCLUDES(mutex_);
  // `worked`: how long, when the job was not merely answered.
  void Ended(std::optional<Seconds> worked) EXCLUDES(mutex_);

  absl::Status CheckRoom(const Job& job) const REQUIRES(mutex_);
  // Until a job that comes behind so many others is begun.
  Seconds WaitBehind(size_t jobs) const REQUIRES(mutex_);
  // How many of those that wait would be begun before another of this caller.
  size_t JobsBefore(const std::string& caller) const REQUIRES(mutex_);

  const size_t queue_capacity_;
  const int thread_count_;
  mutable core::Mutex mutex_;
  core::CondVar changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::map<std::string, std::deque<Job>> waiting_ GUARDED_BY(mutex_);  // by caller, none empty
  std::deque<std::string> turns_ GUARDED_BY(mutex_);  // those callers, whose turn is first first
  size_t depth_ GUARDED_BY(mutex_) = 0;
  int running_ GUARDED_BY(mutex_) = 0;
  Seconds typical_run_ GUARDED_BY(mutex_){0};  // how long jobs have taken lately
  std::vector<std::thread> threads_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_REQUEST_POOL_H_
