#include "entryexit/core/stay_allowance.h"

#include <algorithm>

namespace entryexit::core {
namespace {

using std::chrono::days;

int Length(const StayDays& stay) { return static_cast<int>((stay.last - stay.first).count()) + 1; }

// The parts of the stays within `limits`, merged where they meet, by first day.
std::vector<StayDays> Within(std::vector<StayDays> stays, const StayDays& limits) {
  std::ranges::sort(stays);
  std::vector<StayDays> merged;
  for (StayDays stay : stays) {
    stay = {std::max(stay.first, limits.first), std::min(stay.last, limits.last)};
    if (stay.first > stay.last) continue;
    if (merged.empty() || stay.first > merged.back().last) {
      merged.push_back(stay);
    } else {
      merged.back().last = std::max(merged.back().last, stay.last);
    }
  }
  return merged;
}

int DaysOf(const std::vector<StayDays>& stays) {
  int sum = 0;
  for (const StayDays& stay : stays) sum += Length(stay);
  return sum;
}

}  // namespace

StayAllowance AllowanceOn(Date day, const std::vector<StayDays>& stays, const WindowRule& rule) {
  const auto window_until = [&](Date last) {
    return StayDays{last - days(rule.window_days - 1), last};
  };
  const int used = DaysOf(Within(stays, window_until(day)));
  // What was lived before `day`; from there on every day is a day of the stay that is asked about.
  const std::vector<StayDays> past = Within(stays, {window_until(day).first, day - days(1)});
  int remaining = 0;
  while (remaining < rule.days) {
    const Date next = day + days(remaining);
    const int past_days = DaysOf(Within(past, window_until(next)));
    if (past_days + remaining + 1 > rule.days) break;
    ++remaining;
  }
  StayAllowance allowance{used, remaining, std::nullopt};
  if (remaining > 0) allowance.last_lawful_day = day + days(remaining - 1);
  return allowance;
}

}  // namespace entryexit::core
