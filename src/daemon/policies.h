#ifndef ENTRYEXIT_DAEMON_POLICIES_H_
#define ENTRYEXIT_DAEMON_POLICIES_H_

#include "absl/status/statusor.h"
#include "entryexit/config/config.h"
#include "entryexit/core/admission.h"
#include "entryexit/core/purpose.h"
#include "entryexit/core/retention.h"

namespace entryexit::daemon {

// The tables that the section `policy` of the configuration names.
struct Policies {
  core::AdmissionPolicy admissions;
  core::RetentionPolicy retention;
  core::PurposePolicy purposes;
};

// Errors: CONFIG_INVALID, naming the file and the line.
absl::StatusOr<Policies> LoadPolicies(const config::PolicyConfig& config);

}  // namespace entryexit::daemon

#endif  // ENTRYEXIT_DAEMON_POLICIES_H_
