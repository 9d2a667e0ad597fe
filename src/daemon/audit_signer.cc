#include "daemon/audit_signer.h"

#include <spdlog/spdlog.h>

#include <string>

namespace entryexit::daemon {
namespace {

constexpr std::chrono::seconds kSigningPatience{5};

}  // namespace

AuditSigner::AuditSigner(const app::AuditLog& audit_log, std::chrono::seconds interval)
    : audit_log_(audit_log), thread_(interval, [this] { Sign(); }) {}

AuditSigner::~AuditSigner() {
  thread_.Stop();
  Sign();
}

void AuditSigner::Sign() const {
  const auto made = audit_log_.SignCheckpoint(std::chrono::steady_clock::now() + kSigningPatience);
  if (!made.ok()) {
    spdlog::error("the audit log was not signed: {}", std::string(made.status().message()));
  } else if (made->is_new) {
    spdlog::info("audit checkpoint={} digest={} key={}", made->checkpoint->number,
                 made->checkpoint->digest, made->checkpoint->key_id);
  }
}

}  // namespace entryexit::daemon
