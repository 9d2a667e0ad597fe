#include "rpc/watch_cases.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "entryexit/core/reason.h"
#include "rpc/convert.h"

namespace entryexit::rpc {
namespace {

using core::MakeError;
using core::Reason;
using WatchReactor = grpc::ServerWriteReactor<v1::WatchCasesResponse>;

constexpr size_t kMaxWaitingCases = 1000;
constexpr int kOpenCasesPerPage = 100;

// One thing goes on at a time: a job on the pool that fetches messages, or the write of one.
// Advance starts the next, or ends the stream when there is a reason to.
class WatchCasesStream final : public WatchReactor, public Stream {
 public:
  WatchCasesStream(const Environment& environment, grpc::CallbackServerContext* context,
                   const v1::WatchCasesRequest& request, const app::Queries& queries,
                   ports::CaseFeed& feed)
      : environment_(environment),
        queries_(queries),
        feed_(feed),
        call_(context, "/entryexit.v1.BackOfficeService/WatchCases", "", environment.metrics),
        port_id_(request.port_id()),
        open_cases_remain_(request.include_open()) {
    environment_.metrics.WatcherCame();
  }
  ~WatchCasesStream() override { environment_.metrics.WatcherLeft(); }

  void Start(std::shared_ptr<WatchCasesStream> self) {
    self_ = std::move(self);
    absl::Status status = call_.Authorize();
    if (status.ok()) status = NameFrom(port_id_, "port_id").status();
    const core::MutexLock lock(mutex_);
    if (!status.ok()) end_ = status;
    Advance();
  }

  void Drain() override {
    EndWith(MakeError(Reason::kShuttingDown, "the service is shutting down"));
  }

  void OnCancel() override { EndWith(MakeError(Reason::kCancelled, "the watcher has hung up")); }

  void OnWriteDone(bool ok) override {
    const core::MutexLock lock(mutex_);
    busy_ = false;
    if (!ok && !end_) end_ = MakeError(Reason::kCancelled, "the watcher has hung up");
    Advance();
  }

  void OnDone() override {
    subscription_.reset();
    self_.reset();
  }

 private:
  void EndWith(const absl::Status& status) EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    if (!end_) end_ = status;
    Advance();
  }

  // What gRPC is told here it reacts to later, never within the call.
  void Advance() REQUIRES(mutex_) {
    if (busy_ || finished_) return;
    if (end_) {
      finished_ = true;
      Finish(call_.End(*end_));
    } else if (!messages_.empty()) {
      busy_ = true;
      message_ = std::move(messages_.front());
      messages_.pop_front();
      StartWrite(&message_);
    } else if (!subscribed_) {
      Fetch([this](const app::Call& /*call*/) { return Subscribe(); });
    } else if (open_cases_remain_) {
      Fetch([this](const app::Call& call) { return FetchOpenCases(call); });
    } else if (!opened_.empty()) {
      Fetch([this, id = opened_.front()](const app::Call& call) { return FetchCase(call, id); });
      opened_.pop_front();
    }
  }

  template <typename Work>
  void Fetch(Work work) REQUIRES(mutex_) {
    busy_ = true;
    const core::Deadline deadline =
        std::chrono::steady_clock::now() + environment_.deadlines.when_none_is_given;
    const absl::Status posted = environment_.pool.PostPatient(
        {deadline, [this] { return call_.context().IsCancelled(); },
         [this, self = self_, deadline, work](const absl::Status& admission) {
           const app::Call call{call_.principal(), deadline};
           const absl::Status status =
               admission.ok() ? WithoutExceptions([&] { return work(call); }) : admission;
           const core::MutexLock lock(mutex_);
           busy_ = false;
           if (!status.ok() && !end_) end_ = status;
           Advance();
         }});
    if (posted.ok()) return;
    busy_ = false;
    finished_ = true;
    Finish(call_.End(posted));
  }

  absl::Status Subscribe() EXCLUDES(mutex_) {
    auto subscription = feed_.Subscribe(
        [this](const absl::StatusOr<core::CaseId>& opened) { OnCaseOpened(opened); });
    if (!subscription.ok()) return subscription.status();
    subscription_ = *std::move(subscription);
    const core::MutexLock lock(mutex_);
    subscribed_ = true;
    messages_.emplace_back();
    return absl::OkStatus();
  }

  void OnCaseOpened(const absl::StatusOr<core::CaseId>& opened) EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    if (end_) return;
    if (!opened.ok()) {
      end_ = opened.status();
    } else if (opened_.size() >= kMaxWaitingCases) {
      end_ = MakeError(Reason::kOverloaded, "the watcher reads more slowly than cases are opened");
      opened_.clear();
    } else {
      opened_.push_back(*opened);
    }
    Advance();
  }

  absl::Status FetchOpenCases(const app::Call& call) EXCLUDES(mutex_) {
    ports::CaseFilter filter;
    filter.state = core::CaseState::kOpen;
    if (!port_id_.empty()) filter.port_id = core::PortId(port_id_);
    const auto page = queries_.ListCases(call, filter, after_, kOpenCasesPerPage);
    if (!page.ok()) return page.status();
    after_ = page->next;
    const core::MutexLock lock(mutex_);
    for (const ports::CaseRecord& record : page->rows) AddMessage(record);
    open_cases_remain_ = page->next.has_value();
    return absl::OkStatus();
  }

  absl::Status FetchCase(const app::Call& call, const core::CaseId& id) EXCLUDES(mutex_) {
    const absl::StatusOr<ports::CaseRecord> record = queries_.GetCaseRecord(call, id);
    if (!record.ok()) return record.status();
    const core::MutexLock lock(mutex_);
    if (port_id_.empty() || record->port_id.value() == port_id_) AddMessage(*record);
    return absl::OkStatus();
  }

  void AddMessage(const ports::CaseRecord& record) REQUIRES(mutex_) {
    ToProto(record, messages_.emplace_back().mutable_case_());
  }

  const Environment& environment_;
  const app::Queries& queries_;
  ports::CaseFeed& feed_;
  ActiveCall call_;
  const std::string port_id_;
  std::unique_ptr<ports::CaseFeed::Subscription> subscription_;
  std::optional<ports::CaseCursor> after_;  // of the job that lists open cases

  core::Mutex mutex_;
  bool busy_ GUARDED_BY(mutex_) = false;
  bool finished_ GUARDED_BY(mutex_) = false;
  bool subscribed_ GUARDED_BY(mutex_) = false;
  bool open_cases_remain_ GUARDED_BY(mutex_);
  std::deque<core::CaseId> opened_ GUARDED_BY(mutex_);
  std::deque<v1::WatchCasesResponse> messages_ GUARDED_BY(mutex_);
  v1::WatchCasesResponse message_ GUARDED_BY(mutex_);  // being written
  std::optional<absl::Status> end_ GUARDED_BY(mutex_);
  // Keeps the stream until gRPC is done with it.
  std::shared_ptr<WatchCasesStream> self_;
};

}  // namespace

WatchReactor* StartWatchCases(const Environment& environment, grpc::CallbackServerContext* context,
                              const v1::WatchCasesRequest& request, const app::Queries& queries,
                              ports::CaseFeed& feed, OpenStreams& streams) {
  const auto stream =
      std::make_shared<WatchCasesStream>(environment, context, request, queries, feed);
  WatchReactor* const reactor = stream.get();
  stream->Start(stream);
  streams.Add(stream);
  return reactor;
}

}  // namespace entryexit::rpc
