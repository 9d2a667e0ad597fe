#ifndef ENTRYEXIT_RPC_ACCESS_PROCESSOR_H_
#define ENTRYEXIT_RPC_ACCESS_PROCESSOR_H_

#include <grpcpp/security/auth_metadata_processor.h>

namespace entryexit::rpc {

// The outer gate, before any handler, ours or gRPC's own: denies every method that the access table
// does not list, and to gRPC's own services those who may not call them. Our handlers look at the
// table themselves, because only they can give the reason in the trailing metadata. Thread-safe.
class AccessProcessor final : public grpc::AuthMetadataProcessor {
 public:
  bool IsBlocking() const override { return false; }
  grpc::Status Process(const InputMetadata& auth_metadata, grpc::AuthContext* context,
                       OutputMetadata* consumed_auth_metadata,
                       OutputMetadata* response_metadata) override;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_ACCESS_PROCESSOR_H_
