#include "rpc/convert_summary.h"

#include <google/protobuf/message.h>

#include <algorithm>
#include <cstddef>

#include "entryexit/core/reason.h"
#include "rpc/convert.h"

namespace entryexit::rpc {
namespace {

constexpr int kMinLeastCell = 2;
constexpr int kMaxLeastCell = 1000;

// Each figure by its name, which is the field's.
template <typename Figure, std::size_t kSize, typename Proto>
void SetCounts(const core::Figures<Figure, kSize>& figures, Proto* proto) {
  for (std::size_t i = 0; i < kSize; ++i) {
    const auto figure = static_cast<Figure>(i);
    if (figures[figure] == core::kSuppressed) continue;
    proto->GetReflection()->SetInt64(
        proto, Proto::descriptor()->FindFieldByName(core::NameOf(figure)), figures[figure]);
  }
}

void SetFigures(const core::StayFigures& figures, v1::StayFigures* proto) {
  SetCounts(figures, proto);
  if (const auto rate = core::OverstayRate(figures)) proto->set_overstay_rate(*rate);
  if (const auto rate = core::InCountryRate(figures)) proto->set_in_country_rate(*rate);
}

void SetFigures(const core::CrossingFigures& figures, v1::CrossingFigures* proto) {
  SetCounts(figures, proto);
  if (const auto rate = core::CaptureRate(figures)) proto->set_capture_rate(*rate);
}

absl::StatusOr<std::optional<int>> LeastCellFrom(int least_cell) {
  if (least_cell == 0) return std::optional<int>();
  if (least_cell < kMinLeastCell || least_cell > kMaxLeastCell) {
    return core::MakeError(core::Reason::kInvalidField, "least_cell must be 2 to 1000, or 0");
  }
  return std::optional<int>(least_cell);
}

}  // namespace

absl::StatusOr<SummaryRequest> FromProto(const v1::GetSummaryRequest& request,
                                         core::Timestamp now) {
  const auto from = DateFrom(request.from(), request.has_from(), "from");
  if (!from.ok()) return from.status();
  const auto to = DateFrom(request.to(), request.has_to(), "to");
  if (!to.ok()) return to.status();
  if (*from > *to) {
    return core::MakeError(core::Reason::kInvalidField, "from must not be after to");
  }
  core::Date as_of = std::min(core::LastDayOver(now), *to);
  if (request.has_as_of()) {
    const auto given = DateFrom(request.as_of(), true, "as_of");
    if (!given.ok()) return given.status();
    as_of = *given;
  }
  const auto known_at = KnownAtFrom(request.known_at(), request.has_known_at(), now);
  if (!known_at.ok()) return known_at.status();
  const auto least_cell = LeastCellFrom(request.least_cell());
  if (!least_cell.ok()) return least_cell.status();
  return SummaryRequest{{*from, *to, as_of, *known_at}, *least_cell};
}

void ToProto(const core::Summary& summary, const core::ReportScope& scope,
             v1::GetSummaryResponse* response) {
  ToProto(scope.as_of, response->mutable_as_of());
  ToProto(scope.known_at, response->mutable_known_at());
  for (const core::Summary::Class& row : summary.by_class) {
    v1::ClassFigures* const added = response->add_by_class();
    added->set_nationality(row.nationality);
    added->set_class_of_admission(row.class_of_admission);
    SetFigures(row.figures, added->mutable_figures());
  }
  for (const core::Summary::Port& row : summary.by_port) {
    v1::PortFigures* const added = response->add_by_port();
    added->set_port_id(row.port_id.value());
    SetFigures(row.figures, added->mutable_figures());
  }
  SetFigures(summary.stays, response->mutable_stays());
  for (const core::CrossingCount& row : summary.by_lane) {
    v1::LaneFigures* const added = response->add_by_lane();
    added->set_port_id(row.port_id.value());
    added->set_lane_id(row.lane_id.value());
    SetFigures(row.figures, added->mutable_figures());
  }
  SetFigures(summary.crossings, response->mutable_crossings());
}

}  // namespace entryexit::rpc
