#include "rpc/stream_checker.h"

#include <chrono>
#include <utility>

#include "entryexit/core/clock.h"

namespace entryexit::rpc {
namespace {

constexpr std::chrono::seconds kCheckStreamsEvery{2};

}  // namespace

StreamChecker::StreamChecker(std::function<void()> check)
    : check_(std::move(check)), thread_([this] { Watch(); }) {}

StreamChecker::~StreamChecker() { Stop(); }

void StreamChecker::Stop() {
  {
    const core::MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void StreamChecker::Watch() {
  while (Pause()) check_();
}

bool StreamChecker::Pause() {
  const core::Deadline next = std::chrono::steady_clock::now() + kCheckStreamsEvery;
  const core::MutexLock lock(mutex_);
  while (!stopping_ && stop_.WaitUntil(mutex_, next)) {
  }
  return !stopping_;
}

}  // namespace entryexit::rpc
