#ifndef ENTRYEXIT_SRC_CTL_INTERRUPT_H_
#define ENTRYEXIT_SRC_CTL_INTERRUPT_H_

#include <atomic>
#include <functional>
#include <thread>

namespace entryexit::ctl {

// While it lives, SIGINT and SIGTERM call a function instead of ending the program. Make it before
// anything that starts threads, as every object of gRPC does: only threads made after it leave the
// signals to it.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  // From now on a signal calls `interrupted`, at most once and on a thread of its own. Signals that
  // came before count. Call it once; what it refers to must outlive the guard or `Stop`.
  void Watch(std::function<void()> interrupted);

  // Waits for a call that is under way; there is none afterwards.
  void Stop();

  bool interrupted() const { return interrupted_; }

 private:
  std::atomic<bool> interrupted_ = false;
  std::jthread waiter_;
};

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_INTERRUPT_H_
