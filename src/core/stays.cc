#include "entryexit/core/stays.h"

#include <algorithm>
#include <tuple>

namespace entryexit::core {
namespace {

int DaysAfter(Date day, Date last_lawful_day) {
  return static_cast<int>((day - last_lawful_day).count());
}

Stay Opened(const CrossingEvent& arrival) {
  Stay stay;
  stay.arrival_id = arrival.id;
  stay.arrived_at = arrival.captured_at;
  stay.arrived_on = arrival.local_date;
  if (arrival.admission) {
    stay.class_of_admission = arrival.admission->class_of_admission;
    stay.authorized_until = arrival.admission->authorized_until;
  }
  return stay;
}

void Close(Stay& stay, const CrossingEvent& departure) {
  stay.state = StayState::kClosed;
  stay.departure_id = departure.id;
  stay.departed_at = departure.captured_at;
  stay.departed_on = departure.local_date;
}

}  // namespace

const char* NameOf(Direction direction) {
  return direction == Direction::kArrival ? "ARRIVAL" : "DEPARTURE";
}

const char* NameOf(StayState state) {
  switch (state) {
    case StayState::kOpen:
      return "OPEN";
    case StayState::kClosed:
      return "CLOSED";
    case StayState::kDepartureNotRecorded:
      return "DEPARTURE_NOT_RECORDED";
  }
  return "UNKNOWN";
}

const char* NameOf(OverstayKind kind) {
  return kind == OverstayKind::kOutOfCountry ? "OUT_OF_COUNTRY" : "SUSPECTED_IN_COUNTRY";
}

StayHistory ComputeStays(std::vector<CrossingEvent> crossings) {
  std::ranges::sort(crossings, {}, [](const CrossingEvent& crossing) {
    return std::tie(crossing.captured_at, crossing.direction, crossing.id);
  });

  StayHistory history;
  for (const CrossingEvent& crossing : crossings) {
    Stay* open = history.stays.empty() || history.stays.back().state != StayState::kOpen
                     ? nullptr
                     : &history.stays.back();
    if (crossing.direction == Direction::kArrival) {
      if (open != nullptr) {
        open->state = StayState::kDepartureNotRecorded;
        history.flags.push_back({FlagKind::kArrivalOnOpenStay, crossing.id});
      }
      history.stays.push_back(Opened(crossing));
    } else if (open == nullptr) {
      history.flags.push_back({FlagKind::kDepartureWithoutArrival, crossing.id});
    } else {
      Close(*open, crossing);
      if (const auto overstay = OverstayOf(*open, crossing.local_date)) {
        history.flags.push_back({FlagKind::kOverstay, crossing.id, overstay->days});
      }
    }
  }
  return history;
}

std::optional<Overstay> OverstayOf(const Stay& stay, Date as_of) {
  if (!stay.authorized_until || stay.arrived_on > as_of) return std::nullopt;
  switch (stay.state) {
    case StayState::kClosed: {
      // Seen from a day before the departure, the traveler was still in the country.
      if (*stay.departed_on > as_of) break;
      const int days = DaysAfter(*stay.departed_on, *stay.authorized_until);
      if (days <= 0) return std::nullopt;
      return Overstay{OverstayKind::kOutOfCountry, days};
    }
    case StayState::kOpen:
      break;
    case StayState::kDepartureNotRecorded:
      return std::nullopt;
  }
  const int days = DaysAfter(as_of, *stay.authorized_until);
  if (days <= 0) return std::nullopt;
  return Overstay{OverstayKind::kSuspectedInCountry, days};
}

}  // namespace entryexit::core
