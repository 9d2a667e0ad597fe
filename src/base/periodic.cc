#include "entryexit/base/periodic.h"

#include <utility>

#include "entryexit/core/clock.h"

namespace entryexit::base {

Periodic::Periodic(std::chrono::milliseconds period, std::function<void()> work)
    : period_(period), thread_([this, work = std::move(work)] {
        do {
          work();
        } while (Pause());
      }) {}

Periodic::~Periodic() { Stop(); }

void Periodic::Stop() {
  {
    const core::MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

bool Periodic::Pause() {
  const core::Deadline next = std::chrono::steady_clock::now() + period_;
  const core::MutexLock lock(mutex_);
  while (!stopping_ && stop_.WaitUntil(mutex_, next)) {
  }
  return !stopping_;
}

}  // namespace entryexit::base
