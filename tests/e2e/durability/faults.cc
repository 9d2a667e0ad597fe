#include "tests/e2e/durability/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <thread>
#include <utility>

namespace entryexit::testing {
namespace {

using enum FaultKind;
using std::chrono::milliseconds;

void Require(bool done, const std::string& what) {
  if (done) return;
  std::cerr << "cannot go on: " << what << std::endl;
  std::abort();
}

std::string DescribeCrash(const std::string& log) {
  constexpr size_t kTail = 4000;
  return "the daemon had ended by itself; the end of its log:\n" +
         log.substr(log.size() - std::min(log.size(), kTail));
}

}  // namespace

std::string Describe(FaultKind kind) {
  switch (kind) {
    case kKillDaemon:
      return "daemon killed (-9)";
    case kKillDatabase:
      return "PostgreSQL killed (immediate mode)";
    case kFillDisk:
      return "disk of the database full";
    case kFreezeDatabase:
      return "PostgreSQL frozen (SIGSTOP)";
    case kCutClients:
      return "connections of clients cut";
    case kCutDatabase:
      return "connections to PostgreSQL cut";
    case kLoseAnswersToClients:
      return "answers to clients lost, then cut";
    case kLoseAnswersOfDatabase:
      return "answers of PostgreSQL lost, then cut";
  }
  return "";
}

FaultSchedule::FaultSchedule(std::uint32_t seed, std::vector<FaultKind> kinds)
    : random_(seed), kinds_(std::move(kinds)) {}

Fault FaultSchedule::Next() {
  const auto draw = [&](int low, int high) {
    return std::uniform_int_distribution(low, high)(random_);
  };
  if (round_.empty()) {
    round_ = kinds_;
    std::ranges::shuffle(round_, random_);
  }
  Fault fault{round_.back(), milliseconds(draw(500, 2500)), milliseconds(draw(100, 3000)), {}};
  round_.pop_back();
  constexpr FaultKind kFurther[] = {kKillDaemon, kCutClients, kCutDatabase};
  const FaultKind further = kFurther[draw(0, 2)];
  const bool lasts =
      fault.kind == kKillDatabase || fault.kind == kFillDisk || fault.kind == kFreezeDatabase;
  if (draw(0, 2) == 0 && lasts) fault.meanwhile = further;
  return fault;
}

void FaultInjector::Inject(const Fault& fault) {
  Strike(fault.kind);
  std::this_thread::sleep_for(fault.duration / 2);
  if (fault.meanwhile) Strike(*fault.meanwhile);
  std::this_thread::sleep_for(fault.duration / 2);
  Mend(fault.kind);
  if (fault.meanwhile) Mend(*fault.meanwhile);
}

Differences FaultInjector::CheckDaemon() {
  Inject({kKillDaemon, {}, {}, {}});
  return std::exchange(crashes_, {});
}

void FaultInjector::Strike(FaultKind kind) {
  ++injected_[kind];
  switch (kind) {
    case kKillDaemon:
      if (!world_.daemon().Kill()) crashes_.push_back(DescribeCrash(world_.Log()));
      return;
    case kKillDatabase:
      return world_.postgres().KillImmediate();
    case kFillDisk:
      return Require(disk_.Fill(), "the disk cannot be filled");
    case kFreezeDatabase:
      return world_.postgres().Freeze();
    case kCutClients:
      return world_.client_link().Cut();
    case kCutDatabase:
      return world_.database_link().Cut();
    case kLoseAnswersToClients:
      return world_.client_link().WithholdAnswers();
    case kLoseAnswersOfDatabase:
      return world_.database_link().WithholdAnswers();
  }
}

void FaultInjector::Mend(FaultKind kind) {
  switch (kind) {
    case kKillDaemon:
      return world_.Restart();
    case kKillDatabase:
      return Require(world_.postgres().Restart().ok(), "PostgreSQL does not start again");
    case kFillDisk: {
      Require(disk_.Grow(kDiskSize), "the disk cannot be made larger");
      // Without room for its log it ends; an operator starts it again.
      const absl::Status ready = world_.postgres().EnsureReady();
      return Require(ready.ok(), ready.ToString());
    }
    case kFreezeDatabase:
      return world_.postgres().Thaw();
    case kCutClients:
    case kCutDatabase:
      return;
    case kLoseAnswersToClients:
      return world_.client_link().Cut();
    case kLoseAnswersOfDatabase:
      return world_.database_link().Cut();
  }
}

}  // namespace entryexit::testing
