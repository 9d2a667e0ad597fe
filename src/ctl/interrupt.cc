#include "ctl/interrupt.h"

#include <signal.h>

#include <ctime>
#include <stop_token>
#include <utility>

namespace entryexit::ctl {
namespace {

sigset_t EndingSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

InterruptGuard::InterruptGuard() {
  const sigset_t signals = EndingSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void InterruptGuard::Watch(std::function<void()> interrupted) {
  waiter_ = std::jthread([this, call = std::move(interrupted)](std::stop_token stop) {
    const sigset_t signals = EndingSignals();
    const timespec pause{.tv_sec = 0, .tv_nsec = 100'000'000};
    while (!stop.stop_requested()) {
      if (sigtimedwait(&signals, nullptr, &pause) > 0) {
        interrupted_ = true;
        call();
        return;
      }
    }
  });
}

void InterruptGuard::Stop() {
  waiter_.request_stop();
  if (waiter_.joinable()) waiter_.join();
}

InterruptGuard::~InterruptGuard() {
  Stop();
  const sigset_t signals = EndingSignals();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace entryexit::ctl
