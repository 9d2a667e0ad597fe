#ifndef ENTRYEXIT_SRC_POSTGRES_STAY_DIFFERENCE_H_
#define ENTRYEXIT_SRC_POSTGRES_STAY_DIFFERENCE_H_

#include <map>
#include <span>
#include <vector>

#include "entryexit/ports/store.h"

namespace entryexit::postgres {

// What becomes of one traveler's stays; the pointers are into what DifferenceOf was given.
struct StayDifference {
  std::vector<const ports::StayRecord*> superseded;  // known until now, and otherwise from now on
  std::vector<const ports::StayRecord*> added;
};

inline StayDifference DifferenceOf(std::span<const ports::StayRecord> known,
                                   std::span<const ports::StayRecord> stays) {
  std::map<core::CrossingId, const ports::StayRecord*> otherwise;
  for (const ports::StayRecord& record : known) otherwise.emplace(record.stay.arrival_id, &record);
  StayDifference difference;
  for (const ports::StayRecord& record : stays) {
    const auto found = otherwise.find(record.stay.arrival_id);
    if (found != otherwise.end() && *found->second == record) {
      otherwise.erase(found);
    } else {
      difference.added.push_back(&record);
    }
  }
  for (const auto& [arrival_id, record] : otherwise) difference.superseded.push_back(record);
  return difference;
}

}  // namespace entryexit::postgres

#endif  // ENTRYEXIT_SRC_POSTGRES_STAY_DIFFERENCE_H_
