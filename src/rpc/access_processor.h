#ifndef ENTRYEXIT_RPC_ACCESS_PROCESSOR_H_
#define ENTRYEXIT_RPC_ACCESS_PROCESSOR_H_

#include <grpcpp/security/auth_metadata_processor.h>

#include <memory>
#include <string>
#include <utility>

#include "rpc/gate.h"

namespace entryexit::rpc {

// The outer gate, before any handler, ours or gRPC's own: denies every method that the access table
// does not list, and to gRPC's own services those who may not call them. Our handlers look at the
// table themselves, because only they can give the reason in the trailing metadata; but a handler
// is called once the whole message has come, so what messages on their way take is bounded here.
// Whoever has too many on their way is told UNAVAILABLE. Thread-safe.
class AccessProcessor final : public grpc::AuthMetadataProcessor {
 public:
  explicit AccessProcessor(std::shared_ptr<Gate> gate) : gate_(std::move(gate)) {}

  bool IsBlocking() const override { return false; }
  grpc::Status Process(const InputMetadata& auth_metadata, grpc::AuthContext* context,
                       OutputMetadata* consumed_auth_metadata,
                       OutputMetadata* response_metadata) override;

 private:
  grpc::Status Expect(const grpc::AuthContext& context, const std::string& method);
  grpc::Status Deny(const absl::Status& error, const std::string& principal,
                    const std::string& method);

  const std::shared_ptr<Gate> gate_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_ACCESS_PROCESSOR_H_
