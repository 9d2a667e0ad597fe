#ifndef ENTRYEXIT_RPC_ITEM_STREAM_H_
#define ENTRYEXIT_RPC_ITEM_STREAM_H_

#include <grpcpp/alarm.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>
#include <string>

#include "entryexit/core/mutex.h"
#include "rpc/active_call.h"
#include "rpc/streams.h"
#include "rpc/unary.h"

namespace entryexit::rpc {

// Both ways as bytes. gRPC ends a stream whose message it cannot read as if the client had sent
// all, so what comes is read by us.
using BytesReactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

// False when `bytes` are no such message, or a text in it is not UTF-8. Clears `bytes`.
template <typename Message>
bool ParseBytes(grpc::ByteBuffer& bytes, Message& message) {
  message.Clear();
  const grpc::Status parsed = grpc::SerializationTraits<Message>::Deserialize(&bytes, &message);
  bytes.Clear();
  return parsed.ok();
}

template <typename Message>
grpc::ByteBuffer BytesOf(const Message& message) {
  grpc::ByteBuffer bytes;
  bool own_buffer = false;
  grpc::SerializationTraits<Message>::Serialize(message, &bytes, &own_buffer);
  return bytes;
}

// A stream whose items are answered one by one: reads an item, works on it in the pool, writes its
// answer, and only then reads the next, so that a stream takes the memory of one item. Exactly one
// of reading, waiting, working and writing goes on at any time, and hands over to the next: an item
// that comes sooner than its caller may send waits. Only Drain and CheckCaller come from outside;
// they may end the stream while it reads, since then nothing is under way.
class ItemStream : public BytesReactor, public Stream {
 public:
  // Begins, when the caller may and there is room among `streams`. `self` is this stream; it is
  // kept until gRPC is done with it.
  void Start(std::shared_ptr<ItemStream> self, OpenStreams& streams) EXCLUDES(mutex_);

  void Drain() final EXCLUDES(mutex_);
  void CheckCaller() final EXCLUDES(mutex_);
  void OnReadDone(bool ok) final EXCLUDES(mutex_);
  void OnWriteDone(bool ok) final EXCLUDES(mutex_);
  void OnDone() final { self_.reset(); }

 protected:
  // `environment` must outlive the stream. An item has its default deadline.
  ItemStream(const Environment& environment, grpc::CallbackServerContext* context,
             std::string method)
      : environment_(environment), call_(context, std::move(method), "", environment) {}

  // Fills `answer`, or returns the error that ends the stream. When `admission` is one, there is no
  // time or nobody left to work for. Must not throw. May take `item` apart.
  virtual absl::Status Answer(const absl::Status& admission, core::Deadline deadline,
                              grpc::ByteBuffer& item, grpc::ByteBuffer& answer) = 0;

  const ActiveCall& call() const { return call_; }
  Metrics& metrics() const { return environment_.metrics; }

 private:
  void Read() EXCLUDES(mutex_);
  void Post() EXCLUDES(mutex_);
  void EndSoon(const absl::Status& status) EXCLUDES(mutex_);
  void Work(const absl::Status& admission, core::Deadline deadline) EXCLUDES(mutex_);
  void End(const absl::Status& status) EXCLUDES(mutex_);

  const Environment& environment_;
  ActiveCall call_;
  grpc::ByteBuffer item_;
  grpc::ByteBuffer answer_;
  core::Mutex mutex_;
  bool reading_ GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> ending_ GUARDED_BY(mutex_);  // as soon as nothing is under way
  std::optional<grpc::Alarm> alarm_ GUARDED_BY(mutex_);    // of the item that waits, or waited
  bool ended_ GUARDED_BY(mutex_) = false;
  std::shared_ptr<ItemStream> self_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_ITEM_STREAM_H_
