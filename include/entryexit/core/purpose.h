#ifndef ENTRYEXIT_CORE_PURPOSE_H_
#define ENTRYEXIT_CORE_PURPOSE_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace entryexit::core {

// For what a purpose lets personal data be looked at. Calls go by the name of their RPC:
// "GetTraveler".
struct PurposeRule {
  std::string purpose;                   // "CASE_WORK"
  std::set<std::string> calls;           // as they are
  std::set<std::string> calls_for_case;  // only for a case that the caller names

  bool Allows(const std::string& call) const {
    return calls.contains(call) || calls_for_case.contains(call);
  }
};

// A purpose stands in it once.
using PurposePolicy = std::vector<PurposeRule>;

// OK when the policy lets `call` be made for `purpose`; `has_case`: the caller names a case.
// Errors, saying what would be allowed: PURPOSE_MISSING when `purpose` is empty,
// PURPOSE_NOT_ALLOWED, PURPOSE_NEEDS_CASE.
absl::Status CheckPurpose(const PurposePolicy& policy, const std::string& call,
                          const std::string& purpose, bool has_case);

}  // namespace entryexit::core

#endif  // ENTRYEXIT_CORE_PURPOSE_H_
