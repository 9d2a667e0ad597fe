#ifndef ENTRYEXIT_APP_CALL_H_
#define ENTRYEXIT_APP_CALL_H_

#include <string>

#include "entryexit/core/clock.h"

namespace entryexit::app {

enum class Role { kLane, kOfficer, kSupervisor, kReport, kAuditor, kAdmin };

// Who calls, as the client certificate says.
struct Principal {
  Role role;
  std::string id;    // within the role: "SEA-A12", "4711"
  std::string name;  // the whole, for the record: "lane/SEA-A12"
};

// What every use case is told of the call that it serves.
struct Call {
  Principal principal;
  core::Deadline deadline;
  std::string method;  // of the API, in full: "/entryexit.v1.LaneService/RecordArrival"
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_CALL_H_
