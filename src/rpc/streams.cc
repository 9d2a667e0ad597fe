#include "rpc/streams.h"

#include <utility>

namespace entryexit::rpc {

void OpenStreams::Add(const std::shared_ptr<Stream>& stream) {
  bool draining = false;
  {
    const core::MutexLock lock(mutex_);
    std::erase_if(streams_, [](const std::weak_ptr<Stream>& entry) { return entry.expired(); });
    streams_.push_back(stream);
    draining = draining_;
  }
  if (draining) stream->Drain();
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

}  // namespace entryexit::rpc
