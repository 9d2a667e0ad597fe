#ifndef ENTRYEXIT_RPC_ENVIRONMENT_H_
#define ENTRYEXIT_RPC_ENVIRONMENT_H_

#include <chrono>

#include "entryexit/core/purpose.h"
#include "entryexit/rpc/access.h"
#include "entryexit/rpc/metrics.h"
#include "entryexit/rpc/request_pool.h"

namespace entryexit::rpc {

struct DeadlinePolicy {
  std::chrono::milliseconds when_none_is_given;
  std::chrono::milliseconds longest;
};

// What every service needs to serve its calls. All of it outlives the services.
struct Environment {
  RequestPool& pool;
  const CertificateCheck& check_certificate;
  const core::PurposePolicy& purposes;
  Metrics& metrics;
  DeadlinePolicy deadlines;
  bool has_live_queue =
      false;  // whether the metrics tell of the pool's queue: travelers wait there
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_ENVIRONMENT_H_
