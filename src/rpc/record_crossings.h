#ifndef ENTRYEXIT_RPC_RECORD_CROSSINGS_H_
#define ENTRYEXIT_RPC_RECORD_CROSSINGS_H_

#include <grpcpp/support/server_callback.h>

#include "entryexit/app/record_crossing.h"
#include "rpc/convert.h"
#include "rpc/item_stream.h"

namespace entryexit::rpc {

// Converts, records and converts back. `gone`: the traveler has passed the lane, so that the
// crossing is recorded whatever its capture is like.
template <typename Request, typename Response>
absl::Status Record(const app::RecordCrossing& record, const app::Call& call,
                    const Request& request, bool gone, Metrics& metrics, Response* response) {
  absl::StatusOr<app::CrossingRequest> crossing = FromProto(request);
  if (!crossing.ok()) return crossing.status();
  crossing->traveler_is_gone = gone;
  const absl::StatusOr<app::CrossingResult> result = record.Record(call, *crossing);
  if (!result.ok()) return result.status();
  if (result->is_new) {
    metrics.CrossingRecorded(result->recording_time);
    if (result->comparison) metrics.DepartureRecorded(result->comparison->receipt.outcome);
  }
  ToProto(*result, response);
  return absl::OkStatus();
}

// Serves one stream of LaneService.RecordCrossings: reads an item, records it, writes its result,
// and only then reads the next, so that a lane's backlog takes the memory of one item. An item has
// the default deadline of `environment`. The arguments must outlive the stream.
BytesReactor* StartRecordCrossings(const Environment& environment,
                                   grpc::CallbackServerContext* context,
                                   const app::RecordCrossing& record, OpenStreams& streams);

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_RECORD_CROSSINGS_H_
