#ifndef ENTRYEXIT_CORE_STAYS_H_
#define ENTRYEXIT_CORE_STAYS_H_

#include <optional>
#include <string>
#include <vector>

#include "entryexit/core/clock.h"
#include "entryexit/core/ids.h"

namespace entryexit::core {

enum class Direction { kArrival, kDeparture };
const char* NameOf(Direction direction);  // "ARRIVAL", "DEPARTURE"

// What the inspector granted on arrival.
struct Admission {
  std::string class_of_admission;        // e.g. "B-2"
  std::optional<Date> authorized_until;  // the last lawful day; absent: duration of status
};

// A crossing as the stay rules see it.
struct CrossingEvent {
  CrossingId id;
  Direction direction;
  Timestamp captured_at;
  Date local_date;                     // the calendar day of `captured_at` at the port
  std::optional<Admission> admission;  // present on arrivals
};

enum class StayState {
  kOpen,                  // arrived; no departure known
  kClosed,                // arrived and departed
  kDepartureNotRecorded,  // arrived, and arrived again without a departure between
};
const char* NameOf(StayState state);  // "OPEN", "CLOSED", "DEPARTURE_NOT_RECORDED"

struct Stay {
  StayState state = StayState::kOpen;
  CrossingId arrival_id;
  Timestamp arrived_at;
  Date arrived_on;
  std::string class_of_admission;
  std::optional<Date> authorized_until;
  // Present when closed.
  std::optional<CrossingId> departure_id;
  std::optional<Timestamp> departed_at;
  std::optional<Date> departed_on;
};

// What the history shows and an officer should see.
enum class FlagKind {
  kOverstay,                 // departed after the last lawful day (out-of-country overstay)
  kDepartureWithoutArrival,  // a departure while no stay was open
  kArrivalOnOpenStay,        // an arrival while a stay was open: a departure is missing
};

struct Flag {
  FlagKind kind;
  CrossingId crossing_id;   // the crossing that shows it
  int days_overstayed = 0;  // > 0 for overstays

  friend auto operator<=>(const Flag&, const Flag&) = default;
};

struct StayHistory {
  std::vector<Stay> stays;  // by arrival time
  std::vector<Flag> flags;  // by crossing time
};

// Computes all stays and flags of one traveler. A pure function of the set of crossings: their
// order in `crossings` does not matter. Crossings at the same moment count arrival first.
StayHistory ComputeStays(std::vector<CrossingEvent> crossings);

enum class OverstayKind {
  kOutOfCountry,        // departed late
  kSuspectedInCountry,  // no departure recorded, authorization over
};
const char* NameOf(OverstayKind kind);  // "OUT_OF_COUNTRY", "SUSPECTED_IN_COUNTRY"

struct Overstay {
  OverstayKind kind;
  int days;  // > 0; calendar days at the port after the last lawful day
};

// The overstay that `stay` is on day `as_of`, if any. A stay whose departure was not recorded is
// none: that it ended is known, when is not.
std::optional<Overstay> OverstayOf(const Stay& stay, Date as_of);

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_STAYS_H_
