#ifndef ENTRYEXIT_CORE_CLOCK_H_
#define ENTRYEXIT_CORE_CLOCK_H_

#include <chrono>

namespace entryexit::core {

// A moment, UTC, to the microsecond (PostgreSQL's own resolution).
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

// A calendar day at a port, in that port's time zone.
using Date = std::chrono::sys_days;

// The last calendar day that is over at every port on Earth: west of the date line, in UTC-12, a
// day ends at noon UTC of the next.
constexpr Date LastDayOver(Timestamp now) {
  return std::chrono::floor<std::chrono::days>(now - std::chrono::hours(12)) - std::chrono::days(1);
}

// The first moment at which `day` is over everywhere.
constexpr Timestamp EndEverywhere(Date day) {
  return day + std::chrono::days(1) + std::chrono::hours(12);
}

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
