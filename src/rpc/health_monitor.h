#ifndef ENTRYEXIT_RPC_HEALTH_MONITOR_H_
#define ENTRYEXIT_RPC_HEALTH_MONITOR_H_

#include <functional>
#include <optional>

#include "entryexit/base/periodic.h"
#include "entryexit/ports/store.h"

namespace entryexit::rpc {

// Asks the database every second whether it is there, on a thread of its own, and tells of each
// change. Thread-safe.
class HealthMonitor {
 public:
  // `report` is called on the monitor's thread, first with the first answer. The arguments must
  // outlive the object.
  HealthMonitor(ports::Store& store, std::function<void(bool healthy)> report);

  // No report is given afterwards. Blocks for as long as one question takes.
  void Stop() { thread_.Stop(); }

 private:
  void Ask();

  ports::Store& store_;
  const std::function<void(bool)> report_;
  std::optional<bool> last_;  // of the thread
  base::Periodic thread_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_HEALTH_MONITOR_H_
