#ifndef ENTRYEXIT_RPC_REPORT_SERVICE_H_
#define ENTRYEXIT_RPC_REPORT_SERVICE_H_

#include "entryexit/app/queries.h"
#include "entryexit/v1/report_service.grpc.pb.h"
#include "rpc/streams.h"
#include "rpc/unary.h"

namespace entryexit::rpc {

// Thread-safe.
class ReportService final : public v1::ReportService::CallbackService {
 public:
  // The arguments must outlive the object. A report is read page by page, each within the default
  // deadline of `environment`, as its reader goes on; a slow one holds no thread meanwhile.
  ReportService(const Environment& environment, const app::Queries& queries, OpenStreams& streams)
      : environment_(environment), queries_(queries), streams_(streams) {}

  grpc::ServerWriteReactor<v1::ListOverstaysResponse>* ListOverstays(
      grpc::CallbackServerContext* context, const v1::ListOverstaysRequest* request) override;

 private:
  const Environment& environment_;
  const app::Queries& queries_;
  OpenStreams& streams_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_REPORT_SERVICE_H_
