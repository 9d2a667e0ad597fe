#include "rpc/health_monitor.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <string>
#include <utility>

namespace entryexit::rpc {
namespace {

constexpr std::chrono::seconds kAskEvery{1};
constexpr std::chrono::seconds kPatience{2};

}  // namespace

HealthMonitor::HealthMonitor(ports::Store& store, std::function<void(bool)> report)
    : store_(store), report_(std::move(report)), thread_(kAskEvery, [this] { Ask(); }) {}

void HealthMonitor::Ask() {
  const absl::Status status = store_.Ping(std::chrono::steady_clock::now() + kPatience);
  if (last_ == status.ok()) return;
  if (!status.ok()) {
    spdlog::error("the database does not answer: {}", std::string(status.message()));
  } else if (last_) {
    spdlog::info("the database answers again");
  }
  last_ = status.ok();
  report_(*last_);
}

}  // namespace entryexit::rpc
