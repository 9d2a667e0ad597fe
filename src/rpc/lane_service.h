#ifndef ENTRYEXIT_RPC_LANE_SERVICE_H_
#define ENTRYEXIT_RPC_LANE_SERVICE_H_

#include "entryexit/app/record_crossing.h"
#include "entryexit/ports/face_engine.h"
#include "entryexit/v1/lane_service.grpc.pb.h"
#include "rpc/streams.h"
#include "rpc/unary.h"

namespace entryexit::rpc {

// Thread-safe.
class LaneService final : public v1::LaneService::CallbackService {
 public:
  // The arguments must outlive the object.
  LaneService(const Environment& environment, const app::RecordCrossing& record,
              const ports::FaceEngine& engine, OpenStreams& streams)
      : environment_(environment), record_(record), engine_(engine), streams_(streams) {}

  grpc::ServerUnaryReactor* RecordArrival(grpc::CallbackServerContext* context,
                                          const v1::RecordArrivalRequest* request,
                                          v1::RecordArrivalResponse* response) override;
  grpc::ServerUnaryReactor* RecordDeparture(grpc::CallbackServerContext* context,
                                            const v1::RecordDepartureRequest* request,
                                            v1::RecordDepartureResponse* response) override;
  grpc::ServerUnaryReactor* AssessCapture(grpc::CallbackServerContext* context,
                                          const v1::AssessCaptureRequest* request,
                                          v1::AssessCaptureResponse* response) override;
  grpc::ServerBidiReactor<v1::RecordCrossingsRequest, v1::RecordCrossingsResponse>* RecordCrossings(
      grpc::CallbackServerContext* context) override;

 private:
  const Environment& environment_;
  const app::RecordCrossing& record_;
  const ports::FaceEngine& engine_;
  OpenStreams& streams_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_LANE_SERVICE_H_
