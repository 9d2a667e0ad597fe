#ifndef ENTRYEXIT_RPC_ENVIRONMENT_H_
#define ENTRYEXIT_RPC_ENVIRONMENT_H_

#include <chrono>

#include "entryexit/rpc/metrics.h"
#include "entryexit/rpc/request_pool.h"
#include "rpc/gate.h"

namespace entryexit::rpc {

struct DeadlinePolicy {
  std::chrono::milliseconds when_none_is_given;
  std::chrono::milliseconds longest;
};

// What every service needs to serve its calls. All of it outlives the services.
struct Environment {
  RequestPool& pool;
  Gate& gate;
  Metrics& metrics;
  DeadlinePolicy deadlines;
  bool has_live_queue =
      false;  // whether the metrics tell of the pool's queue: travelers wait there
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_ENVIRONMENT_H_
