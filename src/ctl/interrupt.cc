#include "ctl/interrupt.h"

#include <signal.h>

#include <atomic>
#include <chrono>
#include <stop_token>
#include <utility>

namespace entryexit::ctl {
namespace {

// A handler and a flag, not a blocked signal that a thread waits for: libraries start threads
// before main, and the signal would end the program through one of those.
std::atomic<bool> signal_came = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

void NoteSignal(int) { signal_came = true; }

void Handle(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

InterruptGuard::InterruptGuard(std::function<void()> on_interrupt) {
  signal_came = false;
  Handle(NoteSignal);
  waiter_ = std::jthread([call = std::move(on_interrupt)](const std::stop_token& stop) {
    while (!signal_came) {
      if (stop.stop_requested()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    call();
  });
}

InterruptGuard::~InterruptGuard() {
  waiter_.request_stop();
  waiter_.join();
  Handle(SIG_DFL);
}

bool InterruptGuard::interrupted() { return signal_came; }

}  // namespace entryexit::ctl
