#ifndef ENTRYEXIT_RPC_REPORT_SERVICE_H_
#define ENTRYEXIT_RPC_REPORT_SERVICE_H_

#include "entryexit/app/queries.h"
#include "entryexit/v1/report_service.grpc.pb.h"
#include "rpc/unary.h"

namespace entryexit::rpc {

// Thread-safe.
class ReportService final : public v1::ReportService::CallbackService {
 public:
  // The arguments must outlive the object. A report holds a thread of the environment's pool until
  // its reader has read it.
  ReportService(const Environment& environment, const app::Queries& queries)
      : environment_(environment), queries_(queries) {}

  grpc::ServerWriteReactor<v1::ListOverstaysResponse>* ListOverstays(
      grpc::CallbackServerContext* context, const v1::ListOverstaysRequest* request) override;

 private:
  const Environment& environment_;
  const app::Queries& queries_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_REPORT_SERVICE_H_
