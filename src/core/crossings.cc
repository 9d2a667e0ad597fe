#include "entryexit/core/crossings.h"

#include <map>
#include <tuple>
#include <utility>

namespace entryexit::core {
namespace {

// Of each crossing the correction that counts.
std::map<CrossingId, const CrossingCorrection*> LatestCorrections(
    const std::vector<CrossingCorrection>& corrections) {
  // By the whole correction where the revision does not tell, so that the order does not.
  const auto before = [](const CrossingCorrection& a, const CrossingCorrection& b) {
    return std::tie(a.revision, a) < std::tie(b.revision, b);
  };
  std::map<CrossingId, const CrossingCorrection*> latest;
  for (const CrossingCorrection& correction : corrections) {
    const auto [known, is_new] = latest.try_emplace(correction.crossing_id, &correction);
    if (!is_new && before(*known->second, correction)) known->second = &correction;
  }
  return latest;
}

}  // namespace

const char* NameOf(Direction direction) {
  return direction == Direction::kArrival ? "ARRIVAL" : "DEPARTURE";
}

std::vector<CrossingEvent> Corrected(const std::vector<CrossingEvent>& crossings,
                                     const std::vector<CrossingCorrection>& corrections) {
  const std::map<CrossingId, const CrossingCorrection*> latest = LatestCorrections(corrections);
  std::vector<CrossingEvent> corrected;
  for (CrossingEvent crossing : crossings) {
    if (const auto found = latest.find(crossing.id); found != latest.end()) {
      const CrossingCorrection& correction = *found->second;
      if (correction.voided) continue;
      crossing.captured_at = correction.captured_at.value_or(crossing.captured_at);
      crossing.local_date = correction.local_date.value_or(crossing.local_date);
      if (correction.admission) crossing.admission = correction.admission;
    }
    corrected.push_back(std::move(crossing));
  }
  return corrected;
}

}  // namespace entryexit::core
