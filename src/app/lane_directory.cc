#include "entryexit/app/lane_directory.h"

#include <fmt/format.h>

#include "entryexit/core/reason.h"

namespace entryexit::app {

using core::MakeError;
using core::Reason;

absl::StatusOr<LaneDirectory> LaneDirectory::Create(const std::vector<LaneEntry>& entries) {
  LaneDirectory directory;
  for (const LaneEntry& entry : entries) {
    Lane lane{entry.lane_id, entry.port_id, {}, entry.direction};
    if (!absl::LoadTimeZone(entry.time_zone, &lane.time_zone)) {
      return MakeError(Reason::kConfigInvalid,
                       fmt::format("port {}: '{}' is no time zone of this system's tz database",
                                   entry.port_id.value(), entry.time_zone));
    }
    if (!directory.lanes_.emplace(entry.lane_id, lane).second) {
      return MakeError(Reason::kConfigInvalid,
                       fmt::format("lane {} is named twice", entry.lane_id.value()));
    }
  }
  return directory;
}

absl::StatusOr<LaneDirectory::Lane> LaneDirectory::Find(const core::LaneId& id,
                                                        core::Direction direction) const {
  const auto found = lanes_.find(id);
  if (found == lanes_.end()) {
    return MakeError(Reason::kLaneUnknown,
                     fmt::format("lane {} is not in the service's configuration", id.value()));
  }
  const Lane& lane = found->second;
  if (lane.direction && *lane.direction != direction) {
    return MakeError(
        Reason::kLaneWrongDirection,
        fmt::format("lane {} is a lane for {}S only", id.value(), core::NameOf(*lane.direction)));
  }
  return lane;
}

core::Date LocalDate(core::Timestamp moment, const absl::TimeZone& zone) {
  const absl::CivilDay day = absl::ToCivilDay(absl::FromChrono(moment), zone);
  return core::Date(std::chrono::year(static_cast<int>(day.year())) /
                    std::chrono::month(static_cast<unsigned>(day.month())) /
                    std::chrono::day(static_cast<unsigned>(day.day())));
}

}  // namespace entryexit::app
