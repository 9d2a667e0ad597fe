#include "entryexit/core/purpose.h"

#include <algorithm>

#include "entryexit/core/reason.h"

namespace entryexit::core {
namespace {

std::string PurposesFor(const PurposePolicy& policy, const std::string& call) {
  std::string names;
  for (const PurposeRule& rule : policy) {
    if (!rule.Allows(call)) continue;
    if (!names.empty()) names += ", ";
    names += rule.purpose;
  }
  return names;
}

}  // namespace

absl::Status CheckPurpose(const PurposePolicy& policy, const std::string& call,
                          const std::string& purpose, bool has_case) {
  if (purpose.empty()) {
    return MakeError(
        Reason::kPurposeMissing,
        "say for which purpose " + call + " is called: one of " + PurposesFor(policy, call));
  }
  const auto rule = std::ranges::find(policy, purpose, &PurposeRule::purpose);
  if (rule == policy.end() || !rule->Allows(call)) {
    return MakeError(
        Reason::kPurposeNotAllowed,
        call + " may not be called for that purpose, but for one of " + PurposesFor(policy, call));
  }
  if (has_case || rule->calls.contains(call)) return absl::OkStatus();
  return MakeError(Reason::kPurposeNeedsCase,
                   "for the purpose " + purpose + ", " + call + " needs the id of the case");
}

}  // namespace entryexit::core
