#include "entryexit/core/stays.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <tuple>
#include <utility>

namespace entryexit::core {
namespace {

using std::chrono::days;

// Overstays of more than the first, and of at least the second, bar admission for 3 and 10 years.
constexpr int kThreeYearBarDays = 180;
constexpr int kTenYearBarDays = 365;

int DaysAfter(Date day, Date last_lawful_day) {
  return static_cast<int>((day - last_lawful_day).count());
}

Stay Opened(const CrossingEvent& arrival) {
  Stay stay;
  stay.arrival_id = arrival.id;
  stay.arrived_at = arrival.captured_at;
  stay.arrived_on = arrival.local_date;
  if (arrival.admission) stay.class_of_admission = arrival.admission->class_of_admission;
  return stay;
}

void Close(Stay& stay, const CrossingEvent& departure) {
  stay.state = departure.in_doubt ? StayState::kDepartureUnconfirmed : StayState::kClosed;
  stay.departure_id = departure.id;
  stay.departed_at = departure.captured_at;
  stay.departed_on = departure.local_date;
}

// The stays as the crossings give them, not yet authorized; every departure that closes one has a
// flag of an overstay of 0 days.
struct Walk {
  StayHistory history;
  std::vector<Admission> admissions;  // of each stay, on arrival
};

Walk WalkThrough(const std::vector<CrossingEvent>& crossings) {
  Walk walk;
  auto& [stays, flags, window_stays] = walk.history;
  for (const CrossingEvent& crossing : crossings) {
    Stay* open = stays.empty() || stays.back().state != StayState::kOpen ? nullptr : &stays.back();
    if (crossing.direction == Direction::kArrival) {
      if (open != nullptr) {
        open->state = StayState::kDepartureNotRecorded;
        flags.push_back({FlagKind::kArrivalOnOpenStay, crossing.id});
      }
      stays.push_back(Opened(crossing));
      walk.admissions.push_back(crossing.admission.value_or(Admission{}));
    } else if (open == nullptr) {
      flags.push_back({FlagKind::kDepartureWithoutArrival, crossing.id});
    } else {
      Close(*open, crossing);
      flags.push_back({FlagKind::kOverstay, crossing.id});
    }
  }
  return walk;
}

// Of each application the report that counts, by filing.
std::vector<AdmissionChange> LatestReports(const std::vector<AdmissionChange>& changes) {
  // By the whole report where revision and day do not tell, so that the order of the reports does
  // not.
  const auto before = [](const AdmissionChange& a, const AdmissionChange& b) {
    return std::tie(a.revision, a.decided_on, a) < std::tie(b.revision, b.decided_on, b);
  };
  std::map<std::string, AdmissionChange> latest;
  for (const AdmissionChange& change : changes) {
    const auto [known, is_new] = latest.try_emplace(change.application_id, change);
    if (!is_new && before(known->second, change)) known->second = change;
  }
  std::vector<AdmissionChange> applications;
  for (auto& [id, change] : latest) {
    if (change.decision != AdmissionDecision::kRecordedInError) {
      applications.push_back(std::move(change));
    }
  }
  std::ranges::stable_sort(applications, {}, &AdmissionChange::filed_on);
  return applications;
}

// Whether the application bears on the stay: filed in it (on a day of re-entry, in the one that
// begins), or an adjustment of status that was not decided before it. Whoever leaves the country
// gives up any other application.
bool BearsOn(const AdmissionChange& change, const Stay& stay, std::optional<Date> next_arrival) {
  if (stay.departed_on && change.filed_on > *stay.departed_on) return false;
  if (next_arrival && change.filed_on >= *next_arrival) return false;
  if (change.filed_on >= stay.arrived_on) return true;
  return change.kind == AdmissionChangeKind::kAdjustmentOfStatus &&
         (!change.decided_on || *change.decided_on >= stay.arrived_on);
}

std::vector<AdmissionChange> BearingOn(const Stay& stay, std::optional<Date> next_arrival,
                                       const std::vector<AdmissionChange>& applications) {
  std::vector<AdmissionChange> bearing;
  std::ranges::copy_if(
      applications, std::back_inserter(bearing),
      [&](const AdmissionChange& change) { return BearsOn(change, stay, next_arrival); });
  return bearing;
}

// The days of the stay, as far as they are known.
StayDays DaysOf(const Stay& stay) {
  switch (stay.state) {
    case StayState::kOpen:
      return {stay.arrived_on, Date::max()};
    case StayState::kClosed:
    case StayState::kDepartureUnconfirmed:
      // Departing across the date line can come a calendar day before arriving.
      return {stay.arrived_on, std::max(stay.arrived_on, *stay.departed_on)};
    case StayState::kDepartureNotRecorded:
      break;
  }
  return {stay.arrived_on, stay.arrived_on};
}

// The last lawful day of one admitted to a stay that began on `arrived_on`, the days of earlier
// stays given; the day before arrival when not even that one is lawful.
std::optional<Date> LastLawfulDay(const Admission& admission, Date arrived_on,
                                  const std::vector<StayDays>& earlier) {
  if (!admission.window) return admission.authorized_until;
  // A commuter has thousands of stays, of which few reach into the window.
  const Date first = arrived_on - days(admission.window->window_days);
  std::vector<StayDays> recent;
  std::ranges::copy_if(earlier, std::back_inserter(recent),
                       [&](const StayDays& stay) { return stay.last >= first; });
  const Date by_window = AllowanceOn(arrived_on, recent, *admission.window)
                             .last_lawful_day.value_or(arrived_on - days(1));
  return std::min(admission.authorized_until.value_or(by_window), by_window);
}

// How long a stay is lawful, as the applications that bear on it are gone through by filing.
class Authorized {
 public:
  explicit Authorized(std::optional<Date> on_arrival) : granted_until_(on_arrival) {}

  void Add(const AdmissionChange& change) {
    // Only what was granted lets one file in time: who files a second time while the first
    // application is pending has no right to stay when that is denied.
    const bool in_time = !granted_until_ || change.filed_on <= *granted_until_;
    if (change.decision == AdmissionDecision::kPending) {
      const bool suspends = in_time || change.kind == AdmissionChangeKind::kAdjustmentOfStatus;
      if (suspends && granted_until_ && !pending_since_) pending_since_ = change.filed_on;
      return;
    }
    if (in_time) decided_on_ = std::max(decided_on_, change.decided_on);
    // Of several grants the last one made is in force, in whatever order they were asked for.
    if (change.decision == AdmissionDecision::kGranted && change.decided_on >= grant_made_on_) {
      grant_made_on_ = change.decided_on;
      granted_until_ = change.granted->authorized_until;
    }
  }

  // The last day granted, or the one on which what was filed in time was decided.
  std::optional<Date> until() const {
    if (!granted_until_ || !decided_on_) return granted_until_;
    return std::max(*granted_until_, *decided_on_);
  }
  std::optional<Date> pending_since() const { return until() ? pending_since_ : std::nullopt; }

 private:
  std::optional<Date> granted_until_;  // absent: no day ends the stay
  std::optional<Date> grant_made_on_;  // absent: on arrival
  std::optional<Date> decided_on_;     // the last such day
  std::optional<Date> pending_since_;
};

// The days of the stay that count in a window: until the traveler was granted another class.
// "Periods of stay authorised under a residence permit or a long-stay visa shall not be taken into
// account" (Regulation (EU) 2016/399, article 6(2)).
StayDays CountedDays(const Stay& stay, const std::vector<AdmissionChange>& bearing) {
  StayDays counted = DaysOf(stay);
  for (const AdmissionChange& change : bearing) {
    if (change.granted && change.granted->class_of_admission != stay.class_of_admission) {
      counted.last = std::min(counted.last, *change.decided_on - days(1));
    }
  }
  return counted;
}

// Works out how long the stay was lawful, and adds its days to those that count in a window.
void Authorize(const Admission& admission, const std::vector<AdmissionChange>& bearing, Stay& stay,
               std::vector<StayDays>& window_stays) {
  Authorized authorized(LastLawfulDay(admission, stay.arrived_on, window_stays));
  for (const AdmissionChange& change : bearing) authorized.Add(change);
  stay.authorized_until = authorized.until();
  stay.pending_since = authorized.pending_since();
  const StayDays counted = CountedDays(stay, bearing);
  if (admission.window && counted.first <= counted.last) window_stays.push_back(counted);
}

void FlagOverstays(StayHistory& history) {
  std::map<CrossingId, const Stay*> closed;
  for (const Stay& stay : history.stays) {
    if (stay.departure_id) closed.emplace(*stay.departure_id, &stay);
  }
  std::erase_if(history.flags, [&](Flag& flag) {
    if (flag.kind != FlagKind::kOverstay) return false;
    const Stay& stay = *closed.at(flag.crossing_id);
    const std::optional<Overstay> overstay = OverstayOf(stay, *stay.departed_on);
    if (!overstay) return true;
    flag.days_overstayed = overstay->days;
    flag.days_before_18 = overstay->days_before_18;
    return false;
  });
}

// One born on 29 February turns 18 on 1 March.
Date EighteenthBirthday(Date birth_date) {
  return std::chrono::year_month_day(birth_date) + std::chrono::years(18);
}

// The overstay of one who was in the country until `last`.
std::optional<Overstay> Overstayed(OverstayKind kind, const Stay& stay, Date last) {
  const int overstayed = DaysAfter(last, *stay.authorized_until);
  if (overstayed <= 0) return std::nullopt;
  const int as_minor =
      stay.adult_on ? DaysAfter(*stay.adult_on - days(1), *stay.authorized_until) : 0;
  return Overstay{kind, overstayed, std::clamp(as_minor, 0, overstayed)};
}

}  // namespace

const char* NameOf(StayState state) {
  switch (state) {
    case StayState::kOpen:
      return "OPEN";
    case StayState::kClosed:
      return "CLOSED";
    case StayState::kDepartureNotRecorded:
      return "DEPARTURE_NOT_RECORDED";
    case StayState::kDepartureUnconfirmed:
      return "DEPARTURE_UNCONFIRMED";
  }
  return "UNKNOWN";
}

const char* NameOf(OverstayKind kind) {
  return kind == OverstayKind::kOutOfCountry ? "OUT_OF_COUNTRY" : "SUSPECTED_IN_COUNTRY";
}

const char* NameOf(OverstayBand band) {
  switch (band) {
    case OverstayBand::kUpTo180Days:
      return "UP_TO_180_DAYS";
    case OverstayBand::kOver180Days:
      return "OVER_180_DAYS";
    case OverstayBand::kYearOrMore:
      return "YEAR_OR_MORE";
  }
  return "UNKNOWN";
}

StayHistory ComputeStays(const TravelerEvents& events) {
  std::vector<CrossingEvent> crossings = Corrected(events.crossings, events.corrections);
  std::ranges::sort(crossings, {}, [](const CrossingEvent& crossing) {
    return std::tie(crossing.captured_at, crossing.direction, crossing.id);
  });
  Walk walk = WalkThrough(crossings);
  StayHistory& history = walk.history;
  const std::vector<AdmissionChange> applications = LatestReports(events.changes);
  for (size_t i = 0; i < history.stays.size(); ++i) {
    Stay& stay = history.stays[i];
    if (events.birth_date) stay.adult_on = EighteenthBirthday(*events.birth_date);
    const auto next_arrival = i + 1 < history.stays.size()
                                  ? std::optional(history.stays[i + 1].arrived_on)
                                  : std::nullopt;
    Authorize(walk.admissions[i], BearingOn(stay, next_arrival, applications), stay,
              history.window_stays);
  }
  FlagOverstays(history);
  return history;
}

std::vector<AdmissionChange> ApplicationsOf(const std::vector<AdmissionChange>& reports) {
  return LatestReports(reports);
}

std::optional<OverstayBand> BandOf(const Overstay& overstay) {
  const int counted = overstay.days - overstay.days_before_18;
  if (counted <= 0) return std::nullopt;
  if (counted <= kThreeYearBarDays) return OverstayBand::kUpTo180Days;
  return counted < kTenYearBarDays ? OverstayBand::kOver180Days : OverstayBand::kYearOrMore;
}

std::optional<Overstay> OverstayOf(const Stay& stay, Date as_of) {
  if (!stay.authorized_until || stay.pending_since || stay.arrived_on > as_of) return std::nullopt;
  switch (stay.state) {
    case StayState::kClosed:
      // Seen from a day before the departure, the traveler was still in the country.
      if (*stay.departed_on > as_of) break;
      return Overstayed(OverstayKind::kOutOfCountry, stay, *stay.departed_on);
    case StayState::kOpen:
      break;
    case StayState::kDepartureNotRecorded:
    case StayState::kDepartureUnconfirmed:
      return std::nullopt;
  }
  return Overstayed(OverstayKind::kSuspectedInCountry, stay, as_of);
}

}  // namespace entryexit::core
