#ifndef ENTRYEXIT_SRC_CTL_INTERRUPT_H_
#define ENTRYEXIT_SRC_CTL_INTERRUPT_H_

#include <atomic>
#include <functional>
#include <thread>

namespace entryexit::ctl {

// While it lives, SIGINT and SIGTERM call a function instead of ending the program. Make it before
// other threads: only those made after it leave the signals to it.
class InterruptGuard {
 public:
  // `interrupted` is called at most once, on a thread of its own.
  explicit InterruptGuard(std::function<void()> interrupted);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  bool interrupted() const { return interrupted_; }

 private:
  std::atomic<bool> interrupted_ = false;
  std::jthread waiter_;
};

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_INTERRUPT_H_
