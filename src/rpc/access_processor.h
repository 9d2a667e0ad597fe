#ifndef ENTRYEXIT_RPC_ACCESS_PROCESSOR_H_
#define ENTRYEXIT_RPC_ACCESS_PROCESSOR_H_

#include <grpcpp/security/auth_metadata_processor.h>

#include <utility>

#include "entryexit/rpc/access.h"

namespace entryexit::rpc {

// The outer gate, before any handler, ours or gRPC's own: denies every method that the access table
// does not list, and to gRPC's own services those who may not call them. Our handlers look at the
// table themselves, because only they can give the reason in the trailing metadata. Thread-safe.
class AccessProcessor final : public grpc::AuthMetadataProcessor {
 public:
  explicit AccessProcessor(CertificateCheck check) : check_(std::move(check)) {}

  bool IsBlocking() const override { return false; }
  grpc::Status Process(const InputMetadata& auth_metadata, grpc::AuthContext* context,
                       OutputMetadata* consumed_auth_metadata,
                       OutputMetadata* response_metadata) override;

 private:
  const CertificateCheck check_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_ACCESS_PROCESSOR_H_
