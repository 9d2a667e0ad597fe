#include "rpc/watch_cases.h"

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <span>
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
constexpr int kWaitingCasesPerPage = 100;
constexpr std::array kWaitingStates = {core::CaseState::kOpen,
                                       core::CaseState::kAwaitsSecondOfficer};

// The feed tells which cases came to wait for an officer; jobs read them, one after the other and
// only as fast as the watcher reads.
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
        states_to_list_(kWaitingStates) {
    if (!request.include_open()) states_to_list_ = {};
    metrics_.WatcherCame();
  }
  ~WatchCasesStream() override { metrics_.WatcherLeft(); }

  void OnDone() override {
    subscription_.reset();
    FedStream::OnDone();
  }

 private:
  absl::Status CheckRequest() override {
    if (HasCase()) {
      return MakeError(Reason::kInvalidField,
                       "cases are watched for no single case: leave out the metadata "
                       "entryexit-case");
    }
    return NameFrom(port_id_, "port_id").status();
  }

  void FeedMore() override REQUIRES(mutex_) {
    if (!subscribed_) {
      Feed([this](const app::Call& /*call*/) { return Subscribe(); });
    } else if (!states_to_list_.empty()) {
      Feed([this, state = states_to_list_.front()](const app::Call& call) {
        return ListCases(call, state);
      });
    } else if (!news_.empty()) {
      Feed([this, id = news_.front()](const app::Call& call) { return FetchCase(call, id); });
      news_.pop_front();
    }
  }

  absl::Status Subscribe() EXCLUDES(mutex_) {
    auto subscription =
        feed_.Subscribe([this](const absl::StatusOr<core::CaseId>& news) { OnNews(news); });
    if (!subscription.ok()) return subscription.status();
    subscription_ = *std::move(subscription);
    const core::MutexLock lock(mutex_);
    subscribed_ = true;
    AddMessage();
    return absl::OkStatus();
  }

  void OnNews(const absl::StatusOr<core::CaseId>& news) EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    if (!news.ok()) {
      End(news.status());
    } else if (news_.size() >= kMaxWaitingCases) {
      End(MakeError(Reason::kOverloaded, "the watcher reads more slowly than cases come"));
    } else {
      news_.push_back(*news);
    }
    Advance();
  }

  std::optional<core::PortId> Port() const {
    return port_id_.empty() ? std::nullopt : std::optional(core::PortId(port_id_));
  }

  absl::Status ListCases(const app::Call& call, core::CaseState state) EXCLUDES(mutex_) {
    ports::CaseFilter filter;
    filter.state = state;
    filter.port_id = Port();
    const auto page = queries_.ListCases(call, filter, after_, kWaitingCasesPerPage);
    if (!page.ok()) return page.status();
    after_ = page->next;
    const core::MutexLock lock(mutex_);
    for (const ports::CaseRecord& record : page->rows) {
      ToProto(record, AddMessage().mutable_case_());
    }
    if (!page->next) states_to_list_ = states_to_list_.subspan(1);
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
  std::optional<ports::CaseCursor> after_;  // of the jobs that list what waits already
  bool subscribed_ GUARDED_BY(mutex_) = false;
  std::span<const core::CaseState> states_to_list_ GUARDED_BY(mutex_);
  std::deque<core::CaseId> news_ GUARDED_BY(mutex_);
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
