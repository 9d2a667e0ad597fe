#ifndef ENTRYEXIT_DAEMON_AUDIT_SIGNER_H_
#define ENTRYEXIT_DAEMON_AUDIT_SIGNER_H_

#include <chrono>
#include <cstdint>
#include <optional>

#include "entryexit/app/audit_log.h"
#include "entryexit/base/periodic.h"
#include "entryexit/core/audit.h"
#include "entryexit/core/clock.h"

namespace entryexit::daemon {

// Signs the audit log from time to time, on a thread of its own, and once more when it ends. Each
// checkpoint, whoever made it, goes to the service's log too: whoever keeps that keeps what the
// database cannot take back. Thread-safe.
class AuditSigner {
 public:
  // `audit_log` must outlive the object.
  AuditSigner(const app::AuditLog& audit_log, std::chrono::seconds interval);
  ~AuditSigner();

 private:
  void Sign();
  void LogUpTo(const core::AuditCheckpoint& last, core::Deadline deadline);

  const app::AuditLog& audit_log_;
  // Of the checkpoint that was logged last. Only of the thread, and of the end, when that is over.
  std::optional<std::int64_t> logged_;
  base::Periodic thread_;
};

}  // namespace entryexit::daemon

#endif  // ENTRYEXIT_DAEMON_AUDIT_SIGNER_H_
