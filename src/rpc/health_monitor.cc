#include "rpc/health_monitor.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <optional>
#include <utility>

namespace entryexit::rpc {
namespace {

constexpr std::chrono::seconds kPeriod{1};
constexpr std::chrono::seconds kPatience{2};

}  // namespace

HealthMonitor::HealthMonitor(ports::Store& store, std::function<void(bool)> report)
    : store_(store), report_(std::move(report)), thread_([this] { Watch(); }) {}

HealthMonitor::~HealthMonitor() { Stop(); }

void HealthMonitor::Stop() {
  {
    const core::MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void HealthMonitor::Watch() {
  std::optional<bool> last;
  do {
    const absl::Status status = store_.Ping(std::chrono::steady_clock::now() + kPatience);
    if (last == status.ok()) continue;
    if (!status.ok()) {
      spdlog::error("the database does not answer: {}", std::string(status.message()));
    } else if (last) {
      spdlog::info("the database answers again");
    }
    last = status.ok();
    report_(*last);
  } while (Pause());
}

bool HealthMonitor::Pause() {
  const core::Deadline next = std::chrono::steady_clock::now() + kPeriod;
  const core::MutexLock lock(mutex_);
  while (!stopping_ && stop_.WaitUntil(mutex_, next)) {
  }
  return !stopping_;
}

}  // namespace entryexit::rpc
