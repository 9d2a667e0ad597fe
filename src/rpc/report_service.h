#ifndef ENTRYEXIT_RPC_REPORT_SERVICE_H_
#define ENTRYEXIT_RPC_REPORT_SERVICE_H_

#include "entryexit/app/queries.h"
#include "entryexit/app/review_overstays.h"
#include "entryexit/core/clock.h"
#include "entryexit/v1/report_service.grpc.pb.h"
#include "rpc/streams.h"
#include "rpc/unary.h"

namespace entryexit::rpc {

// Thread-safe.
class ReportService final : public v1::ReportService::CallbackService {
 public:
  // The arguments must outlive the object. A list or a review is worked on part by part, each
  // within the default deadline of `streaming`, as its reader goes on; a slow one holds no thread
  // meanwhile. A summary is one piece of work of `summing`.
  ReportService(const Environment& summing, const Environment& streaming,
                const app::Queries& queries, const app::ReviewOverstays& review_overstays,
                const core::Clock& clock, OpenStreams& streams)
      : summing_(summing),
        streaming_(streaming),
        queries_(queries),
        review_overstays_(review_overstays),
        clock_(clock),
        streams_(streams) {}

  grpc::ServerWriteReactor<v1::ListOverstaysResponse>* ListOverstays(
      grpc::CallbackServerContext* context, const v1::ListOverstaysRequest* request) override;

  grpc::ServerUnaryReactor* GetSummary(grpc::CallbackServerContext* context,
                                       const v1::GetSummaryRequest* request,
                                       v1::GetSummaryResponse* response) override;

  grpc::ServerWriteReactor<v1::ReviewOverstaysResponse>* ReviewOverstays(
      grpc::CallbackServerContext* context, const v1::ReviewOverstaysRequest* request) override;

 private:
  const Environment& summing_;
  const Environment& streaming_;
  const app::Queries& queries_;
  const app::ReviewOverstays& review_overstays_;
  const core::Clock& clock_;
  OpenStreams& streams_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_REPORT_SERVICE_H_
