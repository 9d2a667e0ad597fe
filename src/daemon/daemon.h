#ifndef ENTRYEXIT_DAEMON_DAEMON_H_
#define ENTRYEXIT_DAEMON_DAEMON_H_

#include "absl/status/status.h"
#include "entryexit/config/config.h"
#include "entryexit/core/admission.h"
#include "entryexit/core/retention.h"

namespace entryexit::daemon {

// Puts the service together, prints one line on stdout once it is ready ("entryexitd ready on
// <address>" and, unless metrics are off, ", metrics on http://<address>/metrics"), serves until
// SIGTERM or SIGINT, drains, and returns OK. Blocks. `admissions` and `retention` are what
// policy.admission_policy and policy.retention_policy name.
// Requires: SIGTERM and SIGINT are blocked in this thread, and there are no others.
// Errors: whatever keeps the service from starting: CONFIG_INVALID, KEY_UNAVAILABLE,
// DATABASE_UNAVAILABLE, SCHEMA_MISMATCH and those of face::CreateFaceEngine.
absl::Status Run(const config::Config& config, const core::AdmissionPolicy& admissions,
                 const core::RetentionPolicy& retention);

}  // namespace entryexit::daemon

#endif  // ENTRYEXIT_DAEMON_DAEMON_H_
