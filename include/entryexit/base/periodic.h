#ifndef ENTRYEXIT_BASE_PERIODIC_H_
#define ENTRYEXIT_BASE_PERIODIC_H_

#include <chrono>
#include <functional>
#include <thread>

#include "entryexit/core/mutex.h"

namespace entryexit::base {

// Does something again and again on a thread of its own: at once, and then each time `period` after
// it was done. Thread-safe.
class Periodic {
 public:
  Periodic(std::chrono::milliseconds period, std::function<void()> work);
  // Stops.
  ~Periodic();

  // Nothing is done afterwards. Blocks for as long as doing it once takes.
  void Stop() EXCLUDES(mutex_);

 private:
  // Waits for the next time. False when stopped.
  bool Pause() EXCLUDES(mutex_);

  const std::chrono::milliseconds period_;
  core::Mutex mutex_;
  core::CondVar stop_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace entryexit::base

#endif  // ENTRYEXIT_BASE_PERIODIC_H_
