#include "entryexit/core/leads.h"

#include <set>

namespace entryexit::core {

std::vector<Lead> LeadsOf(const StayHistory& history, const std::map<CrossingId, Outcome>& outcomes,
                          Date as_of) {
  std::vector<Lead> leads;
  std::set<CrossingId> without_arrival;
  for (const Flag& flag : history.flags) {
    const CaseKind kind = CaseKindFor(flag.kind);
    leads.push_back({kind, flag.crossing_id,
                     SeverityOf(kind, flag.days_overstayed, flag.days_before_18),
                     flag.days_overstayed});
    if (flag.kind == FlagKind::kDepartureWithoutArrival) without_arrival.insert(flag.crossing_id);
  }
  for (const Stay& stay : history.stays) {
    const auto overstay = stay.state == StayState::kOpen ? OverstayOf(stay, as_of) : std::nullopt;
    if (!overstay) continue;
    const CaseKind kind = CaseKind::kSuspectedOverstay;
    leads.push_back(
        {kind, stay.arrival_id, SeverityOf(kind, overstay->days, overstay->days_before_18)});
  }
  for (const auto& [crossing_id, outcome] : outcomes) {
    const auto kind = CaseKindFor(outcome);
    if (!kind) continue;
    if (*kind == CaseKind::kNoReference && without_arrival.contains(crossing_id)) continue;
    leads.push_back({*kind, crossing_id, SeverityOf(*kind, 0)});
  }
  return leads;
}

}  // namespace entryexit::core
