#ifndef ENTRYEXIT_DEMO_SCENARIO_H_
#define ENTRYEXIT_DEMO_SCENARIO_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "entryexit/v1/report_service.pb.h"
#include "entryexit/v1/types.pb.h"

// What is staged: who travels, when, through which lane and with whose face, and what must come of
// it. It says nothing of how near two faces are to the machine: that is for the run to show.
namespace entryexit::demo {

struct Lane {
  std::string id;
  std::string port;
  absl::TimeZone time_zone;
};

// Whose face a departure shows.
enum class Truth {
  kSamePerson,
  kImpostor,   // another person of the same appearance group
  kLookAlike,  // a sibling drawn to look alike
  kNoArrival,  // nobody arrived on this document
  kExempt,     // no capture: exempt class of admission
  kOptedOut,   // no capture: the traveler's choice
};
const char* KeyOf(Truth truth);     // "same_person", for machines
const char* Describe(Truth truth);  // "the same person", for people

struct Traveler {
  int number = 0;        // 1, 2, ...
  std::string identity;  // the holder's folder of faces: "id_016"
  std::string story;     // one sentence for people
  v1::TravelDocument document;
};

// How the document is shown to the lane.
enum class Shown { kMrz, kFields, kMrzMisread };

enum class Expected {
  kRecorded,
  kPoorCapture,  // not recorded; the lane captures again
  kRefused,      // with `refusal`
};

struct PlannedCrossing {
  int traveler = 0;  // index into Scenario::travelers
  v1::Direction direction = v1::DIRECTION_ARRIVAL;
  std::string lane;
  absl::Time captured_at;
  std::string image;  // relative to the folder of faces; empty with a waiver
  Shown shown = Shown::kMrz;
  v1::BiometricWaiver waiver = v1::BIOMETRIC_WAIVER_UNSPECIFIED;
  std::optional<v1::Admission> admission;  // arrivals
  std::optional<Truth> truth;              // departures
  Expected expected = Expected::kRecorded;
  std::string refusal;             // reason by name: "MRZ_CHECK_DIGIT"
  bool sent_twice = false;         // the same request again, as after a lost answer
  bool reuses_request_id = false;  // takes the id of the traveler's crossing before
  bool offline = false;            // kept by the lane, sent as part of its backlog
};

// A flag that the history must show; `withdrawn` when a later event disproves it.
struct StagedFlag {
  int traveler = 0;
  v1::CaseKind kind = v1::CASE_KIND_UNSPECIFIED;
  int days_overstayed = 0;
  bool withdrawn = false;

  friend auto operator<=>(const StagedFlag&, const StagedFlag&) = default;
};

struct StagedOverstay {
  int traveler = 0;
  v1::OverstayKind kind = v1::OVERSTAY_KIND_UNSPECIFIED;
  int days = 0;

  friend auto operator<=>(const StagedOverstay&, const StagedOverstay&) = default;
};

struct Scenario {
  absl::CivilDay first_day;
  absl::CivilDay last_day;  // overstays are asked for as of this day
  std::map<std::string, Lane> lanes;
  std::vector<Traveler> travelers;
  std::vector<PlannedCrossing> crossings;  // by captured_at
  std::string offline_lane;
  absl::Time back_online_at;
  std::vector<StagedFlag> flags;
  std::vector<StagedOverstay> overstays;
};

// The time at the lane's port.
absl::CivilSecond LocalTime(const Scenario& scenario, const PlannedCrossing& crossing);

v1::Date ToDate(absl::CivilDay day);

// The appearance group of each identity, "F-A" to "M-D".
using Groups = std::map<std::string, std::string>;

// The groups that the face pack's manifest.csv states.
Groups ParseGroups(const std::string& manifest);

// Stages some weeks that end on `last_day`. Document numbers carry `tag` (5 letters or digits), so
// that two runs on one database do not meet the same travelers.
// Requires: the groups of the bundled face pack; a system with the tz database.
Scenario StageScenario(const Groups& groups, absl::CivilDay last_day, const std::string& tag);

}  // namespace entryexit::demo

#endif  // ENTRYEXIT_DEMO_SCENARIO_H_
