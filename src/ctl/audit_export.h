#ifndef ENTRYEXIT_SRC_CTL_AUDIT_EXPORT_H_
#define ENTRYEXIT_SRC_CTL_AUDIT_EXPORT_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "entryexit/core/audit.h"
#include "entryexit/crypto/signing.h"
#include "entryexit/v1/audit_service.pb.h"

// The audit log, checked without the service.
namespace entryexit::ctl {

struct VerifiedAudit {
  std::int64_t records = 0;
  std::int64_t checkpoints = 0;
  std::int64_t after_checkpoint = 0;  // 0: from the first record
  std::int64_t last_checkpoint = 0;
  std::string last_digest;
};

// Checks an export as `entryexitctl audit export` writes it, line by line and in little memory. Not
// thread-safe.
class AuditVerifier {
 public:
  // `keys` are those that may have signed. `noted`, unless empty, is the digest of a checkpoint
  // that was noted before and must be in the export: without it nobody can tell that records are
  // missing at the end, together with the checkpoints over them.
  AuditVerifier(std::vector<crypto::PublicKey> keys, std::string noted)
      : keys_(std::move(keys)), noted_(std::move(noted)) {}

  // The next line, without its line break. Errors: STORED_DATA_INVALID naming the record or
  // checkpoint that is broken, and why; take no more lines then.
  absl::Status Take(std::string_view line);
  // Call it once, after the last line. Errors: as Take.
  absl::StatusOr<VerifiedAudit> Finish() const;

 private:
  absl::Status TakeHeader(const v1::AuditExportHeader& proto);
  absl::Status TakeRecord(const v1::AuditRecord& proto);
  absl::Status TakeCheckpoint(const v1::AuditCheckpoint& proto);
  absl::Status CheckSignature(const core::AuditCheckpoint& checkpoint) const;
  // Whether the records so far are just those that `checkpoint` covers.
  absl::Status CheckHeads(const core::AuditCheckpoint& checkpoint) const;

  const std::vector<crypto::PublicKey> keys_;
  const std::string noted_;
  bool has_header_ = false;
  v1::AuditExportHeader header_;
  bool has_noted_ = false;
  bool is_between_checkpoints_ = false;
  std::map<int, core::AuditHead> heads_;  // by chain, the last record so far
  VerifiedAudit result_;
};

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_AUDIT_EXPORT_H_
