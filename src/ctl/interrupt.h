#ifndef ENTRYEXIT_SRC_CTL_INTERRUPT_H_
#define ENTRYEXIT_SRC_CTL_INTERRUPT_H_

#include <functional>
#include <thread>

namespace entryexit::ctl {

// While it lives, SIGINT and SIGTERM call a function instead of ending the program. One at a time.
class InterruptGuard {
 public:
  // `on_interrupt` is called at most once, on a thread of its own and within a tenth of a second.
  explicit InterruptGuard(std::function<void()> on_interrupt);
  // Waits for a call that is under way.
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  // Whether a signal came.
  static bool interrupted();

 private:
  std::jthread waiter_;
};

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_INTERRUPT_H_
