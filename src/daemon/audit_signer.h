#ifndef ENTRYEXIT_DAEMON_AUDIT_SIGNER_H_
#define ENTRYEXIT_DAEMON_AUDIT_SIGNER_H_

#include <chrono>

#include "entryexit/app/audit_log.h"
#include "entryexit/base/periodic.h"

namespace entryexit::daemon {

// Signs the audit log from time to time, on a thread of its own, and once more when it ends. Each
// checkpoint goes to the service's log too: whoever keeps that keeps what the database cannot take
// back. Thread-safe.
class AuditSigner {
 public:
  // `audit_log` must outlive the object.
  AuditSigner(const app::AuditLog& audit_log, std::chrono::seconds interval);
  ~AuditSigner();

 private:
  void Sign() const;

  const app::AuditLog& audit_log_;
  base::Periodic thread_;
};

}  // namespace entryexit::daemon

#endif  // ENTRYEXIT_DAEMON_AUDIT_SIGNER_H_
