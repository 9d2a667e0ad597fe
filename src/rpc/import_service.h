#ifndef ENTRYEXIT_RPC_IMPORT_SERVICE_H_
#define ENTRYEXIT_RPC_IMPORT_SERVICE_H_

#include "entryexit/app/import_crossings.h"
#include "entryexit/v1/import_service.grpc.pb.h"
#include "rpc/item_stream.h"

namespace entryexit::rpc {

// v1::ImportService::CallbackService, which takes and gives bytes.
using ImportServiceBase =
    v1::ImportService::WithRawCallbackMethod_ImportCrossings<v1::ImportService::Service>;

// Thread-safe.
class ImportService final : public ImportServiceBase {
 public:
  // The arguments must outlive the object.
  ImportService(const Environment& environment, const app::ImportCrossings& import,
                OpenStreams& streams)
      : environment_(environment), import_(import), streams_(streams) {}

  BytesReactor* ImportCrossings(grpc::CallbackServerContext* context) override;

 private:
  const Environment& environment_;
  const app::ImportCrossings& import_;
  OpenStreams& streams_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_IMPORT_SERVICE_H_
