#include "entryexit/core/leads.h"

#include <set>

namespace entryexit::core {

std::vector<Lead> LeadsOf(const StayHistory& history,
                          const std::map<CrossingId, Outcome>& outcomes) {
  std::vector<Lead> leads;
  std::set<CrossingId> without_arrival;
  for (const Flag& flag : history.flags) {
    leads.push_back(
        {CaseKindFor(flag.kind), flag.crossing_id, flag.days_overstayed, flag.days_before_18});
    if (flag.kind == FlagKind::kDepartureWithoutArrival) without_arrival.insert(flag.crossing_id);
  }
  for (const auto& [crossing_id, outcome] : outcomes) {
    const auto kind = CaseKindFor(outcome);
    if (!kind) continue;
    if (*kind == CaseKind::kNoReference && without_arrival.contains(crossing_id)) continue;
    leads.push_back({*kind, crossing_id});
  }
  return leads;
}

}  // namespace entryexit::core
