#ifndef ENTRYEXIT_RPC_STREAMS_H_
#define ENTRYEXIT_RPC_STREAMS_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "entryexit/core/mutex.h"

namespace entryexit::rpc {

// A stream that goes on until somebody ends it. Thread-safe.
class Stream {
 public:
  virtual ~Stream() = default;
  // Ends the stream with SHUTTING_DOWN as soon as what is under way is done. Never blocks.
  virtual void Drain() = 0;
  // The same with CERTIFICATE_REVOKED, when the caller's certificate was taken back meanwhile.
  virtual void CheckCaller() = 0;
};

// The open streams of one kind: they are bounded in number, because each takes memory, and must be
// told when the service shuts down. Thread-safe.
class OpenStreams {
 public:
  explicit OpenStreams(size_t limit) : limit_(limit) {}

  // Errors, upon which the stream was not taken: OVERLOADED, and SHUTTING_DOWN after DrainAll.
  absl::Status Add(const std::shared_ptr<Stream>& stream) EXCLUDES(mutex_);
  void DrainAll() EXCLUDES(mutex_);
  void CheckCallers() EXCLUDES(mutex_);

 private:
  const size_t limit_;
  core::Mutex mutex_;
  bool draining_ GUARDED_BY(mutex_) = false;
  std::vector<std::weak_ptr<Stream>> streams_ GUARDED_BY(mutex_);
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_STREAMS_H_
