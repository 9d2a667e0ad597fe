#include "rpc/watch_cases.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "entryexit/core/reason.h"
#include "rpc/convert.h"
#include "rpc/fed_stream.h"

namespace entryexit::rpc {
namespace {

using core::MakeError;
using core::Reason;
using WatchReactor = grpc::ServerWriteReactor<v1::WatchCasesResponse>;

constexpr size_t kMaxWaitingCases = 1000;
constexpr int kOpenCasesPerPage = 100;

// The feed tells which cases were opened; jobs read them, one after the other and only as fast as
// the watcher reads.
class WatchCasesStream final : public FedStream<v1::WatchCasesResponse> {
 public:
  WatchCasesStream(const Environment& environment, grpc::CallbackServerContext* context,
                   const v1::WatchCasesRequest& request, const app::Queries& queries,
                   ports::CaseFeed& feed)
      : FedStream(environment, context, "/entryexit.v1.BackOfficeService/WatchCases",
                  /*low_water=*/1, core::Deadline::max()),
        metrics_(environment.metrics),
        queries_(queries),
        feed_(feed),
        port_id_(request.port_id()),
        open_cases_remain_(request.include_open()) {
    metrics_.WatcherCame();
  }
  ~WatchCasesStream() override { metrics_.WatcherLeft(); }

  void OnDone() override {
    subscription_.reset();
    FedStream::OnDone();
  }

 private:
  absl::Status CheckRequest() override { return NameFrom(port_id_, "port_id").status(); }

  void FeedMore() override REQUIRES(mutex_) {
    if (!subscribed_) {
      Feed([this](const app::Call& /*call*/) { return Subscribe(); });
    } else if (open_cases_remain_) {
      Feed([this](const app::Call& call) { return FetchOpenCases(call); });
    } else if (!opened_.empty()) {
      Feed([this, id = opened_.front()](const app::Call& call) { return FetchCase(call, id); });
      opened_.pop_front();
    }
  }

  absl::Status Subscribe() EXCLUDES(mutex_) {
    auto subscription = feed_.Subscribe(
        [this](const absl::StatusOr<core::CaseId>& opened) { OnCaseOpened(opened); });
    if (!subscription.ok()) return subscription.status();
    subscription_ = *std::move(subscription);
    const core::MutexLock lock(mutex_);
    subscribed_ = true;
    AddMessage();
    return absl::OkStatus();
  }

  void OnCaseOpened(const absl::StatusOr<core::CaseId>& opened) EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    if (!opened.ok()) {
      End(opened.status());
    } else if (opened_.size() >= kMaxWaitingCases) {
      End(MakeError(Reason::kOverloaded, "the watcher reads more slowly than cases are opened"));
    } else {
      opened_.push_back(*opened);
    }
    Advance();
  }

  std::optional<core::PortId> Port() const {
    return port_id_.empty() ? std::nullopt : std::optional(core::PortId(port_id_));
  }

  absl::Status FetchOpenCases(const app::Call& call) EXCLUDES(mutex_) {
    ports::CaseFilter filter;
    filter.state = core::CaseState::kOpen;
    filter.port_id = Port();
    const auto page = queries_.ListCases(call, filter, after_, kOpenCasesPerPage);
    if (!page.ok()) return page.status();
    after_ = page->next;
    const core::MutexLock lock(mutex_);
    for (const ports::CaseRecord& record : page->rows) {
      ToProto(record, AddMessage().mutable_case_());
    }
    open_cases_remain_ = page->next.has_value();
    return absl::OkStatus();
  }

  absl::Status FetchCase(const app::Call& call, const core::CaseId& id) EXCLUDES(mutex_) {
    const auto record = queries_.FindCaseAt(call, id, Port());
    if (!record.ok()) return record.status();
    if (!*record) return absl::OkStatus();
    const core::MutexLock lock(mutex_);
    ToProto(**record, AddMessage().mutable_case_());
    return absl::OkStatus();
  }

  Metrics& metrics_;
  const app::Queries& queries_;
  ports::CaseFeed& feed_;
  const std::string port_id_;
  std::unique_ptr<ports::CaseFeed::Subscription> subscription_;
  std::optional<ports::CaseCursor> after_;  // of the job that lists open cases
  bool subscribed_ GUARDED_BY(mutex_) = false;
  bool open_cases_remain_ GUARDED_BY(mutex_);
  std::deque<core::CaseId> opened_ GUARDED_BY(mutex_);
};

}  // namespace

WatchReactor* StartWatchCases(const Environment& environment, grpc::CallbackServerContext* context,
                              const v1::WatchCasesRequest& request, const app::Queries& queries,
                              ports::CaseFeed& feed, OpenStreams& streams) {
  const auto stream =
      std::make_shared<WatchCasesStream>(environment, context, request, queries, feed);
  stream->Start(stream, streams);
  return stream.get();
}

}  // namespace entryexit::rpc
