#ifndef ENTRYEXIT_RPC_LANE_SERVICE_H_
#define ENTRYEXIT_RPC_LANE_SERVICE_H_

#include "entryexit/app/record_crossing.h"
#include "entryexit/ports/face_engine.h"
#include "entryexit/v1/lane_service.grpc.pb.h"
#include "rpc/record_crossings.h"
#include "rpc/streams.h"
#include "rpc/unary.h"

namespace entryexit::rpc {

// v1::LaneService::CallbackService, but for RecordCrossings, which takes and gives bytes.
using LaneServiceBase = v1::LaneService::WithCallbackMethod_RecordArrival<
    v1::LaneService::WithCallbackMethod_RecordDeparture<
        v1::LaneService::WithCallbackMethod_AssessCapture<
            v1::LaneService::WithRawCallbackMethod_RecordCrossings<v1::LaneService::Service>>>>;

// Thread-safe.
class LaneService final : public LaneServiceBase {
 public:
  // The arguments must outlive the object. Backlogs are worked on in the pool of `backlogs`.
  LaneService(const Environment& environment, const Environment& backlogs,
              const app::RecordCrossing& record, const ports::FaceEngine& engine,
              OpenStreams& streams)
      : environment_(environment),
        backlogs_(backlogs),
        record_(record),
        engine_(engine),
        streams_(streams) {}

  grpc::ServerUnaryReactor* RecordArrival(grpc::CallbackServerContext* context,
                                          const v1::RecordArrivalRequest* request,
                                          v1::RecordArrivalResponse* response) override;
  grpc::ServerUnaryReactor* RecordDeparture(grpc::CallbackServerContext* context,
                                            const v1::RecordDepartureRequest* request,
                                            v1::RecordDepartureResponse* response) override;
  grpc::ServerUnaryReactor* AssessCapture(grpc::CallbackServerContext* context,
                                          const v1::AssessCaptureRequest* request,
                                          v1::AssessCaptureResponse* response) override;
  BytesReactor* RecordCrossings(grpc::CallbackServerContext* context) override;

 private:
  const Environment& environment_;
  const Environment& backlogs_;
  const app::RecordCrossing& record_;
  const ports::FaceEngine& engine_;
  OpenStreams& streams_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_LANE_SERVICE_H_
