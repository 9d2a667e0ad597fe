#include "entryexit/rpc/request_pool.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "entryexit/core/reason.h"
#include "rpc/status.h"

namespace entryexit::rpc {
namespace {

using core::MakeError;
using core::Reason;

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

RequestPool::RequestPool(int threads, size_t queue_capacity) : queue_capacity_(queue_capacity) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

RequestPool::~RequestPool() { Stop(); }

absl::Status RequestPool::Post(Job job) {
  {
    const core::MutexLock lock(mutex_);
    if (stopping_) return ShuttingDown();
    if (jobs_.size() >= queue_capacity_) {
      return MakeError(Reason::kOverloaded,
                       fmt::format("{} calls are waiting already", queue_capacity_));
    }
    jobs_.push_back(std::move(job));
  }
  changed_.NotifyOne();
  return absl::OkStatus();
}

size_t RequestPool::depth() const {
  const core::MutexLock lock(mutex_);
  return jobs_.size();
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
  while (jobs_.empty()) {
    if (stopping_) return false;
    changed_.Wait(mutex_);
  }
  job = std::move(jobs_.front());
  jobs_.pop_front();
  stopping = stopping_;
  return true;
}

void RequestPool::Work() {
  bool stopping = false;
  // A new Job each time, so that what the last one holds is let go before the wait for the next.
  for (Job job; Take(job, stopping); job = Job()) job.run(Admission(job, stopping));
}

}  // namespace entryexit::rpc
