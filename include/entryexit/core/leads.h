#ifndef ENTRYEXIT_CORE_LEADS_H_
#define ENTRYEXIT_CORE_LEADS_H_

#include <map>
#include <vector>

#include "entryexit/core/cases.h"
#include "entryexit/core/ids.h"
#include "entryexit/core/matching.h"
#include "entryexit/core/stays.h"

namespace entryexit::core {

// Something in a traveler's history that an officer must look at. At most one of each kind is
// raised by one crossing.
struct Lead {
  CaseKind kind;
  CrossingId crossing_id;
  Severity severity;
  int days_overstayed = 0;  // of a departure; those of a suspected overstay grow every day

  friend auto operator<=>(const Lead&, const Lead&) = default;
};

// All leads that stays and comparisons give on day `as_of`, which only suspected overstays depend
// on. `outcomes` holds the latest outcome of each departure.
// Pure: the same history gives the same leads, so a lead that is no longer here was disproved.
// A departure without an arrival has no reference either; that is one lead, not two.
std::vector<Lead> LeadsOf(const StayHistory& history, const std::map<CrossingId, Outcome>& outcomes,
                          Date as_of);

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_LEADS_H_
