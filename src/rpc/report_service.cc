#include "rpc/report_service.h"

#include <spdlog/spdlog.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "entryexit/core/reason.h"
#include "rpc/convert.h"
#include "rpc/convert_summary.h"
#include "rpc/fed_stream.h"

namespace entryexit::rpc {
namespace {

// A page of an earlier moment looks through all that was superseded since, so it is worth while
// large.
constexpr int kRowsPerPage = 5000;

// A report may take as long as any: each of its jobs has a deadline of its own.
core::Deadline StreamDeadline(const grpc::CallbackServerContext& context,
                              const Environment& environment) {
  return DeadlineOf(context, {environment.deadlines.longest, environment.deadlines.longest});
}

// For the log.
std::string ReasonText(const absl::Status& status) {
  return std::string(core::NameOf(core::ReasonOf(status).value_or(core::Reason::kInternal)));
}

class ListOverstaysStream final : public FedStream<v1::ListOverstaysResponse> {
 public:
  ListOverstaysStream(const Environment& environment, grpc::CallbackServerContext* context,
                      v1::ListOverstaysRequest request, const app::Queries& queries,
                      core::Timestamp now)
      : FedStream(environment, context, "/entryexit.v1.ReportService/ListOverstays",
                  /*low_water=*/kRowsPerPage / 2, StreamDeadline(*context, environment)),
        request_(std::move(request)),
        queries_(queries),
        now_(now) {}

 private:
  absl::Status CheckRequest() override {
    const absl::StatusOr<core::Date> as_of =
        DateFrom(request_.as_of(), request_.has_as_of(), "as_of");
    if (!as_of.ok()) return as_of.status();
    const auto kind = OverstayKindFrom(request_.kind());
    if (!kind.ok()) return kind.status();
    // Settled once, so that all pages tell of the same moment.
    const auto known_at = KnownAtFrom(request_.known_at(), request_.has_known_at(), now_);
    if (!known_at.ok()) return known_at.status();
    as_of_ = *as_of;
    kind_ = *kind;
    known_at_ = *known_at;
    return absl::OkStatus();
  }

  void FeedMore() override REQUIRES(mutex_) {
    if (rows_remain_) {
      Feed([this](const app::Call& call) { return FetchRows(call); });
    } else {
      End(absl::OkStatus());
    }
  }

  absl::Status FetchRows(const app::Call& call) EXCLUDES(mutex_) {
    const auto page = queries_.ListOverstays(call, as_of_, known_at_, kind_, after_, kRowsPerPage);
    if (!page.ok()) return page.status();
    after_ = page->next;
    const core::MutexLock lock(mutex_);
    for (const app::OverstayView& view : page->rows) {
      ToProto(view, &AddMessage());
    }
    rows_remain_ = page->next.has_value();
    return absl::OkStatus();
  }

  const v1::ListOverstaysRequest request_;
  const app::Queries& queries_;
  const core::Timestamp now_;
  core::Date as_of_;
  core::Timestamp known_at_;
  std::optional<core::OverstayKind> kind_;
  std::optional<ports::OverstayCursor> after_;  // of the job that fetches rows
  bool rows_remain_ GUARDED_BY(mutex_) = true;
};

class ReviewOverstaysStream final : public FedStream<v1::ReviewOverstaysResponse> {
 public:
  ReviewOverstaysStream(const Environment& environment, grpc::CallbackServerContext* context,
                        const app::ReviewOverstays& review)
      : FedStream(environment, context, "/entryexit.v1.ReportService/ReviewOverstays",
                  /*low_water=*/1, StreamDeadline(*context, environment)),
        review_(review) {}

 private:
  void FeedMore() override REQUIRES(mutex_) {
    if (so_far_.done()) {
      End(absl::OkStatus());
    } else {
      Feed([this](const app::Call& call) { return ReviewPart(call); });
    }
  }

  absl::Status ReviewPart(const app::Call& call) EXCLUDES(mutex_) {
    const auto part = review_.Review(call, after_);
    if (!part.ok()) return part.status();
    for (const auto& [traveler_id, status] : part->failures) {
      spdlog::error("review traveler={} failed: {}", traveler_id.value(), ReasonText(status));
    }
    after_ = part->next;
    const core::MutexLock lock(mutex_);
    so_far_.set_travelers(so_far_.travelers() + part->travelers);
    so_far_.set_opened(so_far_.opened() + part->opened);
    so_far_.set_changed(so_far_.changed() + part->changed);
    so_far_.set_failed(so_far_.failed() + static_cast<std::int64_t>(part->failures.size()));
    so_far_.set_done(!part->next);
    AddMessage() = so_far_;
    return absl::OkStatus();
  }

  const app::ReviewOverstays& review_;
  std::optional<core::TravelerId> after_;  // of the job that reviews
  v1::ReviewOverstaysResponse so_far_ GUARDED_BY(mutex_);
};

absl::Status Summarize(const app::Queries& queries, const app::Call& call,
                       const v1::GetSummaryRequest& request, core::Timestamp now,
                       v1::GetSummaryResponse* response) {
  const absl::StatusOr<SummaryRequest> wanted = FromProto(request, now);
  if (!wanted.ok()) return wanted.status();
  const auto summary = queries.Summarize(call, wanted->scope, wanted->least_cell);
  if (!summary.ok()) return summary.status();
  rpc::ToProto(*summary, wanted->scope, response);
  return absl::OkStatus();
}

}  // namespace

grpc::ServerWriteReactor<v1::ListOverstaysResponse>* ReportService::ListOverstays(
    grpc::CallbackServerContext* context, const v1::ListOverstaysRequest* request) {
  const auto stream =
      std::make_shared<ListOverstaysStream>(streaming_, context, *request, queries_, clock_.Now());
  stream->Start(stream, streams_);
  return stream.get();
}

grpc::ServerUnaryReactor* ReportService::GetSummary(grpc::CallbackServerContext* context,
                                                    const v1::GetSummaryRequest* request,
                                                    v1::GetSummaryResponse* response) {
  return ServeUnary(summing_, context, "/entryexit.v1.ReportService/GetSummary", *request,
                    [this, request, response](const app::Call& call) {
                      return Summarize(queries_, call, *request, clock_.Now(), response);
                    });
}

grpc::ServerWriteReactor<v1::ReviewOverstaysResponse>* ReportService::ReviewOverstays(
    grpc::CallbackServerContext* context, const v1::ReviewOverstaysRequest* /*request*/) {
  const auto stream =
      std::make_shared<ReviewOverstaysStream>(streaming_, context, review_overstays_);
  stream->Start(stream, streams_);
  return stream.get();
}

}  // namespace entryexit::rpc
