#ifndef ENTRYEXIT_APP_RETENTION_FACTS_H_
#define ENTRYEXIT_APP_RETENTION_FACTS_H_

#include <set>
#include <string>
#include <vector>

#include "app/traveler_state.h"
#include "entryexit/core/retention.h"
#include "entryexit/ports/store.h"

namespace entryexit::app {

// What the rules of retention see of a traveler. `comparisons` holds those that raised an open
// case; the templates of `state` are not looked at.
core::RetentionFacts RetentionFactsOf(const TravelerState& state,
                                      const ports::RetainedItems& retained,
                                      const std::vector<ports::ComparisonRecord>& comparisons,
                                      const std::string& operating_state);

// The crossings of `state`, of which `valid` are those that count, whose templates may no longer be
// compared at `now`.
std::set<core::CrossingId> ExpiredTemplatesOf(const TravelerState& state,
                                              const ValidCrossings& valid,
                                              const core::RetentionPolicy& policy,
                                              const std::string& operating_state,
                                              core::Timestamp now);

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_RETENTION_FACTS_H_
