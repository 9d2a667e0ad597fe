#ifndef ENTRYEXIT_CONFIG_PURPOSE_POLICY_H_
#define ENTRYEXIT_CONFIG_PURPOSE_POLICY_H_

#include <filesystem>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "entryexit/core/purpose.h"

namespace entryexit::config {

// Reads the YAML file of `policy.purpose_policy`. The form of the file and the meaning of its keys
// stand in config/purpose_policy.yaml, which is shipped. `calls` are the names of the RPCs that
// need a purpose: in the result each may be called for one at least. `calls_of_listing` are those
// of them that show many travelers, which are never called for a case. Errors: CONFIG_INVALID,
// saying where ("file:line") and what is allowed, for a file that cannot be read or has no purpose,
// an unknown, repeated or missing key, a code of another form or that is there twice, a purpose
// without calls, a call that is none of `calls` or stands twice with a purpose, one of
// `calls_of_listing` that takes a case, and one of `calls` that no purpose allows.
absl::StatusOr<core::PurposePolicy> LoadPurposePolicy(
    const std::filesystem::path& path, const std::set<std::string>& calls,
    const std::set<std::string>& calls_of_listing);

}  // namespace entryexit::config

#endif  // ENTRYEXIT_CONFIG_PURPOSE_POLICY_H_
