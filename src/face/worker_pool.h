#ifndef ENTRYEXIT_FACE_WORKER_POOL_H_
#define ENTRYEXIT_FACE_WORKER_POOL_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "entryexit/core/clock.h"
#include "entryexit/core/mutex.h"

namespace entryexit::face {

// Workers that one caller at a time may use. Of those who wait, the one whose deadline comes first
// gets the next: a traveler at a lane before a backlog, which has more time. Thread-safe.
template <typename Worker>
class WorkerPool {
 public:
  explicit WorkerPool(std::vector<std::unique_ptr<Worker>> workers) : idle_(std::move(workers)) {}

  // Null when the deadline passes first. A deadline in the past gets no worker, even an idle one.
  std::unique_ptr<Worker> Take(core::Deadline deadline) EXCLUDES(mutex_) {
    if (std::chrono::steady_clock::now() >= deadline) return nullptr;
    const core::MutexLock lock(mutex_);
    const Place own = waiting_.insert(deadline);
    while (!IsNext(own) && changed_.WaitUntil(mutex_, deadline)) {
    }
    std::unique_ptr<Worker> worker;
    if (IsNext(own)) {
      worker = std::move(idle_.back());
      idle_.pop_back();
    }
    waiting_.erase(own);
    // Another is the first now.
    if (!idle_.empty()) changed_.NotifyAll();
    return worker;
  }

  void Return(std::unique_ptr<Worker> worker) EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    idle_.push_back(std::move(worker));
    changed_.NotifyAll();
  }

  // How many wait.
  std::size_t waiting() const EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    return waiting_.size();
  }

 private:
  using Place = std::multiset<core::Deadline>::const_iterator;

  bool IsNext(Place own) const REQUIRES(mutex_) {
    return !idle_.empty() && waiting_.begin() == own;
  }

  mutable core::Mutex mutex_;
  core::CondVar changed_;
  std::vector<std::unique_ptr<Worker>> idle_ GUARDED_BY(mutex_);
  std::multiset<core::Deadline> waiting_ GUARDED_BY(mutex_);
};

}  // namespace entryexit::face

#endif  // ENTRYEXIT_FACE_WORKER_POOL_H_
