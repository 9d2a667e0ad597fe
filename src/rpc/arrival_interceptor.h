#ifndef ENTRYEXIT_RPC_ARRIVAL_INTERCEPTOR_H_
#define ENTRYEXIT_RPC_ARRIVAL_INTERCEPTOR_H_

#include <grpcpp/support/server_interceptor.h>

#include <memory>
#include <utility>

#include "rpc/gate.h"

namespace entryexit::rpc {

// Tells the gate of calls that have come: with their message, or with their headers when they are
// streams. Also of those that no handler sees, since their message makes no sense. The gate expects
// them since AccessProcessor let their headers in.
class ArrivalInterceptors final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit ArrivalInterceptors(std::shared_ptr<Gate> gate) : gate_(std::move(gate)) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* call) override;

 private:
  const std::shared_ptr<Gate> gate_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_ARRIVAL_INTERCEPTOR_H_
