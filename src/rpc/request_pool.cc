#include "entryexit/rpc/request_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "entryexit/core/reason.h"
#include "rpc/status.h"

namespace entryexit::rpc {
namespace {

using core::MakeError;
using core::Reason;

// The weight of the last job in what is typical of late.
constexpr double kNewest = 0.1;
// Jobs take longer than is typical now and then, and what is taken on late is work for nothing.
// A quarter on top left one in fifty late when too many came, this leaves one in five hundred at
// one and a half times what can be served.
constexpr double kCaution = 1.5;

// What a job that was taken from the queue is told.
absl::Status Admission(const RequestPool::Job& job, bool stopping) {
  if (stopping) return ShuttingDown();
  if (job.is_cancelled()) return HungUp();
  if (job.deadline <= std::chrono::steady_clock::now()) {
    return MakeError(Reason::kDeadlineExceeded, "the deadline passed before a thread came free");
  }
  return absl::OkStatus();
}

}  // namespace

RequestPool::RequestPool(int threads, size_t queue_capacity)
    : queue_capacity_(queue_capacity), thread_count_(threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

RequestPool::~RequestPool() { Stop(); }

absl::Status RequestPool::Post(Job job) {
  {
    const core::MutexLock lock(mutex_);
    if (stopping_) return ShuttingDown();
    if (absl::Status status = CheckRoom(job); !status.ok()) return status;
    std::deque<Job>& own = waiting_[job.caller];
    if (own.empty()) turns_.push_back(job.caller);
    own.push_back(std::move(job));
    ++depth_;
  }
  changed_.NotifyOne();
  return absl::OkStatus();
}

absl::Status RequestPool::CheckRoom(const Job& job) const {
  if (depth_ >= queue_capacity_) {
    return WithRetryAfter(
        MakeError(Reason::kOverloaded, fmt::format("{} calls are waiting already", depth_)),
        WaitBehind(depth_));
  }
  if (running_ < thread_count_) return absl::OkStatus();
  const Seconds wait = WaitBehind(JobsBefore(job.caller));
  const Seconds left = job.deadline - std::chrono::steady_clock::now();
  if (kCaution * (wait + typical_run_) <= left) return absl::OkStatus();
  return WithRetryAfter(
      MakeError(Reason::kOverloaded,
                fmt::format("with {} calls waiting the deadline cannot be met", depth_)),
      wait);
}

RequestPool::Seconds RequestPool::WaitBehind(size_t jobs) const {
  // The jobs under way end at any moment of the time that one takes: one after each such share of
  // it as there are threads, and the first after half of that.
  return typical_run_ * (static_cast<double>(jobs) + 0.5) / thread_count_;
}

size_t RequestPool::JobsBefore(const std::string& caller) const {
  const auto own = waiting_.find(caller);
  const size_t round = own == waiting_.end() ? 1 : own->second.size() + 1;
  size_t jobs = round - 1;
  for (const auto& [other, queue] : waiting_) {
    if (other != caller) jobs += std::min(queue.size(), round);
  }
  return jobs;
}

size_t RequestPool::depth() const {
  const core::MutexLock lock(mutex_);
  return depth_;
}

void RequestPool::Stop() {
  {
    const core::MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

bool RequestPool::Take(Job& job, bool& stopping) {
  const core::MutexLock lock(mutex_);
  while (turns_.empty()) {
    if (stopping_) return false;
    changed_.Wait(mutex_);
  }
  const auto own = waiting_.find(turns_.front());
  turns_.pop_front();
  job = std::move(own->second.front());
  own->second.pop_front();
  if (own->second.empty()) {
    waiting_.erase(own);
  } else {
    turns_.push_back(own->first);
  }
  --depth_;
  ++running_;
  stopping = stopping_;
  return true;
}

void RequestPool::Ended(std::optional<Seconds> worked) {
  const core::MutexLock lock(mutex_);
  --running_;
  if (!worked) return;
  typical_run_ += (typical_run_.count() == 0 ? 1 : kNewest) * (*worked - typical_run_);
}

void RequestPool::Work() {
  bool stopping = false;
  // A new Job each time, so that what the last one holds is let go before the wait for the next.
  for (Job job; Take(job, stopping); job = Job()) {
    const auto begun = std::chrono::steady_clock::now();
    const absl::Status admission = Admission(job, stopping);
    job.run(admission);
    if (admission.ok()) {
      Ended(std::chrono::steady_clock::now() - begun);
    } else {
      Ended(std::nullopt);
    }
  }
}

}  // namespace entryexit::rpc
