#include <utility>

#include "src/postgres/rows.h"
#include "src/postgres/transaction.h"

namespace entryexit::postgres {
namespace {

using enum StatementId;

}  // namespace

absl::Status PostgresTransaction::AddAuditRecord(const core::AuditEntry& entry) {
  return Queue(kAppendAuditRecord, ParamsOf(entry));
}

absl::StatusOr<std::vector<core::AuditRecord>> PostgresTransaction::FindAuditRecords(
    const ports::AuditFilter& filter, const std::optional<ports::AuditCursor>& after, int limit) {
  std::optional<core::Timestamp> after_time;
  std::optional<int> after_chain;
  std::optional<std::int64_t> after_sequence;
  if (after) {
    after_time = after->at;
    after_chain = after->chain;
    after_sequence = after->sequence;
  }
  return QueryRows<core::AuditRecord>(
      kFindAuditRecords,
      ParamsOf(filter.principal, filter.traveler_id, filter.method, filter.purpose, filter.from,
               filter.to, after_time, after_chain, after_sequence, limit));
}

absl::StatusOr<std::vector<core::AuditRecord>> PostgresTransaction::AuditRecordsOf(
    int chain, std::int64_t after, std::int64_t last, int limit) {
  return QueryRows<core::AuditRecord>(kAuditRecordsOf, ParamsOf(chain, after, last, limit));
}

absl::StatusOr<std::vector<core::AuditHead>> PostgresTransaction::AuditHeads() {
  return QueryRows<core::AuditHead>(kAuditHeads, {});
}

absl::StatusOr<std::optional<core::AuditCheckpoint>> PostgresTransaction::LockAuditCheckpoints() {
  if (absl::Status status = Queue(kLockAuditCheckpoints, {}); !status.ok()) return status;
  return QueryFirst<core::AuditCheckpoint>(kLastAuditCheckpoint, {});
}

absl::Status PostgresTransaction::AddAuditCheckpoint(const core::AuditCheckpoint& checkpoint) {
  return Queue(kAddAuditCheckpoint, ParamsOf(checkpoint));
}

absl::StatusOr<std::vector<core::AuditCheckpoint>> PostgresTransaction::ListAuditCheckpoints(
    std::int64_t after, int limit) {
  return QueryRows<core::AuditCheckpoint>(kListAuditCheckpoints, ParamsOf(after, limit));
}

}  // namespace entryexit::postgres
