#ifndef ENTRYEXIT_CORE_STAY_ALLOWANCE_H_
#define ENTRYEXIT_CORE_STAY_ALLOWANCE_H_

#include <optional>
#include <vector>

#include "entryexit/core/clock.h"

namespace entryexit::core {

// A limit on the days of stay in a moving window, as for short stays in the Schengen area: "90 days
// in any 180-day period, which entails considering the 180-day period preceding each day of stay"
// (Regulation (EU) 2016/399, article 6(1)). Day d is lawful when of the days d-179 to d at most 90
// are days of stay, d among them. The day of entry and the day of exit both count (article 6(2)).
struct WindowRule {
  int days = 90;          // 1..window_days - 1
  int window_days = 180;  // 2..3660

  friend auto operator<=>(const WindowRule&, const WindowRule&) = default;
};

// A stay in calendar days at the port. Both days count. Requires: first <= last.
struct StayDays {
  Date first;
  Date last;

  friend auto operator<=>(const StayDays&, const StayDays&) = default;
};

struct StayAllowance {
  int days_used;       // days of stay among the `window_days` days that end on the day asked for
  int remaining_days;  // the longest lawful stay from that day on; 0: not even that day is lawful
  std::optional<Date> last_lawful_day;  // of that stay; absent when there is none

  friend auto operator<=>(const StayAllowance&, const StayAllowance&) = default;
};

// What a traveler with these stays may still stay when in the country from `day` on. Days of
// earlier stays drop out of the window on the way, so this is not "90 minus those used". Days of
// stay after `day` are taken as not lived yet. The stays may overlap and come in any order; a day
// counts once.
StayAllowance AllowanceOn(Date day, const std::vector<StayDays>& stays, const WindowRule& rule);

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_STAY_ALLOWANCE_H_
