#include "ctl/report_request.h"

#include <fmt/format.h>

#include "entryexit/client/text.h"
#include "entryexit/core/reason.h"

namespace entryexit::ctl {
namespace {

using core::MakeError;
using core::Reason;

}  // namespace

core::Date DayOf(const v1::Date& date) {
  return std::chrono::year(date.year()) / std::chrono::month(static_cast<unsigned>(date.month())) /
         std::chrono::day(static_cast<unsigned>(date.day()));
}

v1::Date DateOf(core::Date day) {
  const std::chrono::year_month_day parts(day);
  v1::Date date;
  date.set_year(static_cast<int>(parts.year()));
  date.set_month(static_cast<int>(static_cast<unsigned>(parts.month())));
  date.set_day(static_cast<int>(static_cast<unsigned>(parts.day())));
  return date;
}

google::protobuf::Timestamp TimeOf(core::Timestamp time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(second.time_since_epoch().count());
  timestamp.set_nanos(static_cast<int>(std::chrono::nanoseconds(time - second).count()));
  return timestamp;
}

absl::StatusOr<v1::GetSummaryRequest> MakeSummaryRequest(const SummaryOptions& options) {
  v1::GetSummaryRequest request;
  if (options.fiscal_year) {
    *request.mutable_from() =
        DateOf(std::chrono::year(*options.fiscal_year - 1) / std::chrono::October / 1);
    *request.mutable_to() =
        DateOf(std::chrono::year(*options.fiscal_year) / std::chrono::September / 30);
  } else if (options.from && options.to) {
    *request.mutable_from() = *options.from;
    *request.mutable_to() = *options.to;
  } else {
    return MakeError(Reason::kMissingField, "give either --from and --to, or --fiscal-year");
  }
  if (options.as_of) *request.mutable_as_of() = *options.as_of;
  if (options.known_at) *request.mutable_known_at() = *options.known_at;
  request.set_least_cell(options.least_cell);
  return request;
}

core::Date YearStart(core::Date day, int first_month) {
  const std::chrono::year_month_day parts(day);
  const std::chrono::month first(static_cast<unsigned>(first_month));
  const std::chrono::years before(parts.month() < first ? 1 : 0);
  return (parts.year() - before) / first / 1;
}

NightlyRequest MakeNightlyRequest(core::Date day, int first_month, int least_cell) {
  NightlyRequest request;
  *request.overstays.mutable_as_of() = DateOf(day);
  *request.overstays.mutable_known_at() = TimeOf(core::EndEverywhere(day));
  *request.summary.mutable_from() = DateOf(YearStart(day, first_month));
  *request.summary.mutable_to() = DateOf(day);
  *request.summary.mutable_as_of() = DateOf(day);
  *request.summary.mutable_known_at() = TimeOf(core::EndEverywhere(day));
  request.summary.set_least_cell(least_cell);
  return request;
}

absl::Status CheckIsOver(core::Date day, core::Timestamp now) {
  const core::Date last = core::LastDayOver(now);
  if (day <= last) return absl::OkStatus();
  return MakeError(Reason::kInvalidField,
                   fmt::format("{} is not over at every port; the last day that is: {}",
                               client::FormatDate(DateOf(day)), client::FormatDate(DateOf(last))));
}

bool IsSettled(core::Date day, core::Timestamp now) {
  return now >= core::EndEverywhere(day) + kSettlingTime;
}

}  // namespace entryexit::ctl
