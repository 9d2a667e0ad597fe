#ifndef ENTRYEXIT_RPC_CONVERT_SUMMARY_H_
#define ENTRYEXIT_RPC_CONVERT_SUMMARY_H_

#include <optional>

#include "absl/status/statusor.h"
#include "entryexit/core/summary.h"
#include "entryexit/v1/report_service.pb.h"

// The summary report to and from the messages of the API. All functions are pure.
namespace entryexit::rpc {

struct SummaryRequest {
  core::ReportScope scope;
  std::optional<int> least_cell;  // none: nothing is suppressed
};

// What is not given is settled by `now`.
// Errors: MISSING_FIELD, INVALID_FIELD.
absl::StatusOr<SummaryRequest> FromProto(const v1::GetSummaryRequest& request, core::Timestamp now);

// A suppressed figure, and a rate that cannot be told, are absent from the message.
void ToProto(const core::Summary& summary, const core::ReportScope& scope,
             v1::GetSummaryResponse* response);

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_CONVERT_SUMMARY_H_
