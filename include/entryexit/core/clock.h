#ifndef ENTRYEXIT_CORE_CLOCK_H_
#define ENTRYEXIT_CORE_CLOCK_H_

#include <chrono>

namespace entryexit::core {

// A moment, UTC, to the microsecond (PostgreSQL's own resolution).
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

// A calendar day at a port, in that port's time zone.
using Date = std::chrono::sys_days;

// When an answer stops being of use. Monotonic, so that a clock set back does not prolong it.
using Deadline = std::chrono::steady_clock::time_point;

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp Now() const override {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
};

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_CLOCK_H_
