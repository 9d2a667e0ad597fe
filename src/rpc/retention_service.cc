#include "rpc/retention_service.h"

#include <spdlog/spdlog.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "entryexit/core/reason.h"
#include "rpc/convert.h"
#include "rpc/convert_retention.h"
#include "rpc/fed_stream.h"

namespace entryexit::rpc {
namespace {

// One traveler may have crossed thousands of times, and a message has a limit.
constexpr int kItemsPerMessage = 2000;
constexpr int kReceiptsPerPage = 1000;
constexpr int kHoldsPerPage = 1000;

core::Deadline RunDeadline(const grpc::CallbackServerContext& context,
                           const Environment& environment) {
  return DeadlineOf(context, {environment.deadlines.longest, environment.deadlines.longest});
}

class RunRetentionStream final : public FedStream<v1::RunRetentionResponse> {
 public:
  RunRetentionStream(const Environment& environment, grpc::CallbackServerContext* context,
                     bool dry_run, const app::RunRetention& run)
      : FedStream(environment, context, "/entryexit.v1.RetentionService/RunRetention",
                  /*low_water=*/1, RunDeadline(*context, environment)),
        this_run_(app::RunRetention::NewRun(dry_run)),
        run_(run) {
    const core::MutexLock lock(mutex_);
    so_far_.set_run_id(this_run_.run_id);
  }

 private:
  void FeedMore() override REQUIRES(mutex_) {
    if (so_far_.done()) {
      End(absl::OkStatus());
    } else {
      Feed([this](const app::Call& call) { return RunPart(call); });
    }
  }

  absl::Status RunPart(const app::Call& call) EXCLUDES(mutex_) {
    const auto part = run_.Run(call, this_run_, cursor_);
    if (!part.ok()) return part.status();
    for (const auto& [traveler_id, status] : part->failures) {
      spdlog::error(
          "retention traveler={} failed: {}", traveler_id.value(),
          std::string(core::NameOf(core::ReasonOf(status).value_or(core::Reason::kInternal))));
    }
    cursor_ = part->next;
    const core::MutexLock lock(mutex_);
    Tell(*part);
    return absl::OkStatus();
  }

  void Tell(const app::RetentionPart& part) REQUIRES(mutex_) {
    v1::RunRetentionResponse message;
    so_far_.set_failed(so_far_.failed() + static_cast<std::int64_t>(part.failures.size()));
    for (const app::RetentionLine& line : part.erased) {
      so_far_.set_erased_count(so_far_.erased_count() + 1);
      ToProto(line, message.add_erased());
      SendWhenFull(message);
    }
    for (const app::RetentionLine& line : part.announced) {
      so_far_.set_announced_count(so_far_.announced_count() + 1);
      ToProto(line, message.add_announced());
      SendWhenFull(message);
    }
    for (const core::ErasureReceipt& receipt : part.receipts) {
      ToProto(receipt, message.add_receipts());
    }
    so_far_.set_done(!part.next);
    Send(std::move(message));
  }

  void SendWhenFull(v1::RunRetentionResponse& message) REQUIRES(mutex_) {
    if (message.erased_size() + message.announced_size() < kItemsPerMessage) return;
    Send(std::exchange(message, {}));
  }

  // With the counts so far.
  void Send(v1::RunRetentionResponse message) REQUIRES(mutex_) {
    message.MergeFrom(so_far_);
    AddMessage() = std::move(message);
  }

  const app::RetentionRun this_run_;
  const app::RunRetention& run_;
  std::optional<app::RetentionCursor> cursor_;  // of the job that runs
  v1::RunRetentionResponse so_far_ GUARDED_BY(mutex_);
};

class ReceiptStream final : public FedStream<v1::ListErasureReceiptsResponse> {
 public:
  ReceiptStream(const Environment& environment, grpc::CallbackServerContext* context,
                const app::RunRetention& run)
      : FedStream(environment, context, "/entryexit.v1.RetentionService/ListErasureReceipts",
                  /*low_water=*/kReceiptsPerPage / 2, RunDeadline(*context, environment)),
        run_(run) {}

 private:
  void FeedMore() override REQUIRES(mutex_) {
    if (remain_) {
      Feed([this](const app::Call& call) { return Fetch(call); });
    } else {
      End(absl::OkStatus());
    }
  }

  absl::Status Fetch(const app::Call& call) EXCLUDES(mutex_) {
    const auto receipts = run_.Receipts(call, after_, kReceiptsPerPage);
    if (!receipts.ok()) return receipts.status();
    if (!receipts->empty()) after_ = receipts->back().number;
    const core::MutexLock lock(mutex_);
    for (const core::ErasureReceipt& receipt : *receipts) {
      ToProto(receipt, AddMessage().mutable_receipt());
    }
    remain_ = receipts->size() == kReceiptsPerPage;
    return absl::OkStatus();
  }

  const app::RunRetention& run_;
  std::int64_t after_ = 0;  // of the job that fetches
  bool remain_ GUARDED_BY(mutex_) = true;
};

class HoldStream final : public FedStream<v1::ListLegalHoldsResponse> {
 public:
  HoldStream(const Environment& environment, grpc::CallbackServerContext* context,
             v1::ListLegalHoldsRequest request, const app::LegalHolds& holds)
      : FedStream(environment, context, "/entryexit.v1.RetentionService/ListLegalHolds",
                  /*low_water=*/kHoldsPerPage / 2, RunDeadline(*context, environment)),
        request_(std::move(request)),
        holds_(holds) {}

 private:
  absl::Status CheckRequest() override {
    auto traveler_id = TravelerFrom(request_);
    if (!traveler_id.ok()) return traveler_id.status();
    traveler_id_ = *std::move(traveler_id);
    return absl::OkStatus();
  }

  void FeedMore() override REQUIRES(mutex_) {
    if (remain_) {
      Feed([this](const app::Call& call) { return Fetch(call); });
    } else {
      End(absl::OkStatus());
    }
  }

  absl::Status Fetch(const app::Call& call) EXCLUDES(mutex_) {
    const auto holds =
        holds_.List(call, traveler_id_, request_.with_released(), after_, kHoldsPerPage);
    if (!holds.ok()) return holds.status();
    if (!holds->empty()) {
      after_ = ports::LegalHoldCursor{holds->back().traveler_id, holds->back().hold_id};
    }
    const core::MutexLock lock(mutex_);
    for (const ports::LegalHold& hold : *holds) ToProto(hold, AddMessage().mutable_hold());
    remain_ = holds->size() == kHoldsPerPage;
    return absl::OkStatus();
  }

  const v1::ListLegalHoldsRequest request_;
  const app::LegalHolds& holds_;
  std::optional<core::TravelerId> traveler_id_;
  std::optional<ports::LegalHoldCursor> after_;  // of the job that fetches
  bool remain_ GUARDED_BY(mutex_) = true;
};

}  // namespace

grpc::ServerWriteReactor<v1::RunRetentionResponse>* RetentionService::RunRetention(
    grpc::CallbackServerContext* context, const v1::RunRetentionRequest* request) {
  const auto stream =
      std::make_shared<RunRetentionStream>(streaming_, context, request->dry_run(), run_);
  stream->Start(stream, streams_);
  return stream.get();
}

grpc::ServerWriteReactor<v1::ListErasureReceiptsResponse>* RetentionService::ListErasureReceipts(
    grpc::CallbackServerContext* context, const v1::ListErasureReceiptsRequest* /*request*/) {
  const auto stream = std::make_shared<ReceiptStream>(streaming_, context, run_);
  stream->Start(stream, streams_);
  return stream.get();
}

grpc::ServerUnaryReactor* RetentionService::PlaceLegalHold(grpc::CallbackServerContext* context,
                                                           const v1::PlaceLegalHoldRequest* request,
                                                           v1::PlaceLegalHoldResponse* response) {
  return ServeUnary(environment_, context, "/entryexit.v1.RetentionService/PlaceLegalHold",
                    *request, [this, request, response](const app::Call& call) -> absl::Status {
                      const auto wanted = FromProto(*request);
                      if (!wanted.ok()) return wanted.status();
                      const auto hold = holds_.Place(call, *wanted);
                      if (hold.ok()) ToProto(*hold, response->mutable_hold());
                      return hold.status();
                    });
}

grpc::ServerUnaryReactor* RetentionService::ReleaseLegalHold(
    grpc::CallbackServerContext* context, const v1::ReleaseLegalHoldRequest* request,
    v1::ReleaseLegalHoldResponse* response) {
  return ServeUnary(environment_, context, "/entryexit.v1.RetentionService/ReleaseLegalHold",
                    *request, [this, request, response](const app::Call& call) -> absl::Status {
                      const auto wanted = FromProto(*request);
                      if (!wanted.ok()) return wanted.status();
                      const auto hold = holds_.Release(call, *wanted);
                      if (hold.ok()) ToProto(*hold, response->mutable_hold());
                      return hold.status();
                    });
}

grpc::ServerWriteReactor<v1::ListLegalHoldsResponse>* RetentionService::ListLegalHolds(
    grpc::CallbackServerContext* context, const v1::ListLegalHoldsRequest* request) {
  const auto stream = std::make_shared<HoldStream>(streaming_, context, *request, holds_);
  stream->Start(stream, streams_);
  return stream.get();
}

}  // namespace entryexit::rpc
