#ifndef ENTRYEXIT_CORE_CROSSINGS_H_
#define ENTRYEXIT_CORE_CROSSINGS_H_

#include <optional>
#include <vector>

#include "entryexit/core/admission.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/ids.h"

namespace entryexit::core {

enum class Direction { kArrival, kDeparture };
const char* NameOf(Direction direction);  // "ARRIVAL", "DEPARTURE"

// A crossing as the stay rules see it.
struct CrossingEvent {
  CrossingId id;
  Direction direction;
  Timestamp captured_at;
  Date local_date;                     // the calendar day of `captured_at` at the port
  std::optional<Admission> admission;  // present on arrivals
  // Departures: the face was compared and not matched, and no officer found it to be the
  // traveler's.
  bool in_doubt = false;

  friend auto operator<=>(const CrossingEvent&, const CrossingEvent&) = default;
};

// What a crossing should have said. It says all that is corrected: what it leaves absent is as
// recorded, also when an earlier correction said otherwise.
struct CrossingCorrection {
  CrossingId crossing_id;
  int revision = 1;     // 1..1000; of the corrections of one crossing the greatest counts
  bool voided = false;  // the crossing did not happen, or was another person's
  // Both or neither.
  std::optional<Timestamp> captured_at;
  std::optional<Date> local_date;
  std::optional<Admission> admission;  // of an arrival

  friend auto operator<=>(const CrossingCorrection&, const CrossingCorrection&) = default;
};

// The crossings as their latest corrections say, without those that were voided; in no particular
// order. A pure function of the two sets: the order of neither matters.
std::vector<CrossingEvent> Corrected(const std::vector<CrossingEvent>& crossings,
                                     const std::vector<CrossingCorrection>& corrections);

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_CROSSINGS_H_
