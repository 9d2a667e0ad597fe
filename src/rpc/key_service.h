#ifndef ENTRYEXIT_RPC_KEY_SERVICE_H_
#define ENTRYEXIT_RPC_KEY_SERVICE_H_

#include "entryexit/app/rotate_keys.h"
#include "entryexit/v1/key_service.grpc.pb.h"
#include "rpc/streams.h"
#include "rpc/unary.h"

namespace entryexit::rpc {

// Thread-safe.
class KeyService final : public v1::KeyService::CallbackService {
 public:
  // The arguments must outlive the object. Rotations are worked on part by part, each within the
  // default deadline of `streaming`.
  KeyService(const Environment& streaming, const app::RotateKeys& rotate, OpenStreams& streams)
      : streaming_(streaming), rotate_(rotate), streams_(streams) {}

  grpc::ServerWriteReactor<v1::RotateKeysResponse>* RotateKeys(
      grpc::CallbackServerContext* context, const v1::RotateKeysRequest* request) override;

 private:
  const Environment& streaming_;
  const app::RotateKeys& rotate_;
  OpenStreams& streams_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_KEY_SERVICE_H_
