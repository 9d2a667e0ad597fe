#include "rpc/item_stream.h"

#include <chrono>
#include <utility>

#include "rpc/status.h"

namespace entryexit::rpc {

void ItemStream::Start(std::shared_ptr<ItemStream> self, OpenStreams& streams) {
  self_ = std::move(self);
  absl::Status status = call_.Authorize();
  if (status.ok()) status = streams.Add(self_);
  if (status.ok()) {
    Read();
  } else {
    End(status);
  }
}

void ItemStream::Drain() { EndSoon(ShuttingDown()); }

void ItemStream::CheckCaller() {
  if (absl::Status status = call_.CheckCertificate(); !status.ok()) EndSoon(status);
}

void ItemStream::EndSoon(const absl::Status& status) {
  {
    const core::MutexLock lock(mutex_);
    if (!ending_) ending_ = status;
    if (alarm_) alarm_->Cancel();     // An item that waits is not worked on any more.
    if (!reading_ || ended_) return;  // The next Read sees it.
    ended_ = true;
  }
  Finish(call_.End(status));
}

void ItemStream::OnReadDone(bool ok) {
  {
    const core::MutexLock lock(mutex_);
    reading_ = false;
    if (ended_) return;
  }
  if (!ok) {
    End(call_.context().IsCancelled() ? HungUp() : absl::OkStatus());  // OK: that was all.
    return;
  }
  const auto wait = call_.AdmitItem() - std::chrono::steady_clock::now();
  if (wait > std::chrono::steady_clock::duration::zero()) {
    const core::MutexLock lock(mutex_);
    if (!ending_) {
      alarm_.emplace().Set(std::chrono::system_clock::now() + wait,
                           [this](bool in_time) { in_time ? Post() : Read(); });
      return;
    }
  }
  Post();
}

void ItemStream::Post() {
  const core::Deadline deadline =
      std::chrono::steady_clock::now() + environment_.deadlines.when_none_is_given;
  const absl::Status posted = environment_.pool.Post(
      {call_.principal().name, deadline, [this] { return call_.context().IsCancelled(); },
       [this, deadline](const absl::Status& admission) { Work(admission, deadline); }});
  if (!posted.ok()) End(posted);
}

void ItemStream::OnWriteDone(bool ok) {
  if (ok) {
    Read();
  } else {
    End(HungUp());
  }
}

void ItemStream::Read() {
  absl::Status end;
  {
    const core::MutexLock lock(mutex_);
    reading_ = !ending_;
    if (reading_) {
      // Under the lock, so that Drain cannot finish the stream first. OnReadDone comes later.
      StartRead(&item_);
      return;
    }
    end = *ending_;
  }
  End(end);
}

void ItemStream::Work(const absl::Status& admission, core::Deadline deadline) {
  const absl::Status status = Answer(admission, deadline, item_, answer_);
  if (status.ok()) {
    StartWrite(&answer_);
  } else {
    End(status);
  }
}

void ItemStream::End(const absl::Status& status) {
  {
    const core::MutexLock lock(mutex_);
    if (std::exchange(ended_, true)) return;
  }
  Finish(call_.End(status));
}

}  // namespace entryexit::rpc
