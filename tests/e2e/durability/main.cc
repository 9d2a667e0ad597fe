// Hurts the service under load, at random, and then holds what it stored against what it answered.
//
//   durability_test [--seconds 45] [--seed 1] [--lanes 4]
//
// Ends with 0 when nothing differs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/durability/checks.h"
#include "tests/e2e/durability/clients.h"
#include "tests/e2e/durability/faults.h"
#include "tests/e2e/small_disk.h"
#include "tests/e2e/world.h"

namespace entryexit::testing {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void Print(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

std::string LaneId(int lane) { return fmt::format("SEA-Y{}", lane); }

std::vector<std::string> LaneIds(int lanes) {
  std::vector<std::string> ids;
  for (int i = 1; i <= lanes; ++i) ids.push_back(LaneId(i));
  return ids;
}

// Everybody who uses the service.
class Clients {
 public:
  Clients(World& world, int lanes, std::uint32_t seed) {
    for (const std::string& id : LaneIds(lanes)) {
      all_.push_back(std::make_unique<LaneClient>(world, id, ++seed, population_));
    }
    for (const char* const id : {"4711", "4712"}) {
      all_.push_back(std::make_unique<OfficerClient>(world, id, ++seed));
    }
    all_.push_back(std::make_unique<SupervisorClient>(world, ++seed, population_));
    auto retention = std::make_unique<RetentionClient>(world, ++seed);
    retention_ = retention.get();
    all_.push_back(std::move(retention));
  }

  // Runs each on a thread of its own while `during` runs on this one.
  void WorkWhile(const std::function<void()>& during) {
    std::atomic<bool> stopped = false;
    std::vector<std::jthread> threads;
    for (const auto& client : all_) {
      threads.emplace_back([&stopped, &client] { client->Work(stopped); });
    }
    during();
    stopped = true;
  }

  void SendAllAgain() {
    std::vector<std::jthread> threads;
    for (const auto& client : all_) {
      threads.emplace_back([&client] { client->SendAllAgain(); });
    }
  }

  Entries entries() const {
    Entries entries;
    for (const auto& client : all_) {
      for (const Entry& entry : client->journal()) entries.push_back(&entry);
    }
    return entries;
  }
  std::map<std::string, int> failures() const {
    std::map<std::string, int> failures;
    for (const auto& client : all_) {
      for (const auto& [reason, times] : client->failures()) failures[reason] += times;
    }
    return failures;
  }
  RetentionClient& retention() { return *retention_; }

 private:
  Population population_;
  std::vector<std::unique_ptr<Client>> all_;
  RetentionClient* retention_;
};

std::vector<FaultKind> KindsOfFaults(const SmallDisk& disk) {
  using enum FaultKind;
  std::vector<FaultKind> kinds = {kKillDaemon,           kKillDatabase, kFreezeDatabase,
                                  kCutClients,           kCutDatabase,  kLoseAnswersToClients,
                                  kLoseAnswersOfDatabase};
  if (disk.mounted()) {
    kinds.push_back(kFillDisk);
  } else {
    Print("  the disk is not filled: this account may not mount a small one");
  }
  return kinds;
}

// Until the time is over and each kind was injected once.
void InjectFaults(FaultInjector& injector, const std::vector<FaultKind>& kinds, std::uint32_t seed,
                  int seconds) {
  FaultSchedule schedule(seed, kinds);
  const auto start = Clock::now();
  for (size_t i = 0; SecondsSince(start) < seconds || i < kinds.size(); ++i) {
    const Fault fault = schedule.Next();
    std::this_thread::sleep_for(fault.pause);
    Print(fmt::format("  {:6.1f} s  {}, {:.1f} s{}", SecondsSince(start), Describe(fault.kind),
                      std::chrono::duration<double>(fault.duration).count(),
                      fault.meanwhile ? "; meanwhile " + Describe(*fault.meanwhile) : ""));
    injector.Inject(fault);
  }
}

void PrintCounts(const Clients& clients, const FaultInjector& injector) {
  Print("faults injected");
  int faults = 0;
  for (const auto& [kind, times] : injector.injected()) {
    Print(fmt::format("  {:<40}{:>8}", Describe(kind), times));
    faults += times;
  }
  Print(fmt::format("  {:<40}{:>8}", "in all", faults));
  Print("attempts that failed");
  for (const auto& [reason, times] : clients.failures()) {
    Print(fmt::format("  {:<40}{:>8}", reason, times));
  }
  const Entries entries = clients.entries();
  int attempts = 0;
  int acknowledged = 0;
  int not_recorded = 0;
  int refused = 0;
  for (const Entry* const entry : entries) {
    attempts += entry->attempts;
    if (entry->effect) ++acknowledged;
    if (entry->effect && !entry->effect->recorded) ++not_recorded;
    if (!entry->refusal.empty()) ++refused;
  }
  const int sent = static_cast<int>(entries.size());
  Print("requests");
  Print(fmt::format("  {:<40}{:>8}  in {} attempts", "sent", sent, attempts));
  Print(fmt::format("  {:<40}{:>8}  of them {} as not recorded: the capture was poor",
                    "acknowledged", acknowledged, not_recorded));
  Print(fmt::format("  {:<40}{:>8}", "refused", refused));
  Print(fmt::format("  {:<40}{:>8}", "without an answer", sent - acknowledged - refused));
}

class Verdict {
 public:
  void Add(const std::string& check, const Differences& differences) {
    constexpr size_t kShown = 20;
    Print(fmt::format("  {:<40}{:>8}  difference{}", check, differences.size(),
                      differences.size() == 1 ? "" : "s"));
    for (size_t i = 0; i < std::min(kShown, differences.size()); ++i) {
      Print("    " + differences[i]);
    }
    count_ += differences.size();
  }
  size_t count() const { return count_; }

 private:
  size_t count_ = 0;
};

void Check(World& world, Clients& clients, Verdict& verdict) {
  Found found;
  const Differences differences = CompareWithStored(world, clients.entries(), found);
  Print(fmt::format("  {:<40}{:>8}  of them {} without an answer", "found", found.requests,
                    found.unacknowledged));
  verdict.Add("requests against what is stored", differences);
  verdict.Add("nothing is there in part", FindHalves(world));
  int travelers = 0;
  const Differences recomputed = Recompute(world, travelers);
  verdict.Add(fmt::format("{} travelers recomputed", travelers), recomputed);
  verdict.Add("chain of receipts", VerifyReceipts(world, clients.retention().receipts()));
  verdict.Add("audit log", VerifyAuditLog(world));
}

int Main(int argc, char** argv) {
  CLI::App app("Hurts the service under load and checks that nothing is lost, doubled or half.");
  int seconds = 45;
  std::uint32_t seed = 1;
  int lanes = 4;
  app.add_option("--seconds", seconds, "how long the load runs")->check(CLI::Range(1, 86'400));
  app.add_option("--seed", seed, "chooses the faults");
  app.add_option("--lanes", lanes, "that send crossings")->check(CLI::Range(1, 64));
  CLI11_PARSE(app, argc, argv);

  Print(fmt::format("durability_test: {} s, seed {}, {} lanes", seconds, seed, lanes));
  const SmallDisk disk(kDiskSize);
  World world({.environment = {},
               .own_postgres = true,
               .postgres = {.fsync = false,
                            .settings = {"max_wal_size=48MB", "min_wal_size=32MB"},
                            .data_parent = disk.mounted() ? disk.path() : ""},
               .more_lanes = LaneIds(lanes),
               .breakable_links = true});
  Clients clients(world, lanes, seed);
  FaultInjector injector(world, disk);
  clients.WorkWhile([&] { InjectFaults(injector, KindsOfFaults(disk), seed, seconds); });

  Verdict verdict;
  const Differences crashes = injector.CheckDaemon();
  PrintCounts(clients, injector);
  Print("after the faults");
  verdict.Add("daemon never ended by itself", crashes);
  Check(world, clients, verdict);
  Print("after every request was sent again");
  clients.SendAllAgain();
  const std::string retention = clients.retention().RunUntroubled();
  verdict.Add("retention job", retention.empty() ? Differences() : Differences{retention});
  Check(world, clients, verdict);
  verdict.Add("daemon never ended by itself", injector.CheckDaemon());
  Print(verdict.count() == 0 ? "Nothing was lost, doubled or left in part."
                             : fmt::format("{} differences.", verdict.count()));
  return verdict.count() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace entryexit::testing

int main(int argc, char** argv) { return entryexit::testing::Main(argc, argv); }
