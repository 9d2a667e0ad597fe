#include "entryexit/client/health.h"

#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <future>

#include "entryexit/client/channel.h"

namespace entryexit::client {
namespace {

// grpc.health.v1 has no package in Debian. Its messages are a string and an enum, each in field 1,
// which on the wire is what these well-known types are.
using HealthCheckRequest = google::protobuf::StringValue;  // the empty text: the whole service
using HealthCheckResponse = google::protobuf::Int32Value;
constexpr int kServing = 1;

}  // namespace

absl::StatusOr<bool> IsServing(const std::shared_ptr<grpc::Channel>& channel,
                               std::chrono::milliseconds timeout) {
  grpc::TemplatedGenericStub<HealthCheckRequest, HealthCheckResponse> stub(channel);
  grpc::ClientContext context;
  context.set_deadline(DeadlineIn(timeout));
  const HealthCheckRequest request;
  HealthCheckResponse response;
  std::promise<grpc::Status> ended;
  stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &request, &response,
                 [&ended](grpc::Status status) { ended.set_value(std::move(status)); });
  const grpc::Status status = ended.get_future().get();
  if (!status.ok()) return ToStatus(status, context);
  return response.value() == kServing;
}

}  // namespace entryexit::client
