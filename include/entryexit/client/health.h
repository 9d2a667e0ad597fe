#ifndef ENTRYEXIT_CLIENT_HEALTH_H_
#define ENTRYEXIT_CLIENT_HEALTH_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>

#include "absl/status/status.h"

namespace entryexit::client {

// Asks the service by the gRPC health checking protocol. Thread-safe; waits at most `timeout`.
// OK when it is serving. Errors: as ToStatus; UNAVAILABLE when it says that it is not serving.
absl::Status CheckHealth(const std::shared_ptr<grpc::Channel>& channel,
                         std::chrono::milliseconds timeout);

}  // namespace entryexit::client

#endif  // ENTRYEXIT_CLIENT_HEALTH_H_
