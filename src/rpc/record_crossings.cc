#include "rpc/record_crossings.h"

#include <memory>
#include <optional>
#include <utility>

#include "rpc/status.h"

namespace entryexit::rpc {
namespace {

using core::MakeError;
using core::Reason;
using BacklogReactor =
    grpc::ServerBidiReactor<v1::RecordCrossingsRequest, v1::RecordCrossingsResponse>;

void SetError(const absl::Status& status, v1::CrossingError* error) {
  const PublicError described = PublicErrorOf(status);
  error->set_code(described.code);
  error->set_reason(described.reason);
  error->set_message(described.message);
}

// Exactly one of reading, working and writing goes on at any time, and hands over to the next. Only
// Drain comes from outside; it may end the stream while it reads, since then nothing is under way.
class RecordCrossingsStream final : public BacklogReactor, public Stream {
 public:
  RecordCrossingsStream(const Environment& environment, grpc::CallbackServerContext* context,
                        const app::RecordCrossing& record)
      : environment_(environment),
        record_(record),
        call_(context, "/entryexit.v1.LaneService/RecordCrossings", "", environment.metrics) {}

  void Start(std::shared_ptr<RecordCrossingsStream> self) {
    self_ = std::move(self);
    const absl::Status status = call_.Authorize();
    if (status.ok()) {
      Read();
    } else {
      End(status);
    }
  }

  void Drain() override {
    {
      const core::MutexLock lock(mutex_);
      draining_ = true;
      if (!reading_ || ended_) return;  // The next Read sees it.
      ended_ = true;
    }
    Finish(call_.End(ShuttingDown()));
  }

  void OnReadDone(bool ok) override {
    {
      const core::MutexLock lock(mutex_);
      reading_ = false;
      if (ended_) return;
    }
    if (!ok) {
      End(call_.context().IsCancelled() ? HungUp() : absl::OkStatus());  // OK: that was all.
      return;
    }
    // Nobody waits at a gate for a backlog, so an item may take as long as any call may.
    const core::Deadline deadline =
        std::chrono::steady_clock::now() + environment_.deadlines.longest;
    const absl::Status posted = environment_.pool.PostPatient(
        {deadline, [this] { return call_.context().IsCancelled(); },
         [this, deadline](const absl::Status& admission) { Work(admission, deadline); }});
    if (!posted.ok()) End(posted);
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      Read();
    } else {
      End(HungUp());
    }
  }

  void OnDone() override { self_.reset(); }

 private:
  static absl::Status ShuttingDown() {
    return MakeError(Reason::kShuttingDown, "the service is shutting down");
  }

  static absl::Status HungUp() { return MakeError(Reason::kCancelled, "the lane has hung up"); }

  void Read() {
    {
      const core::MutexLock lock(mutex_);
      reading_ = !draining_;
      if (reading_) {
        // Under the lock, so that Drain cannot finish the stream first. OnReadDone comes later.
        StartRead(&request_);
        return;
      }
    }
    End(ShuttingDown());
  }

  void Work(const absl::Status& admission, core::Deadline deadline) {
    response_.Clear();
    const absl::Status status =
        admission.ok() ? WithoutExceptions([&] { return RecordItem(deadline); }) : admission;
    if (!status.ok() && !IsPermanent(status)) {
      End(status);
      return;
    }
    if (!status.ok()) SetError(status, response_.mutable_error());
    response_.set_sequence(request_.sequence());
    StartWrite(&response_);
  }

  absl::Status RecordItem(core::Deadline deadline) {
    const app::Call call{call_.principal(), deadline};
    Metrics& metrics = environment_.metrics;
    switch (request_.crossing_case()) {
      case v1::RecordCrossingsRequest::kArrival:
        return Record(record_, call, request_.arrival(), /*gone=*/true, metrics,
                      response_.mutable_arrival());
      case v1::RecordCrossingsRequest::kDeparture:
        return Record(record_, call, request_.departure(), /*gone=*/true, metrics,
                      response_.mutable_departure());
      case v1::RecordCrossingsRequest::CROSSING_NOT_SET:
        break;
    }
    return MakeError(Reason::kMissingField, "crossing is missing");
  }

  void End(const absl::Status& status) {
    {
      const core::MutexLock lock(mutex_);
      if (std::exchange(ended_, true)) return;
    }
    Finish(call_.End(status));
  }

  const Environment& environment_;
  const app::RecordCrossing& record_;
  ActiveCall call_;
  v1::RecordCrossingsRequest request_;
  v1::RecordCrossingsResponse response_;
  core::Mutex mutex_;
  bool reading_ GUARDED_BY(mutex_) = false;
  bool draining_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;
  // Keeps the stream until gRPC is done with it.
  std::shared_ptr<RecordCrossingsStream> self_;
};

}  // namespace

BacklogReactor* StartRecordCrossings(const Environment& environment,
                                     grpc::CallbackServerContext* context,
                                     const app::RecordCrossing& record, OpenStreams& streams) {
  const auto stream = std::make_shared<RecordCrossingsStream>(environment, context, record);
  BacklogReactor* const reactor = stream.get();
  stream->Start(stream);
  streams.Add(stream);
  return reactor;
}

}  // namespace entryexit::rpc
