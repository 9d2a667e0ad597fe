#ifndef ENTRYEXIT_RPC_AUDIT_SERVICE_H_
#define ENTRYEXIT_RPC_AUDIT_SERVICE_H_

#include "entryexit/app/audit_log.h"
#include "entryexit/v1/audit_service.grpc.pb.h"
#include "rpc/streams.h"
#include "rpc/unary.h"

namespace entryexit::rpc {

// Thread-safe.
class AuditService final : public v1::AuditService::CallbackService {
 public:
  // The arguments must outlive the object. Exports are worked on part by part, each within the
  // default deadline of `streaming`.
  AuditService(const Environment& environment, const Environment& streaming,
               const app::AuditLog& log, OpenStreams& streams)
      : environment_(environment), streaming_(streaming), log_(log), streams_(streams) {}

  grpc::ServerUnaryReactor* SearchAuditRecords(grpc::CallbackServerContext* context,
                                               const v1::SearchAuditRecordsRequest* request,
                                               v1::SearchAuditRecordsResponse* response) override;
  grpc::ServerWriteReactor<v1::ExportAuditRecordsResponse>* ExportAuditRecords(
      grpc::CallbackServerContext* context, const v1::ExportAuditRecordsRequest* request) override;

 private:
  const Environment& environment_;
  const Environment& streaming_;
  const app::AuditLog& log_;
  OpenStreams& streams_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_AUDIT_SERVICE_H_
