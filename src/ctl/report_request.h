#ifndef ENTRYEXIT_SRC_CTL_REPORT_REQUEST_H_
#define ENTRYEXIT_SRC_CTL_REPORT_REQUEST_H_

#include <google/protobuf/timestamp.pb.h>

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "entryexit/core/clock.h"
#include "entryexit/v1/report_service.pb.h"

// What reports ask the service for. All functions are pure.
namespace entryexit::ctl {

core::Date DayOf(const v1::Date& date);
v1::Date DateOf(core::Date day);
google::protobuf::Timestamp TimeOf(core::Timestamp time);

struct SummaryOptions {
  // Either a period or a fiscal year.
  std::optional<v1::Date> from = {};
  std::optional<v1::Date> to = {};
  std::optional<int> fiscal_year = {};  // of the United States: ends on 30 September of that year
  std::optional<v1::Date> as_of = {};
  std::optional<google::protobuf::Timestamp> known_at = {};
  int least_cell = 0;
};

// Errors: MISSING_FIELD without a period.
absl::StatusOr<v1::GetSummaryRequest> MakeSummaryRequest(const SummaryOptions& options);

// The first day of the reporting year that `day` lies in, when years begin with month `first_month`
// (1 to 12).
core::Date YearStart(core::Date day, int first_month);

// When what was recorded before the end of a day can have become visible: what is under way may
// take its time of recording before it is there for others to see.
inline constexpr std::chrono::minutes kSettlingTime{2};

// The report of one day, by what was known when the day was over everywhere: the same day gives the
// same report, whenever it is made.
struct NightlyRequest {
  v1::ListOverstaysRequest overstays;
  v1::GetSummaryRequest summary;  // the reporting year up to the day
};
NightlyRequest MakeNightlyRequest(core::Date day, int first_month, int least_cell);

// Errors: INVALID_FIELD when `day` is not over at every port.
absl::Status CheckIsOver(core::Date day, core::Timestamp now);
// Whether everything recorded until the end of `day` can be seen.
bool IsSettled(core::Date day, core::Timestamp now);

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_REPORT_REQUEST_H_
