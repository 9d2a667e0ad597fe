#ifndef ENTRYEXIT_SRC_CTL_OVERSTAY_LIST_H_
#define ENTRYEXIT_SRC_CTL_OVERSTAY_LIST_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "ctl/context.h"
#include "entryexit/v1/report_service.grpc.pb.h"

// The list of overstays, which does not fit into memory for a large country.
namespace entryexit::ctl {

// Calls `take` with every overstay as it comes, until it returns false.
// Errors: of the service, as of client::ToStatus; CANCELLED when the user interrupts it.
absl::Status ReadOverstays(v1::ReportService::Stub& stub, const v1::ListOverstaysRequest& request,
                           const client::Purpose& purpose,
                           const std::function<bool(const v1::ListOverstaysResponse&)>& take);

Table OverstayTable(const Context& context);
std::vector<Cell> OverstayRow(const v1::ListOverstaysResponse& overstay);

// The list as CSV: the names of the columns, and one record each.
std::string OverstayCsvHeader();
std::string OverstayCsvRecord(const v1::ListOverstaysRequest& request,
                              const v1::ListOverstaysResponse& overstay);

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_OVERSTAY_LIST_H_
