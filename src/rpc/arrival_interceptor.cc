#include "rpc/arrival_interceptor.h"

#include <grpcpp/server_context.h>

#include "rpc/active_call.h"

namespace entryexit::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;

class ArrivalInterceptor final : public grpc::experimental::Interceptor {
 public:
  ArrivalInterceptor(Gate& gate, const grpc::ServerContextBase& call) : gate_(gate), call_(call) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
      gate_.limits.Arrived(SenderOf(*call_.auth_context(), gate_.check_certificate));
    }
    methods->Proceed();
  }

 private:
  Gate& gate_;
  const grpc::ServerContextBase& call_;
};

}  // namespace

grpc::experimental::Interceptor* ArrivalInterceptors::CreateServerInterceptor(
    grpc::experimental::ServerRpcInfo* call) {
  return new ArrivalInterceptor(*gate_, *call->server_context());
}

}  // namespace entryexit::rpc
