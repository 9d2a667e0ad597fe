#ifndef ENTRYEXIT_RPC_SUBJECT_SERVICE_H_
#define ENTRYEXIT_RPC_SUBJECT_SERVICE_H_

#include "entryexit/app/export_traveler.h"
#include "entryexit/v1/subject_service.grpc.pb.h"
#include "rpc/streams.h"
#include "rpc/unary.h"

namespace entryexit::rpc {

// Thread-safe.
class SubjectService final : public v1::SubjectService::CallbackService {
 public:
  // The arguments must outlive the object. Exports are worked on part by part, each within the
  // default deadline of `streaming`.
  SubjectService(const Environment& streaming, const app::ExportTraveler& exporter,
                 OpenStreams& streams)
      : streaming_(streaming), exporter_(exporter), streams_(streams) {}

  grpc::ServerWriteReactor<v1::ExportTravelerResponse>* ExportTraveler(
      grpc::CallbackServerContext* context, const v1::ExportTravelerRequest* request) override;

 private:
  const Environment& streaming_;
  const app::ExportTraveler& exporter_;
  OpenStreams& streams_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_SUBJECT_SERVICE_H_
