#ifndef ENTRYEXIT_CORE_STAYS_H_
#define ENTRYEXIT_CORE_STAYS_H_

#include <optional>
#include <string>
#include <vector>

#include "entryexit/core/admission.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/crossings.h"
#include "entryexit/core/ids.h"

namespace entryexit::core {

enum class StayState {
  kOpen,                  // arrived; no departure known
  kClosed,                // arrived and departed
  kDepartureNotRecorded,  // arrived, and arrived again without a departure between
  kDepartureUnconfirmed,  // arrived, and departed by the document, but the face was not matched
};
// "OPEN", "CLOSED", "DEPARTURE_NOT_RECORDED", "DEPARTURE_UNCONFIRMED"
const char* NameOf(StayState state);

struct Stay {
  StayState state = StayState::kOpen;
  CrossingId arrival_id;
  Timestamp arrived_at;
  Date arrived_on;
  std::string class_of_admission;        // on arrival
  std::optional<Date> authorized_until;  // the last lawful day; absent: no day ends the stay
  // An application filed on that day is undecided that lets the traveler stay until it is decided:
  // the stay is no overstay.
  std::optional<Date> pending_since;
  std::optional<Date> adult_on;  // the traveler's 18th birthday; absent: not known
  // Present when closed, and when that is unconfirmed.
  std::optional<CrossingId> departure_id;
  std::optional<Timestamp> departed_at;
  std::optional<Date> departed_on;

  friend bool operator==(const Stay&, const Stay&) = default;
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
  int days_before_18 = 0;   // of those, lived before the 18th birthday

  friend auto operator<=>(const Flag&, const Flag&) = default;
};

// All that is known of one traveler's movements.
struct TravelerEvents {
  std::vector<CrossingEvent> crossings;  // as recorded
  std::vector<AdmissionChange> changes;
  std::optional<Date> birth_date;
  std::vector<CrossingCorrection> corrections = {};
};

struct StayHistory {
  std::vector<Stay> stays;  // by arrival time
  std::vector<Flag> flags;  // by crossing time
  // The days that count against the limit on days in a moving window: those of stays that were
  // admitted under such a rule, until a change of status took the traveler out of it. An open
  // stay's last day is Date::max(); of a stay whose departure was not recorded only the day of
  // arrival is known.
  std::vector<StayDays> window_stays;
};

// Computes all stays and flags of one traveler. A pure function of the set of events: their order
// does not matter. Crossings are taken as their latest corrections say; those that were voided
// count nowhere. Crossings at the same moment count arrival first.
//
// An application bears on the stay in which it was filed; one for adjustment of status also on
// later stays, while it is undecided or when it is decided in them. Filed on or before the last day
// granted it was in time, and until it is decided the traveler may stay (8 CFR 214.1(c)(4) and
// 248.1(b); the time pending is a period of authorized stay under 8 U.S.C. 1182(a)(9)(B)). Filed
// later it changes nothing until it is granted, save that a pending adjustment suspends an overstay
// in any case. Of several grants the one made last is in force.
StayHistory ComputeStays(const TravelerEvents& events);

// What counts of these reports: one of each application, those in error left out, by filing.
std::vector<AdmissionChange> ApplicationsOf(const std::vector<AdmissionChange>& reports);

enum class OverstayKind {
  kOutOfCountry,        // departed late
  kSuspectedInCountry,  // no departure recorded, authorization over
};
const char* NameOf(OverstayKind kind);  // "OUT_OF_COUNTRY", "SUSPECTED_IN_COUNTRY"

struct Overstay {
  OverstayKind kind;
  int days;  // > 0; calendar days at the port after the last lawful day
  // Of those, lived before the 18th birthday: they bring no bar on a later admission (8 U.S.C.
  // 1182(a)(9)(B)(iii)(I)).
  int days_before_18 = 0;

  friend auto operator<=>(const Overstay&, const Overstay&) = default;
};

// How grave the overstay is by 8 U.S.C. 1182(a)(9)(B)(i), which bars admission for three years
// after more than 180 days but less than a year, and for ten after a year or more.
enum class OverstayBand { kUpTo180Days, kOver180Days, kYearOrMore };
const char* NameOf(OverstayBand band);  // "UP_TO_180_DAYS", "OVER_180_DAYS", "YEAR_OR_MORE"

// The band of the days from the 18th birthday on; none when all were before it.
std::optional<OverstayBand> BandOf(const Overstay& overstay);

// The overstay that `stay` is on day `as_of`, if any. A stay whose departure was not recorded is
// none: that it ended is known, when is not. Nor is one whose departure is unconfirmed: who
// departed is for an officer to find. Nor is one with an application pending.
std::optional<Overstay> OverstayOf(const Stay& stay, Date as_of);

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_STAYS_H_
