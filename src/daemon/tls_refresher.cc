#include "daemon/tls_refresher.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <string>

#include "entryexit/core/clock.h"

namespace entryexit::daemon {
namespace {

constexpr std::chrono::seconds kLookForCertificatesEvery{3};

}  // namespace

TlsRefresher::TlsRefresher(crypto::TlsFiles& files) : files_(files), thread_([this] { Watch(); }) {}

TlsRefresher::~TlsRefresher() {
  {
    const core::MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.NotifyAll();
  thread_.join();
}

void TlsRefresher::Watch() {
  std::string told;  // what is wrong is told once
  while (Pause()) {
    const absl::StatusOr<bool> changed = files_.Refresh();
    if (changed.ok() && *changed) spdlog::info("new connections get the TLS files as they are now");
    const std::string wrong = changed.ok() ? "" : std::string(changed.status().message());
    if (!wrong.empty() && wrong != told) {
      spdlog::error("the TLS files stay as they were read before: {}", wrong);
    }
    told = wrong;
  }
}

bool TlsRefresher::Pause() {
  const core::Deadline next = std::chrono::steady_clock::now() + kLookForCertificatesEvery;
  const core::MutexLock lock(mutex_);
  while (!stopping_ && stop_.WaitUntil(mutex_, next)) {
  }
  return !stopping_;
}

}  // namespace entryexit::daemon
