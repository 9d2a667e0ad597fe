#include "src/demo/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "absl/strings/str_split.h"

namespace entryexit::demo {
namespace {

constexpr int kDays = 48;
constexpr int kOfflineFrom = 9;
constexpr int kBackOnline = 17;
constexpr char kOfflineLane[] = "ELP-B1";

constexpr std::array<const char*, 4> kArrivalLanes = {"SEA-A1", "JFK-A1", "SEA-A2", "JFK-A2"};
constexpr std::array<const char*, 3> kDepartureLanes = {"SEA-D1", "JFK-D1", "SEA-D2"};

// Whoever has a poor capture in the pack travels, and is captured badly first.
struct PoorCapture {
  const char* identity;
  const char* image;
};
constexpr std::array<PoorCapture, 8> kPoorCaptures = {{
    {"id_005", "bad/face_too_small.jpg"},
    {"id_021", "bad/two_faces.jpg"},
    {"id_031", "bad/face_cut_off.jpg"},
    {"id_042", "bad/very_dark.jpg"},
    {"id_053", "bad/over_exposed.jpg"},
    {"id_064", "bad/motion_blur.jpg"},
    {"id_088", "bad/eyes_covered.jpg"},
    {"id_110", "bad/strong_yaw.jpg"},
}};

constexpr std::array<std::pair<const char*, const char*>, 2> kSiblings = {
    {{"id_016", "id_121"}, {"id_018", "id_122"}}};

std::string IdentityName(int number) { return fmt::format("id_{:03}", number); }

std::set<std::string> NamedIdentities() {
  std::set<std::string> named;
  for (const auto& [one, other] : kSiblings) named.insert({one, other});
  for (const PoorCapture& poor : kPoorCaptures) named.insert(poor.identity);
  return named;
}

std::map<std::string, Lane> AllLanes() {
  std::map<std::string, Lane> lanes;
  const auto add = [&lanes](const char* port, const char* zone_name,
                            std::initializer_list<const char*> ids) {
    absl::TimeZone zone;
    absl::LoadTimeZone(zone_name, &zone);
    for (const char* id : ids) lanes[id] = {id, port, zone};
  };
  add("SEA", "America/Los_Angeles", {"SEA-A1", "SEA-A2", "SEA-D1", "SEA-D2"});
  add("JFK", "America/New_York", {"JFK-A1", "JFK-A2", "JFK-D1"});
  add("ELP", "America/Denver", {"ELP-B1"});
  return lanes;
}

v1::Admission ForDays(const char* class_of_admission, int days) {
  v1::Admission admission;
  admission.set_class_of_admission(class_of_admission);
  admission.set_days_from_arrival(days);
  return admission;
}

v1::Admission Until(const char* class_of_admission, absl::CivilDay last_lawful_day) {
  v1::Admission admission;
  admission.set_class_of_admission(class_of_admission);
  *admission.mutable_authorized_until() = ToDate(last_lawful_day);
  return admission;
}

v1::Admission ForDurationOfStatus(const char* class_of_admission) {
  v1::Admission admission;
  admission.set_class_of_admission(class_of_admission);
  admission.set_duration_of_status(true);
  return admission;
}

v1::Admission Visit(int traveler) {
  return traveler % 3 == 0 ? ForDays("WT", 90) : ForDays("B-2", 180);
}

// A moment of the simulated weeks, local to the lane.
struct Moment {
  int day;  // 0 is the first
  int hour;
  int minute;
};

// Writes the scenario, one kind of traveler after the other.
class Stage {
 public:
  Stage(const Groups& groups, absl::CivilDay last_day, std::string tag)
      : groups_(groups), tag_(std::move(tag)), reserved_(NamedIdentities()) {
    scenario_.last_day = last_day;
    scenario_.first_day = last_day - kDays;
    scenario_.lanes = AllLanes();
    scenario_.offline_lane = kOfflineLane;
    scenario_.back_online_at = At(kOfflineLane, {kBackOnline, 14, 0});
  }

  Scenario Run() {
    StagePlainTravelers();
    StagePoorCaptures();
    StageReturningTravelers();
    StageImpostors();
    StageLookAlikes();
    StageLateDepartures();
    StageMissingDepartures();
    StageMissingArrivals();
    StageOfflineLane();
    StageWaivers();
    StageArrivalOnOpenStay();
    std::stable_sort(scenario_.crossings.begin(), scenario_.crossings.end(),
                     [](const auto& a, const auto& b) { return a.captured_at < b.captured_at; });
    SendSomeTwice();
    return std::move(scenario_);
  }

 private:
  // A reference stays good until the next crossing is added.
  PlannedCrossing& Arrive(int traveler, Moment moment, const std::string& lane,
                          const std::string& face, const v1::Admission& admission) {
    PlannedCrossing& crossing = Cross(traveler, v1::DIRECTION_ARRIVAL, moment, lane, face);
    crossing.admission = admission;
    return crossing;
  }

  PlannedCrossing& Depart(int traveler, Moment moment, const std::string& lane,
                          const std::string& face, Truth truth) {
    PlannedCrossing& crossing = Cross(traveler, v1::DIRECTION_DEPARTURE, moment, lane, face);
    crossing.truth = truth;
    return crossing;
  }

  PlannedCrossing& Cross(int traveler, v1::Direction direction, Moment moment,
                         const std::string& lane, const std::string& face) {
    PlannedCrossing crossing;
    crossing.traveler = traveler;
    crossing.direction = direction;
    crossing.lane = lane;
    crossing.captured_at = At(lane, moment);
    crossing.image = face;
    crossing.shown = traveler % 7 == 3 ? Shown::kFields : Shown::kMrz;
    scenario_.crossings.push_back(std::move(crossing));
    return scenario_.crossings.back();
  }

  // An attempt a minute before `crossing` that comes to nothing. Returned to be made different.
  PlannedCrossing& AttemptBefore(const PlannedCrossing& crossing, Expected expected) {
    PlannedCrossing attempt = crossing;
    attempt.captured_at -= absl::Minutes(1);
    attempt.truth.reset();
    attempt.expected = expected;
    scenario_.crossings.push_back(std::move(attempt));
    return scenario_.crossings.back();
  }

  void RefuseBefore(const PlannedCrossing& crossing, const char* reason,
                    const std::string& image = "") {
    PlannedCrossing& attempt = AttemptBefore(crossing, Expected::kRefused);
    attempt.refusal = reason;
    if (!image.empty()) attempt.image = image;
  }

  // The next traveler of the pool: every third identity, whoever it is.
  int AddTraveler(const std::string& story) {
    do pool_ += 3;
    while (reserved_.contains(IdentityName(pool_)));
    return AddTraveler(IdentityName(pool_), story);
  }

  int AddTraveler(const std::string& identity, const std::string& story) {
    const int index = static_cast<int>(scenario_.travelers.size());
    Traveler traveler;
    traveler.number = index + 1;
    traveler.identity = identity;
    traveler.story = story;
    v1::TravelDocument& document = traveler.document;
    document.set_issuing_state("UTO");
    document.set_nationality("UTO");
    document.set_number(fmt::format("X{}{:03}", tag_, traveler.number));
    *document.mutable_birth_date() = ToDate(absl::CivilDay(1961 + index, 1 + index % 12, 10));
    document.set_sex(groups_.at(identity).front() == 'F' ? v1::SEX_FEMALE : v1::SEX_MALE);
    scenario_.travelers.push_back(std::move(traveler));
    return index;
  }

  std::string Face(int traveler, const char* capture) const {
    return scenario_.travelers[static_cast<std::size_t>(traveler)].identity + "/" + capture;
  }

  // A person of the holder's group who does not travel. The pool takes every third identity, so the
  // ones between are free.
  std::string ImpostorFor(int traveler) {
    const std::string group =
        groups_.at(scenario_.travelers[static_cast<std::size_t>(traveler)].identity);
    for (int number = 3;; ++number) {
      const std::string name = IdentityName(number);
      if (number % 3 != 2 && groups_.at(name) == group && reserved_.insert(name).second) {
        return name;
      }
    }
  }

  absl::Time At(const std::string& lane, Moment moment) const {
    const absl::CivilDay day = Day(moment.day);
    return absl::FromCivil(
        absl::CivilSecond(day.year(), day.month(), day.day(), moment.hour, moment.minute, 0),
        scenario_.lanes.at(lane).time_zone);
  }

  absl::CivilDay Day(int day) const { return scenario_.first_day + day; }

  // Times and lanes spread over the weeks by plain arithmetic: the same in every run.
  static Moment ArrivalOf(int traveler) {
    return {1 + traveler * 5 % 22, 6 + traveler * 3 % 15, traveler * 17 % 60};
  }
  static Moment DepartureOf(int traveler) {
    return {ArrivalOf(traveler).day + 4 + traveler * 7 % 12, 7 + traveler * 5 % 14,
            traveler * 23 % 60};
  }
  static std::string ArrivalLane(int traveler) {
    return kArrivalLanes[static_cast<std::size_t>(traveler) % kArrivalLanes.size()];
  }
  static std::string DepartureLane(int traveler) {
    return kDepartureLanes[static_cast<std::size_t>(traveler) % kDepartureLanes.size()];
  }

  void ArriveAsUsual(int traveler) {
    Arrive(traveler, ArrivalOf(traveler), ArrivalLane(traveler), Face(traveler, "arrival_1.jpg"),
           Visit(traveler));
  }
  void DepartAsUsual(int traveler) {
    Depart(traveler, DepartureOf(traveler), DepartureLane(traveler),
           Face(traveler, "departure_2.jpg"), Truth::kSamePerson);
  }

  void StagePlainTravelers() {
    for (int i = 0; i < 4; ++i) {
      const int traveler = AddTraveler("Arrives and departs in time.");
      ArriveAsUsual(traveler);
      DepartAsUsual(traveler);
    }
    int traveler = AddTraveler("Leaves late in the evening of the last lawful day: no overstay.");
    Arrive(traveler, {4, 15, 5}, "SEA-A1", Face(traveler, "arrival_1.jpg"), Until("B-1", Day(20)));
    Depart(traveler, {20, 23, 10}, "SEA-D1", Face(traveler, "departure_2.jpg"), Truth::kSamePerson);

    traveler = AddTraveler("The scanner misreads a check digit; the second reading is right.");
    ArriveAsUsual(traveler);
    RefuseBefore(scenario_.crossings.back(), "MRZ_CHECK_DIGIT");
    scenario_.crossings.back().shown = Shown::kMrzMisread;
    DepartAsUsual(traveler);

    traveler = AddTraveler("A lane sends another crossing under a request id that it used before.");
    ArriveAsUsual(traveler);
    PlannedCrossing altered = scenario_.crossings.back();
    altered.captured_at += absl::Minutes(1);
    altered.image = Face(traveler, "arrival_2.jpg");
    altered.expected = Expected::kRefused;
    altered.refusal = "REQUEST_ID_REUSED";
    altered.reuses_request_id = true;
    scenario_.crossings.push_back(std::move(altered));
    DepartAsUsual(traveler);
  }

  void StagePoorCaptures() {
    bool on_arrival = true;
    for (const PoorCapture& poor : kPoorCaptures) {
      const int traveler = AddTraveler(
          poor.identity, fmt::format("The first capture on {} is poor; the second is good.",
                                     on_arrival ? "arrival" : "departure"));
      ArriveAsUsual(traveler);
      if (on_arrival) CapturePoorlyBefore(scenario_.crossings.back(), poor.image);
      DepartAsUsual(traveler);
      if (!on_arrival) CapturePoorlyBefore(scenario_.crossings.back(), poor.image);
      on_arrival = !on_arrival;
    }
  }

  void CapturePoorlyBefore(const PlannedCrossing& crossing, const char* image) {
    AttemptBefore(crossing, Expected::kPoorCapture).image = image;
  }

  void StageReturningTravelers() {
    for (int i = 0; i < 4; ++i) {
      const int traveler =
          AddTraveler("Comes twice: the second departure is compared with two arrivals.");
      const int first = 1 + 2 * i;
      Arrive(traveler, {first, 9 + i, 12}, ArrivalLane(traveler), Face(traveler, "arrival_1.jpg"),
             Visit(traveler));
      if (i == 0) CapturePoorlyBefore(scenario_.crossings.back(), "bad/no_face.jpg");
      Depart(traveler, {first + 8, 17, 5 * i}, DepartureLane(traveler),
             Face(traveler, "departure_2.jpg"), Truth::kSamePerson);
      if (i == 1) {
        RefuseBefore(scenario_.crossings.back(), "IMAGE_CORRUPT", "bad/truncated.jpg");
      }
      Arrive(traveler, {first + 20, 8, 41}, ArrivalLane(traveler + 1),
             Face(traveler, "arrival_2.jpg"), Visit(traveler));
      if (i == 2) {
        RefuseBefore(scenario_.crossings.back(), "IMAGE_UNSUPPORTED_FORMAT", "bad/text_file.jpg");
      }
      Depart(traveler, {first + 29, 19, 30 + i}, DepartureLane(traveler + 1),
             Face(traveler, "departure_1.jpg"), Truth::kSamePerson);
    }
  }

  void StageImpostors() {
    for (int i = 0; i < 5; ++i) {
      const int traveler = AddTraveler("");
      const std::string impostor = ImpostorFor(traveler);
      scenario_.travelers.back().story = fmt::format(
          "Somebody else departs on the document: {}, of the same appearance group.", impostor);
      ArriveAsUsual(traveler);
      Depart(traveler, DepartureOf(traveler), DepartureLane(traveler),
             impostor + (i % 2 == 0 ? "/departure_1.jpg" : "/departure_2.jpg"), Truth::kImpostor);
    }
  }

  void StageLookAlikes() {
    const auto [one, other] = kSiblings[0];
    const int first =
        AddTraveler(one, "Has a look-alike sibling; each departs on the other's document.");
    const int second =
        AddTraveler(other, "Has a look-alike sibling; each departs on the other's document.");
    for (const auto& [holder, bearer] : {std::pair(first, second), std::pair(second, first)}) {
      Arrive(holder, {5, 10, 20 + holder % 7}, "JFK-A1", Face(holder, "arrival_1.jpg"),
             Visit(holder));
      Depart(holder, {18, 21, 2 + holder % 7}, "JFK-D1", Face(bearer, "departure_2.jpg"),
             Truth::kLookAlike);
    }
    for (const char* identity : {kSiblings[1].first, kSiblings[1].second}) {
      const int traveler =
          AddTraveler(identity, "Has a look-alike sibling; each uses the own document.");
      Arrive(traveler, {6, 13, 30 + traveler % 7}, "SEA-A2", Face(traveler, "arrival_1.jpg"),
             Visit(traveler));
      Depart(traveler, {16, 8, 45 + traveler % 7}, "SEA-D2", Face(traveler, "departure_2.jpg"),
             Truth::kSamePerson);
    }
  }

  void StageLateDepartures() {
    struct Late {
      int arrival_day;
      int lawful_days;
      int days;
      int hour;
    };
    // The first leaves twenty minutes after midnight.
    for (const Late& late : {Late{2, 14, 1, 0}, Late{6, 10, 6, 11}, Late{3, 14, 19, 16}}) {
      const int traveler =
          AddTraveler(fmt::format("Departs {} day{} late.", late.days, late.days == 1 ? "" : "s"));
      const int last_lawful_day = late.arrival_day + late.lawful_days;
      Arrive(traveler, {late.arrival_day, 12, 25}, ArrivalLane(traveler),
             Face(traveler, "arrival_1.jpg"), Until("B-1", Day(last_lawful_day)));
      Depart(traveler, {last_lawful_day + late.days, late.hour, 20}, DepartureLane(traveler),
             Face(traveler, "departure_2.jpg"), Truth::kSamePerson);
      scenario_.flags.push_back({traveler, v1::CASE_KIND_OVERSTAY, late.days, false});
      scenario_.overstays.push_back({traveler, v1::OVERSTAY_KIND_OUT_OF_COUNTRY, late.days});
    }
  }

  void StageMissingDepartures() {
    for (const int days : {3, 25}) {
      const int traveler =
          AddTraveler(fmt::format("Never departs: {} days over on the last simulated day.", days));
      Arrive(traveler, {7, 16, 10 + days}, ArrivalLane(traveler), Face(traveler, "arrival_1.jpg"),
             Until("B-2", Day(kDays - days)));
      scenario_.overstays.push_back({traveler, v1::OVERSTAY_KIND_SUSPECTED_IN_COUNTRY, days});
    }
    int traveler = AddTraveler("Stays on, lawfully: authorized beyond the last simulated day.");
    Arrive(traveler, {8, 16, 50}, ArrivalLane(traveler), Face(traveler, "arrival_1.jpg"),
           Until("B-2", Day(kDays)));
    traveler = AddTraveler("A student admitted for duration of status: no date is ever over.");
    Arrive(traveler, {3, 11, 15}, ArrivalLane(traveler), Face(traveler, "arrival_1.jpg"),
           ForDurationOfStatus("F-1"));
  }

  void StageMissingArrivals() {
    for (const int day : {12, 27}) {
      const int traveler = AddTraveler("Departs without a known arrival.");
      Depart(traveler, {day, 14, 35}, DepartureLane(traveler), Face(traveler, "departure_1.jpg"),
             Truth::kNoArrival);
      scenario_.flags.push_back({traveler, v1::CASE_KIND_DEPARTURE_WITHOUT_ARRIVAL, 0, false});
    }
  }

  // The lane sends its backlog on day kBackOnline, the newest crossing first.
  void StageOfflineLane() {
    int traveler = AddTraveler(
        "Arrives at the lane that is offline and departs elsewhere before that arrival is known.");
    ArriveOffline(traveler, {kOfflineFrom + 1, 9, 5});
    Depart(traveler, {kBackOnline - 2, 18, 22}, "SEA-D1", Face(traveler, "departure_2.jpg"),
           Truth::kSamePerson);
    WithdrawnFlag(traveler, v1::CASE_KIND_DEPARTURE_WITHOUT_ARRIVAL);

    traveler = AddTraveler(
        "Arrives and departs at the lane that is offline; the departure is reported first.");
    ArriveOffline(traveler, {kOfflineFrom, 10, 15});
    DepartOffline(traveler, {kOfflineFrom + 5, 15, 40});
    WithdrawnFlag(traveler, v1::CASE_KIND_DEPARTURE_WITHOUT_ARRIVAL);

    traveler = AddTraveler(
        "Departs at the lane that is offline and comes back before that departure is known.");
    Arrive(traveler, {2, 8, 30}, "SEA-A2", Face(traveler, "arrival_1.jpg"), Visit(traveler));
    DepartOffline(traveler, {kOfflineFrom + 2, 12, 0});
    Arrive(traveler, {kBackOnline - 3, 13, 55}, "JFK-A2", Face(traveler, "arrival_2.jpg"),
           Visit(traveler));
    Depart(traveler, {kBackOnline + 9, 10, 10}, "JFK-D1", Face(traveler, "departure_1.jpg"),
           Truth::kSamePerson);
    WithdrawnFlag(traveler, v1::CASE_KIND_ARRIVAL_ON_OPEN_STAY);

    for (int i = 0; i < 2; ++i) {
      traveler = AddTraveler("Arrives at the lane that is offline and departs much later.");
      ArriveOffline(traveler, {kOfflineFrom + 3 + i, 7, 20 + i});
      Depart(traveler, {kBackOnline + 6 + i, 16, 5}, DepartureLane(traveler),
             Face(traveler, "departure_2.jpg"), Truth::kSamePerson);
    }
  }

  void ArriveOffline(int traveler, Moment moment) {
    Arrive(traveler, moment, kOfflineLane, Face(traveler, "arrival_1.jpg"), Visit(traveler))
        .offline = true;
  }
  void DepartOffline(int traveler, Moment moment) {
    Depart(traveler, moment, kOfflineLane, Face(traveler, "departure_2.jpg"), Truth::kSamePerson)
        .offline = true;
  }
  void WithdrawnFlag(int traveler, v1::CaseKind kind) {
    scenario_.flags.push_back({traveler, kind, 0, true});
  }

  void StageWaivers() {
    int traveler = AddTraveler("An ambassador: class A-1 is exempt from capture.");
    PlannedCrossing& arrival =
        Arrive(traveler, {10, 12, 0}, "JFK-A1", "", ForDurationOfStatus("A-1"));
    arrival.waiver = v1::BIOMETRIC_WAIVER_EXEMPT;
    Depart(traveler, {24, 12, 30}, "JFK-D1", "", Truth::kExempt).waiver =
        v1::BIOMETRIC_WAIVER_EXEMPT;

    traveler = AddTraveler("A national of the operating state who opts out of the capture.");
    scenario_.travelers.back().document.set_issuing_state("USA");
    scenario_.travelers.back().document.set_nationality("USA");
    Arrive(traveler, {11, 18, 0}, "JFK-A2", "", ForDurationOfStatus("USC")).waiver =
        v1::BIOMETRIC_WAIVER_OPTED_OUT;
    Depart(traveler, {29, 6, 50}, "JFK-D1", "", Truth::kOptedOut).waiver =
        v1::BIOMETRIC_WAIVER_OPTED_OUT;

    traveler = AddTraveler("Asks to opt out, which is open to nationals only; is then captured.");
    Arrive(traveler, {12, 20, 15}, "SEA-A1", Face(traveler, "arrival_1.jpg"), Visit(traveler));
    Depart(traveler, {26, 9, 15}, "SEA-D2", Face(traveler, "departure_2.jpg"), Truth::kSamePerson);
    PlannedCrossing& attempt = AttemptBefore(scenario_.crossings.back(), Expected::kRefused);
    attempt.refusal = "WAIVER_NOT_ALLOWED";
    attempt.image.clear();
    attempt.waiver = v1::BIOMETRIC_WAIVER_OPTED_OUT;
  }

  void StageArrivalOnOpenStay() {
    const int traveler = AddTraveler("Arrives a second time; the departure between is missing.");
    Arrive(traveler, {5, 9, 40}, "SEA-A1", Face(traveler, "arrival_1.jpg"), Visit(traveler));
    Arrive(traveler, {22, 9, 55}, "JFK-A1", Face(traveler, "arrival_2.jpg"), Visit(traveler));
    Depart(traveler, {33, 17, 45}, "JFK-D1", Face(traveler, "departure_1.jpg"), Truth::kSamePerson);
    scenario_.flags.push_back({traveler, v1::CASE_KIND_ARRIVAL_ON_OPEN_STAY, 0, false});
  }

  void SendSomeTwice() {
    int recorded = 0;
    for (PlannedCrossing& crossing : scenario_.crossings) {
      if (crossing.expected != Expected::kRecorded || crossing.offline) continue;
      crossing.sent_twice = ++recorded % 6 == 0;
    }
  }

  const Groups& groups_;
  const std::string tag_;
  std::set<std::string> reserved_;  // identities that the pool must leave alone
  int pool_ = -1;                   // the number of the identity taken last
  Scenario scenario_;
};

}  // namespace

const char* KeyOf(Truth truth) {
  switch (truth) {
    case Truth::kSamePerson:
      return "same_person";
    case Truth::kImpostor:
      return "impostor";
    case Truth::kLookAlike:
      return "look_alike";
    case Truth::kNoArrival:
      return "no_arrival";
    case Truth::kExempt:
      return "exempt";
    case Truth::kOptedOut:
      return "opted_out";
  }
  return "";
}

const char* Describe(Truth truth) {
  switch (truth) {
    case Truth::kSamePerson:
      return "the same person";
    case Truth::kImpostor:
      return "an impostor";
    case Truth::kLookAlike:
      return "a look-alike sibling";
    case Truth::kNoArrival:
      return "no arrival on the document";
    case Truth::kExempt:
      return "exempt from capture";
    case Truth::kOptedOut:
      return "opted out of capture";
  }
  return "";
}

absl::CivilSecond LocalTime(const Scenario& scenario, const PlannedCrossing& crossing) {
  return absl::ToCivilSecond(crossing.captured_at, scenario.lanes.at(crossing.lane).time_zone);
}

v1::Date ToDate(absl::CivilDay day) {
  v1::Date date;
  date.set_year(static_cast<int>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

Groups ParseGroups(const std::string& manifest) {
  // file,identity,role,group,notes; only the notes may be quoted.
  Groups groups;
  for (const auto line : absl::StrSplit(manifest, '\n')) {
    const std::vector<std::string> fields = absl::StrSplit(line, absl::MaxSplits(',', 4));
    if (fields.size() == 5 && fields[2] == "arrival") groups[fields[1]] = fields[3];
  }
  return groups;
}

Scenario StageScenario(const Groups& groups, absl::CivilDay last_day, const std::string& tag) {
  return Stage(groups, last_day, tag).Run();
}

}  // namespace entryexit::demo
