#include "rpc/record_crossings.h"

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

absl::Status Parse(grpc::ByteBuffer& bytes, v1::RecordCrossingsRequest& request) {
  if (ParseBytes(bytes, request)) return absl::OkStatus();
  return MakeError(Reason::kInvalidField,
                   "the item is no RecordCrossingsRequest, or a text in it is not UTF-8");
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

class RecordCrossingsStream final : public ItemStream {
 public:
  RecordCrossingsStream(const Environment& environment, grpc::CallbackServerContext* context,
                        const app::RecordCrossing& record)
      : ItemStream(environment, context, kBacklogMethod), record_(record) {}

 private:
  absl::Status Answer(const absl::Status& admission, core::Deadline deadline,
                      grpc::ByteBuffer& item, grpc::ByteBuffer& answer) override {
    response_.Clear();
    const absl::Status status =
        admission.ok() ? WithoutExceptions([&] { return RecordItem(deadline, item); }) : admission;
    TellOfItem(status);
    if (!status.ok() && !IsPermanent(status)) return status;
    if (!status.ok()) SetError(status, response_.mutable_error());
    response_.set_sequence(request_.sequence());
    answer = BytesOf(response_);
    return absl::OkStatus();
  }

  absl::Status RecordItem(core::Deadline deadline, grpc::ByteBuffer& item) {
    if (absl::Status status = Parse(item, request_); !status.ok()) return status;
    const app::Call on_behalf = call().Until(deadline);
    switch (request_.crossing_case()) {
      case v1::RecordCrossingsRequest::kArrival:
        return Record(record_, on_behalf, request_.arrival(), /*gone=*/true, metrics(),
                      response_.mutable_arrival());
      case v1::RecordCrossingsRequest::kDeparture:
        return Record(record_, on_behalf, request_.departure(), /*gone=*/true, metrics(),
                      response_.mutable_departure());
      case v1::RecordCrossingsRequest::CROSSING_NOT_SET:
        break;
    }
    return MakeError(Reason::kMissingField, "crossing is missing");
  }

  void TellOfItem(const absl::Status& status) const {
    const std::string reason = status.ok() ? "" : NameOf(PublicErrorOf(status).reason);
    metrics().BacklogItemEnded(reason);
    spdlog::info("item method={} principal={} result={} reason={} request_id={}", kBacklogMethod,
                 call().principal().name, status.ok() ? ResultNameOf(response_) : "-",
                 reason.empty() ? "-" : reason,
                 core::CanonicalUuid(RequestIdOf(request_)).value_or("-"));
  }

  const app::RecordCrossing& record_;
  v1::RecordCrossingsRequest request_;
  v1::RecordCrossingsResponse response_;
};

}  // namespace

BytesReactor* StartRecordCrossings(const Environment& environment,
                                   grpc::CallbackServerContext* context,
                                   const app::RecordCrossing& record, OpenStreams& streams) {
  const auto stream = std::make_shared<RecordCrossingsStream>(environment, context, record);
  stream->Start(stream, streams);
  return stream.get();
}

}  // namespace entryexit::rpc
