#ifndef ENTRYEXIT_CONFIG_RETENTION_POLICY_H_
#define ENTRYEXIT_CONFIG_RETENTION_POLICY_H_

#include <filesystem>

#include "absl/status/statusor.h"
#include "entryexit/core/retention.h"

namespace entryexit::config {

// Reads the YAML file of `policy.retention_policy`. The form of the file, the meaning of its keys
// and their ranges stand in config/retention_policy.yaml, which is shipped. In the result every
// subject (core::RetentionSubjects) has exactly one rule on every day from the policy's first on.
// Errors: CONFIG_INVALID, saying where ("file:line") and what is allowed, for a file that cannot be
// read or has no rule, an unknown, repeated or missing key, an unknown word, an id that is there
// twice, a subject that cannot be, a period or number out of range, a day that the calendar lacks,
// and rules of one subject that end before they begin, overlap, leave a gap, begin later than the
// policy or end for good, and a subject without a rule.
absl::StatusOr<core::RetentionPolicy> LoadRetentionPolicy(const std::filesystem::path& path);

}  // namespace entryexit::config

#endif  // ENTRYEXIT_CONFIG_RETENTION_POLICY_H_
