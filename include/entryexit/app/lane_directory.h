#ifndef ENTRYEXIT_APP_LANE_DIRECTORY_H_
#define ENTRYEXIT_APP_LANE_DIRECTORY_H_

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/ids.h"
#include "entryexit/core/stays.h"

namespace entryexit::app {

struct LaneEntry {
  core::LaneId lane_id;
  core::PortId port_id;
  std::string time_zone;                     // IANA name, e.g. "America/Denver"
  std::optional<core::Direction> direction;  // absent: both ways
};

// The lanes that the operator configured. Immutable, hence thread-safe.
class LaneDirectory {
 public:
  struct Lane {
    core::LaneId lane_id;
    core::PortId port_id;
    absl::TimeZone time_zone;
    std::optional<core::Direction> direction;
  };

  // Errors: CONFIG_INVALID for a lane named twice or an unknown time zone.
  static absl::StatusOr<LaneDirectory> Create(const std::vector<LaneEntry>& entries);

  // The lane, if it is known and crosses in `direction`.
  // Errors: LANE_UNKNOWN, LANE_WRONG_DIRECTION.
  absl::StatusOr<Lane> Find(const core::LaneId& id, core::Direction direction) const;

 private:
  std::unordered_map<core::LaneId, Lane> lanes_;
};

// The calendar day of `moment` at a port in `zone`.
core::Date LocalDate(core::Timestamp moment, const absl::TimeZone& zone);

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_LANE_DIRECTORY_H_
