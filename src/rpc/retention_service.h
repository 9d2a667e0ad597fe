#ifndef ENTRYEXIT_RPC_RETENTION_SERVICE_H_
#define ENTRYEXIT_RPC_RETENTION_SERVICE_H_

#include "entryexit/app/legal_holds.h"
#include "entryexit/app/run_retention.h"
#include "entryexit/v1/retention_service.grpc.pb.h"
#include "rpc/streams.h"
#include "rpc/unary.h"

namespace entryexit::rpc {

// Thread-safe.
class RetentionService final : public v1::RetentionService::CallbackService {
 public:
  // The arguments must outlive the object. Runs and lists are worked on part by part, each within
  // the default deadline of `streaming`.
  RetentionService(const Environment& environment, const Environment& streaming,
                   const app::RunRetention& run, const app::LegalHolds& holds, OpenStreams& streams)
      : environment_(environment),
        streaming_(streaming),
        run_(run),
        holds_(holds),
        streams_(streams) {}

  grpc::ServerWriteReactor<v1::RunRetentionResponse>* RunRetention(
      grpc::CallbackServerContext* context, const v1::RunRetentionRequest* request) override;
  grpc::ServerWriteReactor<v1::ListErasureReceiptsResponse>* ListErasureReceipts(
      grpc::CallbackServerContext* context, const v1::ListErasureReceiptsRequest* request) override;
  grpc::ServerUnaryReactor* PlaceLegalHold(grpc::CallbackServerContext* context,
                                           const v1::PlaceLegalHoldRequest* request,
                                           v1::PlaceLegalHoldResponse* response) override;
  grpc::ServerUnaryReactor* ReleaseLegalHold(grpc::CallbackServerContext* context,
                                             const v1::ReleaseLegalHoldRequest* request,
                                             v1::ReleaseLegalHoldResponse* response) override;
  grpc::ServerWriteReactor<v1::ListLegalHoldsResponse>* ListLegalHolds(
      grpc::CallbackServerContext* context, const v1::ListLegalHoldsRequest* request) override;

 private:
  const Environment& environment_;
  const Environment& streaming_;
  const app::RunRetention& run_;
  const app::LegalHolds& holds_;
  OpenStreams& streams_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_RETENTION_SERVICE_H_
