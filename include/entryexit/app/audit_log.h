#ifndef ENTRYEXIT_APP_AUDIT_LOG_H_
#define ENTRYEXIT_APP_AUDIT_LOG_H_

#include <cstdint>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/app/queries.h"
#include "entryexit/core/audit.h"
#include "entryexit/core/clock.h"
#include "entryexit/ports/signer.h"
#include "entryexit/ports/store.h"

namespace entryexit::app {

// An export: each checkpoint is preceded by the records that it is the first to cover, those of a
// chain after one another. One that does not begin with the log begins with the checkpoint before.
struct AuditExport {
  std::int64_t after_checkpoint = 0;  // 0: from the beginning
  core::AuditCheckpoint last;         // with which it ends
};

// Where an export stands.
struct AuditExportCursor {
  std::int64_t checkpoint = 0;            // the last one that is out
  std::map<int, std::int64_t> sequences;  // by chain, of the last record that is out
};

struct AuditExportPart {
  std::vector<std::variant<core::AuditRecord, core::AuditCheckpoint>> lines;
  std::optional<AuditExportCursor> next;  // where to go on; absent at the end
};

// What the auditor does with the audit log, and the signing of it. Thread-safe.
class AuditLog {
 public:
  // The arguments must outlive the object.
  AuditLog(ports::Store& store, const core::Clock& clock, const ports::Signer& signer)
      : store_(store), clock_(clock), signer_(signer) {}

  // Signs the last records of all chains, unless the last checkpoint did. Of several daemons that
  // do so at once one makes the checkpoint. Returns the last one then; none while nothing was ever
  // recorded. Blocks. Errors: those of Store::Transact.
  absl::StatusOr<std::optional<core::AuditCheckpoint>> SignCheckpoint(
      core::Deadline deadline) const;
  // Checkpoints by number, those after number `after`; at most a hundred at once. Blocks.
  // Errors: those of Store::Transact.
  absl::StatusOr<std::vector<core::AuditCheckpoint>> CheckpointsAfter(
      std::int64_t after, core::Deadline deadline) const;

  // Records by time; `after` as the page before gave it. Is recorded itself.
  // Errors: those of Store::Transact.
  absl::StatusOr<Page<core::AuditRecord, ports::AuditCursor>> Search(
      const Call& call, const ports::AuditFilter& filter,
      const std::optional<ports::AuditCursor>& after, int page_size) const;

  // Begins an export: records that it takes place, and signs all up to that record.
  // Errors: INVALID_FIELD when there is no checkpoint `after_checkpoint`; those of Store::Transact.
  absl::StatusOr<AuditExport> BeginExport(const Call& call, std::int64_t after_checkpoint) const;
  // The next lines; begin without a cursor. Errors: those of Store::Transact.
  absl::StatusOr<AuditExportPart> ExportPart(const Call& call, const AuditExport& what,
                                             const std::optional<AuditExportCursor>& cursor) const;

 private:
  ports::Store& store_;
  const core::Clock& clock_;
  const ports::Signer& signer_;
};

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_AUDIT_LOG_H_
