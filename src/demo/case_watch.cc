#include "src/demo/case_watch.h"

#include "entryexit/client/channel.h"
#include "src/demo/clients.h"

namespace entryexit::demo {

absl::Status CaseWatch::Start() {
  client::SayPurpose({kCaseWork, ""}, context_);
  reader_ = officer_.WatchCases(&context_, v1::WatchCasesRequest());
  v1::WatchCasesResponse begun;
  if (!reader_->Read(&begun)) return client::ToStatus(reader_->Finish(), context_);
  thread_ = std::thread([this] { Read(); });
  return absl::OkStatus();
}

void CaseWatch::Read() {
  v1::WatchCasesResponse response;
  while (reader_->Read(&response)) {
    const std::lock_guard lock(mutex_);
    delivered_.try_emplace(response.case_().case_id(),
                           Delivery{response.case_(), std::chrono::steady_clock::now()});
    changed_.notify_all();
  }
  reader_->Finish();
}

bool CaseWatch::WaitFor(const std::string& case_id, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [&] { return delivered_.contains(case_id); });
}

std::map<std::string, Delivery> CaseWatch::Delivered() const {
  const std::lock_guard lock(mutex_);
  return delivered_;
}

void CaseWatch::Stop() {
  if (!thread_.joinable()) return;
  context_.TryCancel();
  thread_.join();
}

}  // namespace entryexit::demo
