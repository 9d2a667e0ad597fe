#include "rpc/streams.h"

#include <fmt/format.h>

#include "entryexit/core/reason.h"
#include "rpc/status.h"

namespace entryexit::rpc {

absl::Status OpenStreams::Add(const std::shared_ptr<Stream>& stream) {
  const core::MutexLock lock(mutex_);
  if (draining_) return ShuttingDown();
  std::erase_if(streams_, [](const std::weak_ptr<Stream>& entry) { return entry.expired(); });
  if (streams_.size() >= limit_) {
    return core::MakeError(core::Reason::kOverloaded,
                           fmt::format("{} such streams are open already", limit_));
  }
  streams_.push_back(stream);
  return absl::OkStatus();
}

void OpenStreams::DrainAll() {
  std::vector<std::weak_ptr<Stream>> streams;
  {
    const core::MutexLock lock(mutex_);
    draining_ = true;
    streams.swap(streams_);
  }
  for (const std::weak_ptr<Stream>& entry : streams) {
    if (const std::shared_ptr<Stream> stream = entry.lock()) stream->Drain();
  }
}

void OpenStreams::CheckCallers() {
  std::vector<std::weak_ptr<Stream>> streams;
  {
    const core::MutexLock lock(mutex_);
    streams = streams_;
  }
  for (const std::weak_ptr<Stream>& entry : streams) {
    if (const std::shared_ptr<Stream> stream = entry.lock()) stream->CheckCaller();
  }
}

}  // namespace entryexit::rpc
