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

void AuditSigner::Sign() {
  const core::Deadline deadline = std::chrono::steady_clock::now() + kSigningPatience;
  const auto last = audit_log_.SignCheckpoint(deadline);
  if (!last.ok()) {
    spdlog::error("the audit log was not signed: {}", std::string(last.status().message()));
  } else if (*last) {
    LogUpTo(**last, deadline);
  } else {
    logged_ = 0;  // whatever comes is new
  }
}

void AuditSigner::LogUpTo(const core::AuditCheckpoint& last, core::Deadline deadline) {
  // An earlier daemon may have left the last one unlogged; and should somebody have removed some,
  // whatever takes their numbers is new.
  if (!logged_ || last.number < *logged_) logged_ = last.number - 1;
  while (*logged_ < last.number) {
    const auto checkpoints = audit_log_.CheckpointsAfter(*logged_, deadline);
    if (!checkpoints.ok()) {
      spdlog::error("the audit log's checkpoints were not read: {}",
                    std::string(checkpoints.status().message()));
      return;
    }
    if (checkpoints->empty()) return;
    for (const core::AuditCheckpoint& checkpoint : *checkpoints) {
      spdlog::info("audit checkpoint={} digest={} key={}", checkpoint.number, checkpoint.digest,
                   checkpoint.key_id);
      logged_ = checkpoint.number;
    }
  }
}

}  // namespace entryexit::daemon
