#include "rpc/report_service.h"

#include <memory>
#include <optional>
#include <utility>

#include "rpc/convert.h"
#include "rpc/fed_stream.h"

namespace entryexit::rpc {
namespace {

constexpr int kRowsPerPage = 500;

class ListOverstaysStream final : public FedStream<v1::ListOverstaysResponse> {
 public:
  ListOverstaysStream(const Environment& environment, grpc::CallbackServerContext* context,
                      v1::ListOverstaysRequest request, const app::Queries& queries)
      : FedStream(
            environment, context, "/entryexit.v1.ReportService/ListOverstays",
            /*low_water=*/kRowsPerPage / 2,
            DeadlineOf(*context, {environment.deadlines.longest, environment.deadlines.longest})),
        request_(std::move(request)),
        queries_(queries) {}

 private:
  absl::Status CheckRequest() override {
    const absl::StatusOr<core::Date> as_of =
        DateFrom(request_.as_of(), request_.has_as_of(), "as_of");
    if (!as_of.ok()) return as_of.status();
    const auto kind = OverstayKindFrom(request_.kind());
    if (!kind.ok()) return kind.status();
    as_of_ = *as_of;
    kind_ = *kind;
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
    const auto page = queries_.ListOverstays(call, as_of_, kind_, after_, kRowsPerPage);
    if (!page.ok()) return page.status();
    after_ = page->next;
    const core::MutexLock lock(mutex_);
    for (const app::OverstayView& view : page->rows) {
      ToProto(view.stay, view.overstay, &AddMessage());
    }
    rows_remain_ = page->next.has_value();
    return absl::OkStatus();
  }

  const v1::ListOverstaysRequest request_;
  const app::Queries& queries_;
  core::Date as_of_;
  std::optional<core::OverstayKind> kind_;
  std::optional<ports::OverstayCursor> after_;  // of the job that fetches rows
  bool rows_remain_ GUARDED_BY(mutex_) = true;
};

}  // namespace

grpc::ServerWriteReactor<v1::ListOverstaysResponse>* ReportService::ListOverstays(
    grpc::CallbackServerContext* context, const v1::ListOverstaysRequest* request) {
  const auto stream =
      std::make_shared<ListOverstaysStream>(environment_, context, *request, queries_);
  stream->Start(stream, streams_);
  return stream.get();
}

}  // namespace entryexit::rpc
