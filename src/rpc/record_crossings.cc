#include "rpc/record_crossings.h"

#include <grpcpp/support/byte_buffer.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>
#include <utility>

#include "entryexit/core/ids.h"
#include "entryexit/v1/lane_service.grpc.pb.h"
#include "rpc/convert.h"
#include "rpc/status.h"

namespace entryexit::rpc {
namespace {

using core::MakeError;
using core::Reason;

constexpr char kBacklogMethod[] = "/entryexit.v1.LaneService/RecordCrossings";

void SetError(const absl::Status& status, v1::CrossingError* error) {
  const PublicError described = PublicErrorOf(status);
  error->set_code(described.code);
  error->set_reason(described.reason);
  error->set_message(described.message);
}

// gRPC ends a stream whose message it cannot read as if the client had sent all, so the bytes are
// read here: an item that is no message is answered like any other.
absl::Status Parse(grpc::ByteBuffer& bytes, v1::RecordCrossingsRequest& request) {
  using Traits = grpc::SerializationTraits<v1::RecordCrossingsRequest>;
  request.Clear();
  const grpc::Status parsed = Traits::Deserialize(&bytes, &request);
  bytes.Clear();
  if (parsed.ok()) return absl::OkStatus();
  return MakeError(Reason::kInvalidField,
                   "the item is no RecordCrossingsRequest, or a text in it is not UTF-8");
}

grpc::ByteBuffer BytesOf(const v1::RecordCrossingsResponse& response) {
  grpc::ByteBuffer bytes;
  bool own_buffer = false;
  grpc::SerializationTraits<v1::RecordCrossingsResponse>::Serialize(response, &bytes, &own_buffer);
  return bytes;
}

const std::string& RequestIdOf(const v1::RecordCrossingsRequest& request) {
  return request.has_arrival() ? request.arrival().request_id() : request.departure().request_id();
}

// What became of an item that was recorded, in a word.
std::string ResultNameOf(const v1::RecordCrossingsResponse& response) {
  switch (response.result_case()) {
    case v1::RecordCrossingsResponse::kArrival:
      return v1::CaptureStatus_Name(response.arrival().capture_status());
    case v1::RecordCrossingsResponse::kDeparture:
      return v1::Outcome_Name(response.departure().outcome());
    case v1::RecordCrossingsResponse::kError:
    case v1::RecordCrossingsResponse::RESULT_NOT_SET:
      break;
  }
  return "-";
}

// Exactly one of reading, working and writing goes on at any time, and hands over to the next. Only
// Drain comes from outside; it may end the stream while it reads, since then nothing is under way.
class RecordCrossingsStream final : public BacklogReactor, public Stream {
 public:
  RecordCrossingsStream(const Environment& environment, grpc::CallbackServerContext* context,
                        const app::RecordCrossing& record)
      : environment_(environment),
        record_(record),
        call_(context, kBacklogMethod, "", environment.check_certificate, environment.metrics) {}

  void Start(std::shared_ptr<RecordCrossingsStream> self, OpenStreams& streams) {
    self_ = std::move(self);
    absl::Status status = call_.Authorize();
    if (status.ok()) status = streams.Add(self_);
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
    const core::Deadline deadline =
        std::chrono::steady_clock::now() + environment_.deadlines.when_none_is_given;
    const absl::Status posted = environment_.pool.Post(
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
  void Read() {
    {
      const core::MutexLock lock(mutex_);
      reading_ = !draining_;
      if (reading_) {
        // Under the lock, so that Drain cannot finish the stream first. OnReadDone comes later.
        StartRead(&request_bytes_);
        return;
      }
    }
    End(ShuttingDown());
  }

  void Work(const absl::Status& admission, core::Deadline deadline) {
    response_.Clear();
    const absl::Status status =
        admission.ok() ? WithoutExceptions([&] { return RecordItem(deadline); }) : admission;
    TellOfItem(status);
    if (!status.ok() && !IsPermanent(status)) {
      End(status);
      return;
    }
    if (!status.ok()) SetError(status, response_.mutable_error());
    response_.set_sequence(request_.sequence());
    response_bytes_ = BytesOf(response_);
    StartWrite(&response_bytes_);
  }

  absl::Status RecordItem(core::Deadline deadline) {
    if (absl::Status status = Parse(request_bytes_, request_); !status.ok()) return status;
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

  void TellOfItem(const absl::Status& status) const {
    const std::string reason = status.ok() ? "" : NameOf(PublicErrorOf(status).reason);
    environment_.metrics.BacklogItemEnded(reason);
    spdlog::info("item method={} principal={} result={} reason={} request_id={}", kBacklogMethod,
                 call_.principal().name, status.ok() ? ResultNameOf(response_) : "-",
                 reason.empty() ? "-" : reason,
                 core::CanonicalUuid(RequestIdOf(request_)).value_or("-"));
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
  grpc::ByteBuffer request_bytes_;
  grpc::ByteBuffer response_bytes_;
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
  stream->Start(stream, streams);
  return stream.get();
}

}  // namespace entryexit::rpc
