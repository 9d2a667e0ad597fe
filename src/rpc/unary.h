#ifndef ENTRYEXIT_RPC_UNARY_H_
#define ENTRYEXIT_RPC_UNARY_H_

#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "entryexit/core/reason.h"
#include "rpc/active_call.h"

namespace entryexit::rpc {

// Our own code throws nothing, but what it calls may run out of memory.
template <typename Work>
absl::Status WithoutExceptions(const Work& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    return core::MakeError(core::Reason::kInternal, error.what());
  }
}

// Serves one unary call, the same way for all: who calls, whether they may, then `work` on a thread
// of the pool. `work` is absl::Status(const app::Call&): it converts the request, calls the use
// case and fills the response.
template <typename Request, typename Work>
grpc::ServerUnaryReactor* ServeUnary(const Environment& environment,
                                     grpc::CallbackServerContext* context, const char* method,
                                     const Request& request, Work work) {
  std::string request_id;
  if constexpr (requires { request.request_id(); }) request_id = request.request_id();
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const auto call = std::make_shared<ActiveCall>(context, method, request_id, environment);
  absl::Status status = call->Authorize();
  if (status.ok()) {
    const core::Deadline deadline = DeadlineOf(*context, environment.deadlines);
    status = environment.pool.Post(
        {call->principal().name, deadline, [context] { return context->IsCancelled(); },
         [&environment, call, reactor, deadline, work](const absl::Status& admission) {
           if (environment.has_live_queue) {
             environment.metrics.SetQueueDepth(environment.pool.depth());
           }
           const app::Call app_call = call->Until(deadline);
           reactor->Finish(call->End(
               admission.ok() ? WithoutExceptions([&] { return work(app_call); }) : admission));
         }});
  }
  if (!status.ok()) reactor->Finish(call->End(status));
  return reactor;
}

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_UNARY_H_
