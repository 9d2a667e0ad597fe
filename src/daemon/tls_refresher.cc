#include "daemon/tls_refresher.h"

#include <spdlog/spdlog.h>

#include <chrono>

namespace entryexit::daemon {
namespace {

constexpr std::chrono::seconds kLookForCertificatesEvery{3};

}  // namespace

TlsRefresher::TlsRefresher(crypto::TlsFiles& files)
    : files_(files), thread_(kLookForCertificatesEvery, [this] { Look(); }) {}

void TlsRefresher::Look() {
  const absl::StatusOr<bool> changed = files_.Refresh();
  if (changed.ok() && *changed) spdlog::info("new connections get the TLS files as they are now");
  const std::string wrong = changed.ok() ? "" : std::string(changed.status().message());
  if (!wrong.empty() && wrong != told_) {
    spdlog::error("the TLS files stay as they were read before: {}", wrong);
  }
  told_ = wrong;
}

}  // namespace entryexit::daemon
