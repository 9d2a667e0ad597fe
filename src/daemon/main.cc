// entryexitd: the service. Exit codes: 0 after a drain or when asked for information, 1 when
// something that it needs is missing or wrong (one line on stderr says what), 2 for a wrong command
// line.
#include <malloc.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

#include "absl/synchronization/mutex.h"
#include "daemon/daemon.h"
#include "daemon/logging.h"
#include "daemon/policies.h"
#include "entryexit/config/config.h"
#include "entryexit/core/reason.h"
#include "entryexit/face/matrix_kernels.h"

namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

int Fail(const absl::Status& status) {
  const auto reason = entryexit::core::ReasonOf(status);
  std::cerr << "entryexitd: " << status.message();
  if (reason) std::cerr << " [" << entryexit::core::NameOf(*reason) << "]";
  std::cerr << std::endl;
  return kFailed;
}

// Buffers of a capture of ordinary size are kept for the next one: taken anew from the system,
// their pages cost 0.7 ms of every call. Those of huge ones go back at once; left to itself, the
// allocator learns to keep them after the first. Each of the two settings must be told: with one
// alone, the other stays as it is for programs with small buffers.
void KeepOrdinaryBuffersOnly() {
  constexpr int kLargeBytes = 8 << 20;
  constexpr int kKeptBytes = 4 * kLargeBytes;  // at the end of each thread's memory
  mallopt(M_MMAP_THRESHOLD, kLargeBytes);
  mallopt(M_TRIM_THRESHOLD, kKeptBytes);
}

// Debian's Abseil, with which gRPC locks, is built for debugging: it keeps a graph of which locks
// were held together, and ends the process when two threads could wait for each other, whether or
// not they ever do. A service of lanes must not end for that, and the graph costs time with every
// lock.
void KeepNoOrderOfLocks() { absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore); }

// Threads inherit the mask, so that these signals are there for the one who waits for them.
void BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

int Main(int argc, char** argv) {
  std::filesystem::path config_file = "config/entryexitd.yaml";
  bool check_only = false;
  CLI::App app("Entryexit: matches the faces of departing travelers with their own arrivals.",
               "entryexitd");
  app.add_option("--config", config_file, "The configuration, YAML")
      ->envname("ENTRYEXIT_CONFIG")
      ->capture_default_str();
  app.add_flag("--check-config", check_only,
               "Read the configuration and its policies, say whether they are valid, end");
  app.set_version_flag("--version", ENTRYEXIT_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }

  const auto config =
      entryexit::config::LoadConfig(config_file, entryexit::config::ProcessEnvironment());
  if (!config.ok()) return Fail(config.status());
  const auto policies = entryexit::daemon::LoadPolicies(config->policy);
  if (!policies.ok()) return Fail(policies.status());
  if (check_only) {
    std::cout << config_file.string() << " and the policies that it names are valid" << std::endl;
    return 0;
  }

  KeepOrdinaryBuffersOnly();
  KeepNoOrderOfLocks();
  BlockStopSignals();
  entryexit::daemon::ConfigureLogging(config->log);
  const absl::Status status = entryexit::daemon::Run(*config, *policies);
  return status.ok() ? 0 : Fail(status);
}

}  // namespace

int main(int argc, char** argv) {
  entryexit::face::ChooseMatrixKernels(argv);
  try {
    return Main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "entryexitd: " << error.what() << std::endl;
    return kFailed;
  }
}
