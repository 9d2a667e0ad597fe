#include "rpc/lane_service.h"

#include "rpc/convert.h"

namespace entryexit::rpc {

grpc::ServerUnaryReactor* LaneService::RecordArrival(grpc::CallbackServerContext* context,
                                                     const v1::RecordArrivalRequest* request,
                                                     v1::RecordArrivalResponse* response) {
  return ServeUnary(environment_, context, "/entryexit.v1.LaneService/RecordArrival", *request,
                    [this, request, response](const app::Call& call) {
                      return Record(record_, call, *request, /*gone=*/false, environment_.metrics,
                                    response);
                    });
}

grpc::ServerUnaryReactor* LaneService::RecordDeparture(grpc::CallbackServerContext* context,
                                                       const v1::RecordDepartureRequest* request,
                                                       v1::RecordDepartureResponse* response) {
  return ServeUnary(environment_, context, "/entryexit.v1.LaneService/RecordDeparture", *request,
                    [this, request, response](const app::Call& call) {
                      return Record(record_, call, *request, /*gone=*/false, environment_.metrics,
                                    response);
                    });
}

grpc::ServerUnaryReactor* LaneService::AssessCapture(grpc::CallbackServerContext* context,
                                                     const v1::AssessCaptureRequest* request,
                                                     v1::AssessCaptureResponse* response) {
  return ServeUnary(environment_, context, "/entryexit.v1.LaneService/AssessCapture", *request,
                    [this, request, response](const app::Call& call) {
                      const absl::StatusOr<core::FaceObservation> observation =
                          engine_.Observe(request->image(), call.deadline);
                      if (observation.ok()) ToProto(*observation, response);
                      return observation.status();
                    });
}

BytesReactor* LaneService::RecordCrossings(grpc::CallbackServerContext* context) {
  return StartRecordCrossings(backlogs_, context, record_, streams_);
}

}  // namespace entryexit::rpc
