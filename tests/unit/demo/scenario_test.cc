#include "src/demo/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "entryexit/base/files.h"
#include "entryexit/core/stays.h"

namespace entryexit::demo {
namespace {

using std::chrono::sys_days;

const std::filesystem::path kFaces = ENTRYEXIT_FACES_DIR;

core::Date ToCoreDate(absl::CivilDay day) {
  return sys_days(std::chrono::days(day - absl::CivilDay(1970, 1, 1)));
}

class ScenarioTest : public testing::Test {
 protected:
  ScenarioTest()
      : groups_(ParseGroups(*base::ReadFile(kFaces / "manifest.csv"))),
        scenario_(StageScenario(groups_, absl::CivilDay(2026, 11, 19), "AB12C")) {}

  // What the lane grants, as the last lawful day.
  static std::optional<core::Date> LastLawfulDay(const v1::Admission& admission,
                                                 absl::CivilDay arrival) {
    if (admission.has_duration_of_status()) return std::nullopt;
    if (admission.has_days_from_arrival()) {
      return ToCoreDate(arrival + admission.days_from_arrival() - 1);
    }
    const auto& date = admission.authorized_until();
    return ToCoreDate(absl::CivilDay(date.year(), date.month(), date.day()));
  }

  // The history of one traveler as the rules see it; with `known_late` left out, as it was before
  // the lane was back online.
  core::StayHistory HistoryOf(int traveler) const {
    core::TravelerEvents events;
    for (std::size_t i = 0; i < scenario_.crossings.size(); ++i) {
      const PlannedCrossing& crossing = scenario_.crossings[i];
      if (crossing.traveler != traveler || crossing.expected != Expected::kRecorded) continue;
      const absl::CivilDay day(LocalTime(scenario_, crossing));
      core::CrossingEvent event;
      event.id = core::CrossingId(std::to_string(i));
      event.direction =
          crossing.admission ? core::Direction::kArrival : core::Direction::kDeparture;
      event.captured_at =
          core::Timestamp(std::chrono::seconds(absl::ToUnixSeconds(crossing.captured_at)));
      event.local_date = ToCoreDate(day);
      if (crossing.admission) {
        event.admission = core::Admission{crossing.admission->class_of_admission(),
                                          LastLawfulDay(*crossing.admission, day), std::nullopt};
      }
      events.crossings.push_back(std::move(event));
    }
    return core::ComputeStays(std::move(events));
  }

  int TravelerCount() const { return static_cast<int>(scenario_.travelers.size()); }

  const Groups groups_;
  const Scenario scenario_;
};

v1::CaseKind ToWire(core::FlagKind kind) {
  switch (kind) {
    case core::FlagKind::kOverstay:
      return v1::CASE_KIND_OVERSTAY;
    case core::FlagKind::kDepartureWithoutArrival:
      return v1::CASE_KIND_DEPARTURE_WITHOUT_ARRIVAL;
    case core::FlagKind::kArrivalOnOpenStay:
      return v1::CASE_KIND_ARRIVAL_ON_OPEN_STAY;
  }
  return v1::CASE_KIND_UNSPECIFIED;
}

TEST_F(ScenarioTest, TheFlagsThatStayAreThoseOfTheWholeHistory) {
  std::multiset<StagedFlag> lasting;
  for (const StagedFlag& flag : scenario_.flags) {
    if (!flag.withdrawn) lasting.insert(flag);
  }
  std::multiset<StagedFlag> computed;
  for (int traveler = 0; traveler < TravelerCount(); ++traveler) {
    for (const core::Flag& flag : HistoryOf(traveler).flags) {
      computed.insert({traveler, ToWire(flag.kind), flag.days_overstayed, false});
    }
  }
  EXPECT_EQ(computed, lasting);
  EXPECT_FALSE(lasting.empty());
}

TEST_F(ScenarioTest, TheOverstaysAreThoseOfTheWholeHistory) {
  std::multiset<StagedOverstay> computed;
  for (int traveler = 0; traveler < TravelerCount(); ++traveler) {
    for (const core::Stay& stay : HistoryOf(traveler).stays) {
      const auto overstay = core::OverstayOf(stay, ToCoreDate(scenario_.last_day));
      if (!overstay) continue;
      computed.insert({traveler,
                       overstay->kind == core::OverstayKind::kOutOfCountry
                           ? v1::OVERSTAY_KIND_OUT_OF_COUNTRY
                           : v1::OVERSTAY_KIND_SUSPECTED_IN_COUNTRY,
                       overstay->days});
    }
  }
  EXPECT_EQ(computed,
            std::multiset<StagedOverstay>(scenario_.overstays.begin(), scenario_.overstays.end()));
}

TEST_F(ScenarioTest, EveryPictureExists) {
  for (const PlannedCrossing& crossing : scenario_.crossings) {
    if (crossing.image.empty()) continue;
    EXPECT_TRUE(std::filesystem::exists(kFaces / crossing.image)) << crossing.image;
  }
}

TEST_F(ScenarioTest, EachTravelerHasAFaceAndADocumentOfTheirOwn) {
  std::set<std::string> identities;
  std::set<std::string> numbers;
  for (const Traveler& traveler : scenario_.travelers) {
    identities.insert(traveler.identity);
    numbers.insert(traveler.document.number());
  }
  EXPECT_EQ(identities.size(), scenario_.travelers.size());
  EXPECT_EQ(numbers.size(), scenario_.travelers.size());
}

TEST_F(ScenarioTest, ImpostorsAreOthersOfTheSameGroupAndDoNotTravel) {
  std::set<std::string> holders;
  for (const Traveler& traveler : scenario_.travelers) holders.insert(traveler.identity);
  int impostors = 0;
  for (const PlannedCrossing& crossing : scenario_.crossings) {
    if (crossing.truth != Truth::kImpostor) continue;
    ++impostors;
    const std::string bearer = crossing.image.substr(0, crossing.image.find('/'));
    const auto& holder = scenario_.travelers[static_cast<std::size_t>(crossing.traveler)];
    EXPECT_EQ(groups_.at(bearer), groups_.at(holder.identity));
    EXPECT_FALSE(holders.contains(bearer)) << bearer;
  }
  EXPECT_EQ(impostors, 5);
}

TEST_F(ScenarioTest, GenuineTravelersShowTheirOwnFace) {
  for (const PlannedCrossing& crossing : scenario_.crossings) {
    if (crossing.truth != Truth::kSamePerson) continue;
    const auto& holder = scenario_.travelers[static_cast<std::size_t>(crossing.traveler)];
    EXPECT_THAT(crossing.image, testing::StartsWith(holder.identity + "/"));
  }
}

TEST_F(ScenarioTest, EverythingHappensInsideTheSimulatedWeeks) {
  for (const PlannedCrossing& crossing : scenario_.crossings) {
    const absl::CivilDay day(LocalTime(scenario_, crossing));
    EXPECT_GE(day, scenario_.first_day);
    EXPECT_LE(day, scenario_.last_day);
    EXPECT_TRUE(!crossing.offline || crossing.captured_at < scenario_.back_online_at);
  }
}

TEST_F(ScenarioTest, CrossingsAreInTimeOrder) {
  EXPECT_TRUE(
      std::is_sorted(scenario_.crossings.begin(), scenario_.crossings.end(),
                     [](const auto& a, const auto& b) { return a.captured_at < b.captured_at; }));
}

}  // namespace
}  // namespace entryexit::demo
