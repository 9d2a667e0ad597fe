#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "entryexit/core/leads.h"
#include "entryexit/core/stays.h"

// The stay rules against a slow reading of them that looks at every day by itself.
namespace entryexit::core {
namespace {

constexpr Date kStart = std::chrono::sys_days(std::chrono::year(2026) / 2 / 1);
// Every day that matters lies between these two.
constexpr int kFirst = -400;
constexpr int kLast = 200;
constexpr int kForever = 100000;

Date DayAt(int day) { return kStart + std::chrono::days(day); }
int DayOf(Date date) { return static_cast<int>((date - kStart).count()); }

using Days = std::set<int>;

bool Before(const CrossingEvent& a, const CrossingEvent& b) {
  if (a.captured_at != b.captured_at) return a.captured_at < b.captured_at;
  if (a.direction != b.direction) return a.direction == Direction::kArrival;
  return a.id < b.id;
}

// The report of each application that counts: no other one comes after it.
std::vector<AdmissionChange> ThatCount(const std::vector<AdmissionChange>& changes) {
  const auto comes_after = [](const AdmissionChange& a, const AdmissionChange& b) {
    if (a.revision != b.revision) return a.revision > b.revision;
    return a.decided_on != b.decided_on ? a.decided_on > b.decided_on : a > b;
  };
  std::vector<AdmissionChange> counting;
  for (const AdmissionChange& change : changes) {
    const bool is_last = std::ranges::none_of(changes, [&](const AdmissionChange& other) {
      return other.application_id == change.application_id && comes_after(other, change);
    });
    if (is_last && change.decision != AdmissionDecision::kRecordedInError &&
        std::ranges::find(counting, change) == counting.end()) {
      counting.push_back(change);
    }
  }
  std::ranges::sort(counting, [](const AdmissionChange& a, const AdmissionChange& b) {
    return a.filed_on != b.filed_on ? a.filed_on < b.filed_on : a.application_id < b.application_id;
  });
  return counting;
}

// The correction of the crossing that counts: no other one comes after it.
std::optional<CrossingCorrection> ThatCounts(const std::vector<CrossingCorrection>& corrections,
                                             const CrossingId& crossing) {
  for (const CrossingCorrection& correction : corrections) {
    const bool is_last = std::ranges::none_of(corrections, [&](const CrossingCorrection& other) {
      if (other.crossing_id != crossing) return false;
      return other.revision != correction.revision ? other.revision > correction.revision
                                                   : other > correction;
    });
    if (correction.crossing_id == crossing && is_last) return correction;
  }
  return std::nullopt;
}

// The crossings that happened, when and as they did.
std::vector<CrossingEvent> ThatHappened(const TravelerEvents& events) {
  std::vector<CrossingEvent> happened;
  for (CrossingEvent crossing : events.crossings) {
    const auto correction = ThatCounts(events.corrections, crossing.id);
    if (correction && correction->voided) continue;
    if (correction && correction->captured_at) crossing.captured_at = *correction->captured_at;
    if (correction && correction->local_date) crossing.local_date = *correction->local_date;
    if (correction && correction->admission) crossing.admission = correction->admission;
    happened.push_back(crossing);
  }
  return happened;
}

class Reference {
 public:
  explicit Reference(TravelerEvents events) : events_(std::move(events)) {
    events_.crossings = ThatHappened(events_);
    std::ranges::sort(events_.crossings, Before);
    changes_ = ThatCount(events_.changes);
    for (size_t i = 0; i < events_.crossings.size(); ++i) Read(i);
  }

  const StayHistory& history() const { return history_; }
  // The days that count in a window, those of an open stay up to kLast.
  const Days& window_days() const { return window_days_; }

  // The overstay of the stay on day `as_of`, counted day by day.
  std::optional<Overstay> On(size_t stay_index, int as_of) const {
    const Stay& stay = history_.stays[stay_index];
    const bool left = stay.departed_on && DayOf(*stay.departed_on) <= as_of;
    if (stay.state == StayState::kDepartureNotRecorded ||
        stay.state == StayState::kDepartureUnconfirmed || DayOf(stay.arrived_on) > as_of) {
      return std::nullopt;
    }
    Overstay overstay{left ? OverstayKind::kOutOfCountry : OverstayKind::kSuspectedInCountry, 0, 0};
    Count(lawful_[stay_index], left ? DayOf(*stay.departed_on) : as_of, overstay.days,
          overstay.days_before_18);
    return overstay.days > 0 ? std::optional(overstay) : std::nullopt;
  }

 private:
  // The last day on which the stay was lawful; kForever when it never ends.
  static int LastOf(const Days& lawful) { return lawful.empty() ? kFirst : *lawful.rbegin(); }

  void Count(const Days& lawful, int until, int& count, int& before_18) const {
    for (int day = LastOf(lawful) + 1; day <= until; ++day) {
      ++count;
      if (!IsAdult(day)) ++before_18;
    }
  }

  bool IsAdult(int day) const {
    if (!events_.birth_date) return true;
    const std::chrono::year_month_day birth(*events_.birth_date);
    const std::chrono::year_month_day today(DayAt(day));
    const int years = static_cast<int>(today.year()) - static_cast<int>(birth.year());
    const bool had_birthday =
        today.month() != birth.month() ? today.month() > birth.month() : today.day() >= birth.day();
    return years - (had_birthday ? 0 : 1) >= 18;
  }

  void Read(size_t i) {
    const CrossingEvent& crossing = events_.crossings[i];
    const bool was_inside = i > 0 && events_.crossings[i - 1].direction == Direction::kArrival;
    if (crossing.direction == Direction::kDeparture) {
      if (!was_inside) {
        history_.flags.push_back({FlagKind::kDepartureWithoutArrival, crossing.id});
        return;
      }
      if (crossing.in_doubt) return;
      Flag flag{FlagKind::kOverstay, crossing.id};
      Count(lawful_.back(), DayOf(crossing.local_date), flag.days_overstayed, flag.days_before_18);
      if (flag.days_overstayed > 0) history_.flags.push_back(flag);
      return;
    }
    if (was_inside) history_.flags.push_back({FlagKind::kArrivalOnOpenStay, crossing.id});
    AddStay(i);
  }

  void AddStay(size_t i) {
    const CrossingEvent& arrival = events_.crossings[i];
    Stay stay;
    stay.arrival_id = arrival.id;
    stay.arrived_on = arrival.local_date;
    int next_arrival = kForever;
    for (size_t j = i + 1; j < events_.crossings.size() && next_arrival == kForever; ++j) {
      if (events_.crossings[j].direction == Direction::kArrival) {
        next_arrival = DayOf(events_.crossings[j].local_date);
      }
    }
    if (i + 1 < events_.crossings.size()) {
      const CrossingEvent& next = events_.crossings[i + 1];
      const bool departs = next.direction == Direction::kDeparture;
      stay.state = departs ? StayState::kClosed : StayState::kDepartureNotRecorded;
      if (departs && next.in_doubt) stay.state = StayState::kDepartureUnconfirmed;
      if (departs) stay.departure_id = next.id;
      if (departs) stay.departed_on = next.local_date;
    }
    std::vector<AdmissionChange> filed;
    for (const AdmissionChange& change : changes_) {
      const bool after_leaving = stay.departed_on && change.filed_on > *stay.departed_on;
      const bool filed_here = change.filed_on >= stay.arrived_on;
      const bool brought_along = change.kind == AdmissionChangeKind::kAdjustmentOfStatus &&
                                 !(change.decided_on && *change.decided_on < stay.arrived_on);
      if ((filed_here || brought_along) && DayOf(change.filed_on) < next_arrival &&
          !after_leaving) {
        filed.push_back(change);
      }
    }
    const Days lawful = LawfulDays(arrival, filed, stay.pending_since);
    if (LastOf(lawful) != kForever) stay.authorized_until = DayAt(LastOf(lawful));
    AddWindowDays(*arrival.admission, stay, filed);
    history_.stays.push_back(stay);
    lawful_.push_back(lawful);
  }

  // The day itself and those before it in the window, with every day from `arrived` on lived here.
  bool LawfulInWindow(int day, int arrived, const WindowRule& rule) const {
    int lived = 0;
    for (int d = day - rule.window_days + 1; d <= day; ++d) {
      if (d >= arrived || window_days_.contains(d)) ++lived;
    }
    return lived <= rule.days;
  }

  Days LawfulDays(const CrossingEvent& arrival, const std::vector<AdmissionChange>& filed,
                  std::optional<Date>& pending_since) const {
    const Admission& admission = *arrival.admission;
    const int arrived = DayOf(arrival.local_date);
    Days lawful = {arrived - 1};
    const auto add_up_to = [&](int last) {
      for (int day = arrived; day <= std::min(last, kLast); ++day) lawful.insert(day);
      if (last == kForever) lawful.insert(kForever);
    };
    int granted_until = admission.authorized_until ? DayOf(*admission.authorized_until) : kForever;
    if (admission.window) {
      int day = arrived;
      while (day <= granted_until && LawfulInWindow(day, arrived, *admission.window)) ++day;
      granted_until = day - 1;
    }
    // The day up to which stay was granted by the first `count` applications: the grant made last.
    const auto granted_by = [&](size_t count) {
      int until = granted_until;
      int made_on = -kForever;
      for (size_t i = 0; i < count; ++i) {
        if (filed[i].decision != AdmissionDecision::kGranted) continue;
        if (DayOf(*filed[i].decided_on) < made_on) continue;
        made_on = DayOf(*filed[i].decided_on);
        const std::optional<Date>& date = filed[i].granted->authorized_until;
        until = date ? DayOf(*date) : kForever;
      }
      return until;
    };
    add_up_to(granted_by(filed.size()));
    if (lawful.contains(kForever)) return lawful;
    for (size_t i = 0; i < filed.size(); ++i) {
      const bool in_time = DayOf(filed[i].filed_on) <= granted_by(i);
      if (filed[i].decision == AdmissionDecision::kPending) {
        const bool adjusts = filed[i].kind == AdmissionChangeKind::kAdjustmentOfStatus;
        if ((in_time || adjusts) && granted_by(i) != kForever && !pending_since) {
          pending_since = filed[i].filed_on;
        }
      } else if (in_time) {
        add_up_to(DayOf(*filed[i].decided_on));
      }
    }
    return lawful;
  }

  void AddWindowDays(const Admission& admission, const Stay& stay,
                     const std::vector<AdmissionChange>& filed) {
    if (!admission.window) return;
    const int arrived = DayOf(stay.arrived_on);
    int last = stay.state == StayState::kOpen ? kLast : arrived;
    if (stay.departed_on) last = std::max(arrived, DayOf(*stay.departed_on));
    for (int day = arrived; day <= last; ++day) {
      const bool has_left_the_rule = std::ranges::any_of(filed, [&](const AdmissionChange& change) {
        return change.decision == AdmissionDecision::kGranted &&
               change.granted->class_of_admission != admission.class_of_admission &&
               DayOf(*change.decided_on) <= day;
      });
      if (!has_left_the_rule) window_days_.insert(day);
    }
  }

  TravelerEvents events_;
  std::vector<AdmissionChange> changes_;
  StayHistory history_;
  std::vector<Days> lawful_;  // of each stay, the day before arrival among them
  Days window_days_;
};

Days DaysIn(const std::vector<StayDays>& stays) {
  Days all;
  for (const StayDays& stay : stays) {
    for (int day = DayOf(stay.first); day <= kLast && DayAt(day) <= stay.last; ++day) {
      all.insert(day);
    }
  }
  return all;
}

class Histories {
 public:
  TravelerEvents Next() {
    TravelerEvents events;
    const int crossings = Draw(0, 7);
    for (int i = 0; i < crossings; ++i) events.crossings.push_back(Crossing(i));
    const int changes = Draw(0, 4);
    for (int i = 0; i < changes; ++i) events.changes.push_back(Change());
    const int corrections = crossings == 0 ? 0 : std::max(0, Draw(-2, 4));
    for (int i = 0; i < corrections; ++i) {
      events.corrections.push_back(
          Correction(events.crossings[static_cast<size_t>(Draw(0, crossings - 1))]));
    }
    // 18 some time around the stays.
    if (Draw(0, 1) == 0) {
      events.birth_date =
          std::chrono::sys_days(std::chrono::year(2008) / 2 / 1) + std::chrono::days(Draw(-20, 60));
    }
    return events;
  }

  int Draw(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }

  void Shuffle(TravelerEvents& events) {
    std::ranges::shuffle(events.crossings, random_);
    std::ranges::shuffle(events.changes, random_);
    std::ranges::shuffle(events.corrections, random_);
  }

  // What the machine may have said of each departure that counts.
  std::map<CrossingId, Outcome> Outcomes(const TravelerEvents& events) {
    std::map<CrossingId, Outcome> outcomes;
    for (const CrossingEvent& crossing : ThatHappened(events)) {
      if (crossing.direction == Direction::kArrival) continue;
      outcomes[crossing.id] = static_cast<Outcome>(Draw(0, static_cast<int>(Outcome::kOptedOut)));
    }
    return outcomes;
  }

 private:
  CrossingEvent Crossing(int i) {
    const Date moment = DayAt(Draw(0, 40));  // few, so that several crossings share one
    const Date day = moment - std::chrono::days(Draw(0, 3) == 0 ? 1 : 0);  // west of Greenwich
    CrossingEvent crossing{CrossingId("c" + std::to_string(i)), Direction::kDeparture,
                           Timestamp(moment), day, std::nullopt};
    if (Draw(0, 1) == 0) {
      crossing.in_doubt = Draw(0, 3) == 0;
      return crossing;
    }
    crossing.direction = Direction::kArrival;
    crossing.admission = AdmissionFrom(day);
    return crossing;
  }

  Admission AdmissionFrom(Date day) {
    Admission admission{"X", std::nullopt, std::nullopt};
    if (Draw(0, 2) > 0) admission.authorized_until = day + std::chrono::days(Draw(0, 15));
    if (Draw(0, 2) == 0) admission.window = WindowRule{Draw(1, 6), Draw(7, 20)};
    return admission;
  }

  CrossingCorrection Correction(const CrossingEvent& crossing) {
    CrossingCorrection correction;
    correction.crossing_id = crossing.id;
    correction.revision = Draw(1, 4);  // sometimes two of one, which the store does not let through
    correction.voided = Draw(0, 2) == 0;
    if (correction.voided) return correction;
    Date day = crossing.local_date;
    if (Draw(0, 1) == 0) {
      const Date moment = DayAt(Draw(0, 40));
      day = moment - std::chrono::days(Draw(0, 3) == 0 ? 1 : 0);
      correction.captured_at = Timestamp(moment);
      correction.local_date = day;
    }
    if (crossing.direction == Direction::kDeparture) return correction;
    // Nobody is admitted until a day before the arrival.
    const bool is_over = crossing.admission->authorized_until.value_or(day) < day;
    if (is_over || Draw(0, 1) == 0) correction.admission = AdmissionFrom(day);
    return correction;
  }

  AdmissionChange Change() {
    AdmissionChange change{"EAC" + std::to_string(Draw(0, 1)),
                           Draw(1, 2),
                           static_cast<AdmissionChangeKind>(Draw(0, 2)),
                           DayAt(Draw(0, 45)),
                           static_cast<AdmissionDecision>(Draw(0, 4)),
                           std::nullopt,
                           std::nullopt};
    if (change.decision == AdmissionDecision::kPending ||
        change.decision == AdmissionDecision::kRecordedInError) {
      return change;
    }
    change.decided_on = change.filed_on + std::chrono::days(Draw(0, 20));
    if (change.decision != AdmissionDecision::kGranted) return change;
    change.granted = Admission{Draw(0, 1) == 0 ? "X" : "Y", std::nullopt, std::nullopt};
    if (Draw(0, 3) > 0) {
      change.granted->authorized_until = change.filed_on + std::chrono::days(Draw(0, 40));
    }
    return change;
  }

  std::mt19937 random_{20261125};
};

bool Same(const Stay& a, const Stay& b) {
  return a.state == b.state && a.arrival_id == b.arrival_id && a.departure_id == b.departure_id &&
         a.authorized_until == b.authorized_until && a.departed_on == b.departed_on &&
         a.pending_since == b.pending_since;
}

TEST(StaysProperty, AnyOrderOfTheSameEventsGivesTheReferenceHistory) {
  Histories histories;
  int corrected = 0;  // histories with a correction
  int led = 0;        // permutations that lead to a case
  for (int round = 0; round < 100000; ++round) {
    TravelerEvents events = histories.Next();
    const Reference reference(events);
    const std::map<CrossingId, Outcome> outcomes = histories.Outcomes(events);
    const Date seen_on = DayAt(histories.Draw(-5, 80));
    std::optional<std::vector<Lead>> leads;
    corrected += events.corrections.empty() ? 0 : 1;
    for (int permutation = 0; permutation < 2; ++permutation) {
      histories.Shuffle(events);
      const StayHistory history = ComputeStays(events);
      ASSERT_EQ(history.stays.size(), reference.history().stays.size()) << "round " << round;
      // Pending applications are seen in the stays below; the reference counts without them.
      ASSERT_TRUE(std::ranges::equal(history.stays, reference.history().stays, Same))
          << "round " << round;
      ASSERT_EQ(DaysIn(history.window_stays), reference.window_days()) << "round " << round;
      std::vector<Flag> expected = reference.history().flags;
      std::erase_if(expected, [&](const Flag& flag) {
        return flag.kind == FlagKind::kOverstay &&
               std::ranges::any_of(history.stays, [&](const Stay& stay) {
                 return stay.departure_id == flag.crossing_id && stay.pending_since;
               });
      });
      ASSERT_EQ(history.flags, expected) << "round " << round;
      const std::vector<Lead> seen = LeadsOf(history, outcomes, seen_on);
      if (!leads) leads = seen;
      ASSERT_EQ(seen, *leads) << "round " << round;
      led += seen.empty() ? 0 : 1;
      const int as_of = histories.Draw(-5, 80);
      for (size_t i = 0; i < history.stays.size(); ++i) {
        const auto wanted = history.stays[i].pending_since ? std::nullopt : reference.On(i, as_of);
        ASSERT_EQ(OverstayOf(history.stays[i], DayAt(as_of)), wanted) << "round " << round;
      }
    }
  }
  EXPECT_GT(corrected, 30000);
  EXPECT_GT(led, 100000);
}

}  // namespace
}  // namespace entryexit::core
