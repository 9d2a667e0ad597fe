#ifndef ENTRYEXIT_DAEMON_METRICS_ENDPOINT_H_
#define ENTRYEXIT_DAEMON_METRICS_ENDPOINT_H_

#include <prometheus/exposer.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "entryexit/rpc/metrics.h"

namespace entryexit::daemon {

// Serves `metrics` at http://`listen`/metrics for as long as the result lives; null for an empty
// `listen`. Errors: CONFIG_INVALID when the address cannot be listened on.
absl::StatusOr<std::unique_ptr<prometheus::Exposer>> ExposeMetrics(const std::string& listen,
                                                                   const rpc::Metrics& metrics);

}  // namespace entryexit::daemon

#endif  // ENTRYEXIT_DAEMON_METRICS_ENDPOINT_H_
