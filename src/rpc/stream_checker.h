#ifndef ENTRYEXIT_RPC_STREAM_CHECKER_H_
#define ENTRYEXIT_RPC_STREAM_CHECKER_H_

#include <functional>
#include <thread>

#include "entryexit/core/mutex.h"

namespace entryexit::rpc {

// Has the callers of open streams looked at every few seconds, on a thread of its own: a stream may
// go on for days after its certificate was taken back. Thread-safe.
class StreamChecker {
 public:
  // `check` is called on the checker's thread.
  explicit StreamChecker(std::function<void()> check);
  // Stops.
  ~StreamChecker();

  // `check` is not called afterwards.
  void Stop() EXCLUDES(mutex_);

 private:
  void Watch() EXCLUDES(mutex_);
  // Waits for the next time to check. False when stopped.
  bool Pause() EXCLUDES(mutex_);

  const std::function<void()> check_;
  core::Mutex mutex_;
  core::CondVar stop_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_STREAM_CHECKER_H_
