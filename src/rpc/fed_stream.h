#ifndef ENTRYEXIT_RPC_FED_STREAM_H_
#define ENTRYEXIT_RPC_FED_STREAM_H_

#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "entryexit/core/mutex.h"
#include "rpc/status.h"
#include "rpc/streams.h"
#include "rpc/unary.h"

namespace entryexit::rpc {

// A server stream that jobs on a pool feed with messages. At most one job is under way and at most
// one message is being written, so a slow reader costs the memory of some messages and no thread.
template <typename Response>
class FedStream : public grpc::ServerWriteReactor<Response>, public Stream {
 public:
  // Begins, when the caller may and there is room among `streams`. `self` is this stream; it is
  // kept until gRPC is done with it.
  void Start(std::shared_ptr<FedStream> self, OpenStreams& streams) EXCLUDES(mutex_) {
    self_ = std::move(self);
    absl::Status status = call_.Authorize();
    if (status.ok()) status = CheckRequest();
    if (status.ok()) status = streams.Add(self_);
    const core::MutexLock lock(mutex_);
    feeding_ = false;
    if (!status.ok()) End(status);
    Advance();
  }

  void Drain() final { EndNow(ShuttingDown()); }
  void CheckCaller() final EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    if (finished_) return;
    if (const absl::Status status = call_.CheckCertificate(); !status.ok()) End(status);
    Advance();
  }
  void OnCancel() final { EndNow(HungUp()); }

  void OnWriteDone(bool ok) final {
    const core::MutexLock lock(mutex_);
    writing_ = false;
    if (!ok) End(HungUp());
    Advance();
  }

  void OnDone() override { self_.reset(); }

 protected:
  using Work = std::function<absl::Status(const app::Call&)>;

  // More is fed whenever less than `low_water` messages wait. No job lasts beyond `deadline`, and
  // none beyond what the environment gives a call.
  FedStream(const Environment& environment, grpc::CallbackServerContext* context,
            std::string method, size_t low_water, core::Deadline deadline)
      : environment_(environment),
        call_(context, std::move(method), "", environment),
        low_water_(low_water),
        deadline_(deadline) {}

  // As ActiveCall::HasCase, in CheckRequest.
  bool HasCase() const { return call_.HasCase(); }

  // Called once, before all else.
  virtual absl::Status CheckRequest() { return absl::OkStatus(); }

  // Calls Feed, or End when there will be no more, or does nothing when more will turn up.
  virtual void FeedMore() REQUIRES(mutex_) = 0;

  // Has `work` add messages on a thread of the pool; its error ends the stream.
  void Feed(Work work) REQUIRES(mutex_) {
    const core::Deadline deadline = std::min(
        deadline_, std::chrono::steady_clock::now() + environment_.deadlines.when_none_is_given);
    feeding_ = true;
    const absl::Status posted = environment_.pool.Post(
        {call_.principal().name, deadline, [this] { return call_.context().IsCancelled(); },
         [this, self = self_, deadline, work = std::move(work)](const absl::Status& admission) {
           const app::Call call = call_.Until(deadline);
           const absl::Status status =
               admission.ok() ? WithoutExceptions([&] { return work(call); }) : admission;
           const core::MutexLock lock(mutex_);
           feeding_ = false;
           if (!status.ok()) End(status);
           Advance();
         }});
    if (posted.ok()) return;
    feeding_ = false;
    End(posted);
  }

  Response& AddMessage() REQUIRES(mutex_) { return messages_.emplace_back(); }

  // OK ends the stream once all is written, an error at once.
  void End(const absl::Status& status) REQUIRES(mutex_) {
    if (!end_ || end_->ok()) end_ = status;
  }

  // What gRPC is told here it reacts to later, never within the call.
  void Advance() REQUIRES(mutex_) {
    if (!end_ && !feeding_ && messages_.size() < low_water_) FeedMore();
    if (writing_ || finished_) return;
    const bool failed = end_ && !end_->ok();
    if (!failed && !messages_.empty()) {
      writing_ = true;
      message_ = std::move(messages_.front());
      messages_.pop_front();
      this->StartWrite(&message_);
    } else if (end_ && !feeding_) {
      finished_ = true;
      this->Finish(call_.End(*end_));
    }
  }

  core::Mutex mutex_;

 private:
  void EndNow(const absl::Status& status) EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    End(status);
    Advance();
  }

  const Environment& environment_;
  ActiveCall call_;
  const size_t low_water_;
  const core::Deadline deadline_;
  bool feeding_ GUARDED_BY(mutex_) = true;  // until Start has done its part
  bool writing_ GUARDED_BY(mutex_) = false;
  bool finished_ GUARDED_BY(mutex_) = false;
  std::deque<Response> messages_ GUARDED_BY(mutex_);
  Response message_ GUARDED_BY(mutex_);  // being written
  std::optional<absl::Status> end_ GUARDED_BY(mutex_);
  std::shared_ptr<FedStream> self_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_FED_STREAM_H_
