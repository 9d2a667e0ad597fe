#ifndef ENTRYEXIT_APP_CALL_H_
#define ENTRYEXIT_APP_CALL_H_

#include <optional>
#include <string>

#include "entryexit/core/clock.h"
#include "entryexit/core/ids.h"

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
  // What it is made for, by the purpose policy; empty where that asks for none.
  std::string purpose = {};
  // The case that it is made for, as the caller says. Every use case fails with CASE_NOT_FOUND when
  // there is none, and one that reads or changes one traveler's records with
  // CASE_OF_ANOTHER_TRAVELER unless it is one of that traveler's.
  std::optional<core::CaseId> case_id = std::nullopt;
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_CALL_H_
