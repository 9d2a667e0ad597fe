#ifndef ENTRYEXIT_TESTS_SUPPORT_FAKE_CLOCK_H_
#define ENTRYEXIT_TESTS_SUPPORT_FAKE_CLOCK_H_

#include <atomic>

#include "entryexit/core/clock.h"

namespace entryexit::testing {

// Stands still unless moved. Thread-safe.
class FakeClock final : public core::Clock {
 public:
  explicit FakeClock(core::Timestamp now) : now_(now) {}

  core::Timestamp Now() const override { return now_; }
  void Set(core::Timestamp now) { now_ = now; }

 private:
  std::atomic<core::Timestamp> now_;
};

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_SUPPORT_FAKE_CLOCK_H_
