#ifndef ENTRYEXIT_CONFIG_ADMISSION_POLICY_H_
#define ENTRYEXIT_CONFIG_ADMISSION_POLICY_H_

#include <filesystem>

#include "absl/status/statusor.h"
#include "entryexit/core/admission.h"

namespace entryexit::config {

// Reads the YAML file of `policy.admission_policy`. The form of the file, the meaning of its keys
// and their ranges stand in config/admission_policy.yaml, which is shipped. The result has at least
// one class, and each class at least one period.
// Errors: CONFIG_INVALID, saying where ("file:line") and what is allowed, for a file that cannot be
// read or has no class, an unknown or repeated key, a class that is no code or has no period, a day
// that the calendar lacks, a rule that is not known, a number that its rule needs and is missing,
// that it does not have, or that is out of range, and periods that end before they begin, overlap,
// leave a gap, or follow one without an end.
absl::StatusOr<core::AdmissionPolicy> LoadAdmissionPolicy(const std::filesystem::path& path);

}  // namespace entryexit::config

#endif  // ENTRYEXIT_CONFIG_ADMISSION_POLICY_H_
