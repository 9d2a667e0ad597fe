#ifndef ENTRYEXIT_TESTS_E2E_DAEMON_PROCESS_H_
#define ENTRYEXIT_TESTS_E2E_DAEMON_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace entryexit::testing {

// The real entryexitd, as a child process that cannot outlive the test program. Not thread-safe.
class DaemonProcess {
 public:
  // Starts the daemon and waits for its ready line. stderr is appended to `log`.
  // Errors carry the end of the log, when the daemon ends before it is ready.
  static absl::StatusOr<std::unique_ptr<DaemonProcess>> Start(
      const std::filesystem::path& config, const std::filesystem::path& log,
      const std::map<std::string, std::string>& environment = {});

  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;
  // Kills it.
  ~DaemonProcess();

  pid_t pid() const { return pid_; }
  int port() const { return port_; }
  int metrics_port() const { return metrics_port_; }

  // The most memory that it had resident, kB, since it started or ForgetPeakMemory; 0 when it has
  // ended.
  long PeakMemory() const;
  void ForgetPeakMemory() const;

  // kill -9, and waits until it is gone. False: it had ended by itself.
  bool Kill();
  // SIGTERM. Returns at once; see Wait.
  void Terminate() const;
  // Waits until the daemon has ended. Returns its exit code, or minus the signal that ended it; an
  // error when it is still there after `patience`.
  absl::StatusOr<int> Wait(std::chrono::milliseconds patience = std::chrono::seconds(30));

 private:
  DaemonProcess(pid_t pid, int port, int metrics_port)
      : pid_(pid), port_(port), metrics_port_(metrics_port) {}

  pid_t pid_;
  const int port_;
  const int metrics_port_;
};

// What a command printed and how it ended.
struct CommandResult {
  int exit_code;
  std::string out;
  std::string err;
};

// Runs entryexitd to its end, for command lines that do not serve.
CommandResult RunDaemonCommand(const std::string& arguments);

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_E2E_DAEMON_PROCESS_H_
