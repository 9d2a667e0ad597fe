#include "daemon/metrics_endpoint.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <cstddef>
#include <exception>

#include "entryexit/core/reason.h"

// civetweb, which serves the endpoint, gives each of its threads a stack of 100 KB and has no
// setting for it. glibc takes a thread's static storage from its stack, and OpenBLAS alone has 60
// KB of that: a scrape then needs all but a page of what is left. Found before the C library's own,
// this makes every stack of the process that is asked for large enough.
extern "C" int SetStackSize(pthread_attr_t* attributes, std::size_t size) noexcept
    __asm__("pthread_attr_setstacksize");

extern "C" int SetStackSize(pthread_attr_t* attributes, std::size_t size) noexcept {
  constexpr std::size_t kLeast = std::size_t{1} << 20;
  using Function = int (*)(pthread_attr_t*, std::size_t);
  static const auto kNext =
      reinterpret_cast<Function>(dlsym(RTLD_NEXT, "pthread_attr_setstacksize"));
  return kNext(attributes, std::max(size, kLeast));
}

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
