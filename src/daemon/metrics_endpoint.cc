#include "daemon/metrics_endpoint.h"

#include <fmt/format.h>

#include <exception>

#include "entryexit/core/reason.h"

namespace entryexit::daemon {

absl::StatusOr<std::unique_ptr<prometheus::Exposer>> ExposeMetrics(const std::string& listen,
                                                                   const rpc::Metrics& metrics) {
  if (listen.empty()) return nullptr;
  try {
    auto exposer = std::make_unique<prometheus::Exposer>(listen);
    exposer->RegisterCollectable(metrics.registry());
    return exposer;
  } catch (const std::exception& error) {
    return core::MakeError(
        core::Reason::kConfigInvalid,
        fmt::format("metrics.listen: cannot listen on {}: {}", listen, error.what()));
  }
}

}  // namespace entryexit::daemon
