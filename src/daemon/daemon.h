#ifndef ENTRYEXIT_DAEMON_DAEMON_H_
#define ENTRYEXIT_DAEMON_DAEMON_H_

#include "absl/status/status.h"
#include "daemon/policies.h"
#include "entryexit/config/config.h"

namespace entryexit::daemon {

// Puts the service together, prints one line on stdout once it is ready ("entryexitd ready on
// <address>" and, unless metrics are off, ", metrics on http://<address>/metrics"), serves until
// SIGTERM or SIGINT, drains, and returns OK. Blocks. `policies` are those
// that `config` names.
// Requires: SIGTERM and SIGINT are blocked in this thread, and there are no others.
// Errors: whatever keeps the service from starting: CONFIG_INVALID, KEY_UNAVAILABLE,
// DATABASE_UNAVAILABLE, SCHEMA_MISMATCH and those of face::CreateFaceEngine.
absl::Status Run(const config::Config& config, const Policies& policies);

}  // namespace entryexit::daemon

#endif  // ENTRYEXIT_DAEMON_DAEMON_H_
