#ifndef ENTRYEXIT_TESTS_E2E_DURABILITY_FAULTS_H_
#define ENTRYEXIT_TESTS_E2E_DURABILITY_FAULTS_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/e2e/durability/checks.h"
#include "tests/e2e/small_disk.h"
#include "tests/e2e/world.h"

// What befalls the service, its database and the links between. A seed gives the same faults in the
// same order, with the same pauses, as far as the machine keeps pace.
namespace entryexit::testing {

// Of the disk when it is not full; what is not used takes no memory.
inline constexpr char kDiskSize[] = "8g";

enum class FaultKind {
  kKillDaemon,
  kKillDatabase,
  kFillDisk,
  kFreezeDatabase,
  kCutClients,
  kCutDatabase,
  kLoseAnswersToClients,
  kLoseAnswersOfDatabase,
};
std::string Describe(FaultKind kind);

struct Fault {
  FaultKind kind;
  std::chrono::milliseconds pause;     // before it
  std::chrono::milliseconds duration;  // of what lasts
  // A further fault half-way through one that lasts.
  std::optional<FaultKind> meanwhile;
};

// Endless. Every round has each kind once.
class FaultSchedule {
 public:
  FaultSchedule(std::uint32_t seed, std::vector<FaultKind> kinds);
  Fault Next();

 private:
  std::mt19937 random_;
  const std::vector<FaultKind> kinds_;
  std::vector<FaultKind> round_;
};

// Brings faults about and mends what they broke. Use it on the thread that made the world: the
// daemon and the database must not outlive the thread that started them, and only that thread sees
// the small disk.
class FaultInjector {
 public:
  FaultInjector(World& world, const SmallDisk& disk) : world_(world), disk_(disk) {}

  // Blocks while the fault lasts, and leaves everything in order again, or ends the program.
  void Inject(const Fault& fault);
  const std::map<FaultKind, int>& injected() const { return injected_; }

  // Kills the daemon and starts it again. Returns each time that, now or before, it was found to
  // have ended by itself when it was to be killed, since the last check.
  Differences CheckDaemon();

 private:
  void Strike(FaultKind kind);
  void Mend(FaultKind kind);

  World& world_;
  const SmallDisk& disk_;
  std::map<FaultKind, int> injected_;
  Differences crashes_;
};

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_E2E_DURABILITY_FAULTS_H_
