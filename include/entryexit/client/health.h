#ifndef ENTRYEXIT_CLIENT_HEALTH_H_
#define ENTRYEXIT_CLIENT_HEALTH_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>

#include "absl/status/statusor.h"

namespace entryexit::client {

// Asks the service by the gRPC health checking protocol whether it is serving. Thread-safe; waits
// at most `timeout`. Errors: as ToStatus, when it did not say.
absl::StatusOr<bool> IsServing(const std::shared_ptr<grpc::Channel>& channel,
                               std::chrono::milliseconds timeout);

}  // namespace entryexit::client

#endif  // ENTRYEXIT_CLIENT_HEALTH_H_
