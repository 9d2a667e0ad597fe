#ifndef ENTRYEXIT_DAEMON_LOGGING_H_
#define ENTRYEXIT_DAEMON_LOGGING_H_

#include "entryexit/config/config.h"

namespace entryexit::daemon {

// Makes the process's logger write to stderr, as the configuration says: lines for people, or one
// JSON object a line. Call it before other threads log.
void ConfigureLogging(const config::LogConfig& config);

}  // namespace entryexit::daemon

#endif  // ENTRYEXIT_DAEMON_LOGGING_H_
