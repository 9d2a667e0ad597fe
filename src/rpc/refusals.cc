#include "rpc/refusals.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace entryexit::rpc {
namespace {

constexpr std::chrono::seconds kLogEvery{10};

constexpr std::string_view kReasons[] = {"CASE_OF_ANOTHER_TRAVELER",
                                         "CERTIFICATE_REVOKED",
                                         "PRINCIPAL_MISSING",
                                         "PURPOSE_NOT_ALLOWED",
                                         "RATE_LIMITED",
                                         "ROLE_NOT_ALLOWED",
                                         "TOO_MANY_CALLS"};

}  // namespace

bool Refusals::Are(const std::string& reason) {
  return std::ranges::find(kReasons, reason) != std::end(kReasons);
}

void Refusals::Tell(const std::string& reason, const std::string& details, Time now) {
  metrics_.CallerRefused(reason);
  long withheld = 0;
  {
    const core::MutexLock lock(mutex_);
    const auto [told, is_first] = told_.try_emplace(reason, Told{now});
    if (!is_first && now - told->second.at < kLogEvery) {
      ++told->second.withheld;
      return;
    }
    withheld = std::exchange(told->second, Told{now}).withheld;
  }
  spdlog::warn("refused reason={} {} unlogged_before={}", reason, details, withheld);
}

}  // namespace entryexit::rpc
