#ifndef ENTRYEXIT_RPC_HEALTH_MONITOR_H_
#define ENTRYEXIT_RPC_HEALTH_MONITOR_H_

#include <functional>
#include <thread>

#include "entryexit/core/mutex.h"
#include "entryexit/ports/store.h"

namespace entryexit::rpc {

// Asks the database every second whether it is there, on a thread of its own, and tells of each
// change. Thread-safe.
class HealthMonitor {
 public:
  // `report` is called on the monitor's thread, first with the first answer. The arguments must
  // outlive the object.
  HealthMonitor(ports::Store& store, std::function<void(bool healthy)> report);
  // Stops.
  ~HealthMonitor();

  // No report is given afterwards. Blocks for as long as one question takes.
  void Stop() EXCLUDES(mutex_);

 private:
  void Watch() EXCLUDES(mutex_);
  // Waits for the next time to ask. False when stopped.
  bool Pause() EXCLUDES(mutex_);

  ports::Store& store_;
  const std::function<void(bool)> report_;
  core::Mutex mutex_;
  core::CondVar stop_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_HEALTH_MONITOR_H_
