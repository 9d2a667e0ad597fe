#include "entryexit/core/crossings.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace entryexit::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Date kDay{std::chrono::year(2026) / 9 / 1};

Date CrossingDay(int day) { return kDay + std::chrono::days(day); }

CrossingEvent Arrived(const std::string& id, int day) {
  return {CrossingId(id), Direction::kArrival, Timestamp(CrossingDay(day)), CrossingDay(day),
          Admission{"B-2", CrossingDay(day + 30), std::nullopt}};
}

CrossingCorrection Revision(int revision) {
  CrossingCorrection correction;
  correction.crossing_id = CrossingId("a");
  correction.revision = revision;
  return correction;
}

TEST(Corrected, CrossingsWithoutACorrectionAreAsRecorded) {
  CrossingCorrection of_another = Revision(1);
  of_another.crossing_id = CrossingId("x");
  of_another.voided = true;
  EXPECT_THAT(Corrected({Arrived("a", 0)}, {}), ElementsAre(Arrived("a", 0)));
  EXPECT_THAT(Corrected({Arrived("a", 0)}, {of_another}), ElementsAre(Arrived("a", 0)));
  EXPECT_THAT(Corrected({}, {of_another}), IsEmpty());
}

TEST(Corrected, WhatACorrectionLeavesAbsentIsAsRecorded) {
  CrossingCorrection time = Revision(1);
  time.captured_at = Timestamp(CrossingDay(5));
  time.local_date = CrossingDay(4);
  CrossingEvent moved = Arrived("a", 0);
  moved.captured_at = *time.captured_at;
  moved.local_date = CrossingDay(4);
  EXPECT_THAT(Corrected({Arrived("a", 0)}, {time}), ElementsAre(moved));

  CrossingCorrection admission = Revision(2);
  admission.admission = Admission{"F-1", std::nullopt, std::nullopt};
  CrossingEvent admitted = Arrived("a", 0);
  admitted.admission = admission.admission;
  EXPECT_THAT(Corrected({Arrived("a", 0)}, {time, admission}), ElementsAre(admitted))
      << "the time is as recorded again";
}

TEST(Corrected, TheGreatestRevisionCountsInWhateverOrder) {
  CrossingCorrection voids = Revision(1);
  voids.voided = true;
  const CrossingCorrection takes_back = Revision(2);
  CrossingCorrection voids_again = Revision(3);
  voids_again.voided = true;
  EXPECT_THAT(Corrected({Arrived("a", 0)}, {voids}), IsEmpty());
  EXPECT_THAT(Corrected({Arrived("a", 0)}, {takes_back, voids}), ElementsAre(Arrived("a", 0)));
  std::vector<CrossingCorrection> all = {voids, takes_back, voids_again};
  do {
    EXPECT_THAT(Corrected({Arrived("a", 0), Arrived("b", 1)}, all), ElementsAre(Arrived("b", 1)));
  } while (std::ranges::next_permutation(all).found);
}

}  // namespace
}  // namespace entryexit::core
