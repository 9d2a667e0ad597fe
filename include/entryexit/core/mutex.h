#ifndef ENTRYEXIT_CORE_MUTEX_H_
#define ENTRYEXIT_CORE_MUTEX_H_

#include <chrono>
#include <condition_variable>
#include <mutex>

// Brings in a GUARDED_BY of the same meaning, which must not come after ours.
#include "absl/status/status.h"

// std::mutex with the annotations that clang's -Wthread-safety checks: which lock guards which
// member, and which function wants it held. They mean nothing to other compilers.
#if defined(__clang__)
#define ENTRYEXIT_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define ENTRYEXIT_THREAD_ATTRIBUTE(x)
#endif

#ifndef GUARDED_BY
#define GUARDED_BY(mutex) ENTRYEXIT_THREAD_ATTRIBUTE(guarded_by(mutex))
#endif
#define REQUIRES(...) ENTRYEXIT_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) ENTRYEXIT_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))

namespace entryexit::core {

class ENTRYEXIT_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void Lock() ENTRYEXIT_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void Unlock() ENTRYEXIT_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

// Holds the mutex during its scope.
class ENTRYEXIT_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ENTRYEXIT_THREAD_ATTRIBUTE(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() ENTRYEXIT_THREAD_ATTRIBUTE(release_capability()) { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Wakes may be spurious: wait in a loop that looks at the condition.
class CondVar {
 public:
  void Wait(Mutex& mutex) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }

  // False once `deadline` has passed.
  bool WaitUntil(Mutex& mutex, std::chrono::steady_clock::time_point deadline) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const std::cv_status status = condition_.wait_until(lock, deadline);
    lock.release();
    return status == std::cv_status::no_timeout;
  }

  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_MUTEX_H_
