#include "rpc/report_service.h"

#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "entryexit/core/mutex.h"
#include "entryexit/core/reason.h"
#include "rpc/convert.h"

namespace entryexit::rpc {
namespace {

using core::MakeError;
using core::Reason;

constexpr size_t kMaxWaitingRows = 256;

// A job on the pool reads rows and waits when the reader is slow; reactions write them. The stream
// ends when the job has, and everything that it read is written or the reader is gone.
class ListOverstaysStream final : public grpc::ServerWriteReactor<v1::ListOverstaysResponse> {
 public:
  ListOverstaysStream(const Environment& environment, grpc::CallbackServerContext* context,
                      const v1::ListOverstaysRequest& request, const app::Queries& queries)
      : request_(request),
        queries_(queries),
        call_(context, "/entryexit.v1.ReportService/ListOverstays", "", environment.metrics),
        deadline_(DeadlineOf(*context, environment.deadlines)) {
    absl::Status status = call_.Authorize();
    if (status.ok()) {
      status = environment.pool.PostPatient(
          {deadline_, [this] { return call_.context().IsCancelled(); },
           [this](const absl::Status& admission) {
             JobEnded(admission.ok() ? WithoutExceptions([this] { return Run(); }) : admission);
           }});
    }
    if (!status.ok()) JobEnded(status);
  }

  void OnWriteDone(bool ok) override {
    const core::MutexLock lock(mutex_);
    writing_ = false;
    reader_is_gone_ = reader_is_gone_ || !ok;
    room_.NotifyAll();
    Advance();
  }

  void OnCancel() override {
    const core::MutexLock lock(mutex_);
    reader_is_gone_ = true;
    room_.NotifyAll();
    Advance();
  }

  void OnDone() override {
    // Whoever finished the call may still be about to let go of the lock.
    { const core::MutexLock lock(mutex_); }
    delete this;
  }

 private:
  absl::Status Run() EXCLUDES(mutex_) {
    const absl::StatusOr<core::Date> as_of =
        DateFrom(request_.as_of(), request_.has_as_of(), "as_of");
    if (!as_of.ok()) return as_of.status();
    const auto kind = OverstayKindFrom(request_.kind());
    if (!kind.ok()) return kind.status();
    absl::Status handed_over;
    const app::Call call{call_.principal(), deadline_};
    const absl::Status read = queries_.ListOverstays(
        call, *as_of, *kind,
        [this, &handed_over](const ports::StayRecord& stay, const core::Overstay& overstay) {
          v1::ListOverstaysResponse row;
          ToProto(stay, overstay, &row);
          handed_over = HandOver(std::move(row));
          return handed_over.ok();
        });
    return read.ok() ? handed_over : read;
  }

  // Waits for room.
  absl::Status HandOver(v1::ListOverstaysResponse row) EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    while (rows_.size() >= kMaxWaitingRows && !reader_is_gone_) {
      if (!room_.WaitUntil(mutex_, deadline_)) {
        return MakeError(Reason::kDeadlineExceeded, "the deadline passed before all was read");
      }
    }
    if (reader_is_gone_) return MakeError(Reason::kCancelled, "the reader has hung up");
    rows_.push_back(std::move(row));
    Advance();
    return absl::OkStatus();
  }

  void JobEnded(const absl::Status& status) EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    end_ = status;
    Advance();
  }

  // What gRPC is told here it reacts to later, not within the call.
  void Advance() REQUIRES(mutex_) {
    if (writing_ || finished_) return;
    if (!rows_.empty() && !reader_is_gone_) {
      writing_ = true;
      row_ = std::move(rows_.front());
      rows_.pop_front();
      StartWrite(&row_);
    } else if (end_) {
      finished_ = true;
      Finish(call_.End(*end_));
    }
  }

  const v1::ListOverstaysRequest request_;
  const app::Queries& queries_;
  ActiveCall call_;
  const core::Deadline deadline_;

  core::Mutex mutex_;
  core::CondVar room_;
  bool writing_ GUARDED_BY(mutex_) = false;
  bool finished_ GUARDED_BY(mutex_) = false;
  bool reader_is_gone_ GUARDED_BY(mutex_) = false;
  std::deque<v1::ListOverstaysResponse> rows_ GUARDED_BY(mutex_);
  v1::ListOverstaysResponse row_ GUARDED_BY(mutex_);    // being written
  std::optional<absl::Status> end_ GUARDED_BY(mutex_);  // once the job has ended
};

}  // namespace

grpc::ServerWriteReactor<v1::ListOverstaysResponse>* ReportService::ListOverstays(
    grpc::CallbackServerContext* context, const v1::ListOverstaysRequest* request) {
  return new ListOverstaysStream(environment_, context, *request, queries_);
}

}  // namespace entryexit::rpc
