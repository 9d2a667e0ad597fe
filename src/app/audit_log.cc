#include "entryexit/app/audit_log.h"

#include <fmt/format.h>

#include <utility>

#include "app/audited.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::app {
namespace {

// So many that a round trip is worth while, and a part takes little memory.
constexpr size_t kLinesPerPart = 5000;
constexpr int kCheckpointsPerPage = 100;

core::AuditCheckpoint CheckpointAfter(const std::optional<core::AuditCheckpoint>& last,
                                      std::vector<core::AuditHead> heads, core::Timestamp now,
                                      const ports::Signer& signer) {
  core::AuditCheckpoint checkpoint;
  checkpoint.number = last ? last->number + 1 : 1;
  checkpoint.at = now;
  checkpoint.heads = std::move(heads);
  checkpoint.previous_digest = last ? last->digest : core::kNoDigest;
  const std::string text = core::CanonicalText(checkpoint);
  checkpoint.digest = crypto::Sha256Hex(text);
  checkpoint.key_id = signer.key_id();
  checkpoint.signature = signer.Sign(text);
  return checkpoint;
}

// The first checkpoint after number `after`. Errors: INVALID_FIELD when there is none.
absl::StatusOr<core::AuditCheckpoint> NextCheckpoint(ports::Transaction& transaction,
                                                     std::int64_t after) {
  auto found = transaction.ListAuditCheckpoints(after, 1);
  if (!found.ok()) return found.status();
  if (!found->empty()) return std::move(found->front());
  return core::MakeError(core::Reason::kInvalidField,
                         fmt::format("there is no checkpoint after number {}", after));
}

// Lines of one part, within one transaction.
class PartOfExport {
 public:
  PartOfExport(ports::Transaction& transaction, const AuditExport& what, AuditExportCursor cursor)
      : transaction_(transaction), what_(what), cursor_(std::move(cursor)) {}

  absl::StatusOr<AuditExportPart> Make() {
    while (!IsFull() && cursor_.checkpoint < what_.last.number) {
      const auto checkpoint = NextCheckpoint(transaction_, cursor_.checkpoint);
      if (!checkpoint.ok()) return checkpoint.status();
      if (absl::Status status = AddRecordsUpTo(*checkpoint); !status.ok()) return status;
      if (IsFull()) break;  // of a checkpoint's records some may remain
      part_.lines.emplace_back(*checkpoint);
      cursor_.checkpoint = checkpoint->number;
    }
    if (cursor_.checkpoint < what_.last.number) part_.next = std::move(cursor_);
    return std::move(part_);
  }

 private:
  bool IsFull() const { return part_.lines.size() >= kLinesPerPart; }

  // Also when some are not there that should be: it is for whoever verifies to say so.
  absl::Status AddRecordsUpTo(const core::AuditCheckpoint& checkpoint) {
    for (const core::AuditHead& head : checkpoint.heads) {
      std::int64_t& sequence = cursor_.sequences[head.chain];
      if (IsFull() || sequence >= head.sequence) continue;
      const int room = static_cast<int>(kLinesPerPart - part_.lines.size());
      auto records = transaction_.AuditRecordsOf(head.chain, sequence, head.sequence, room);
      if (!records.ok()) return records.status();
      const bool all = records->size() < static_cast<size_t>(room);
      sequence = all ? head.sequence : records->back().sequence;
      for (core::AuditRecord& record : *records) part_.lines.emplace_back(std::move(record));
    }
    return absl::OkStatus();
  }

  ports::Transaction& transaction_;
  const AuditExport& what_;
  AuditExportCursor cursor_;
  AuditExportPart part_;
};

}  // namespace

absl::StatusOr<std::optional<core::AuditCheckpoint>> AuditLog::SignCheckpoint(
    core::Deadline deadline) const {
  std::optional<core::AuditCheckpoint> result;
  const absl::Status status =
      store_.Transact(deadline, [&](ports::Transaction& transaction) -> absl::Status {
        auto last = transaction.LockAuditCheckpoints();
        if (!last.ok()) return last.status();
        auto heads = transaction.AuditHeads();
        if (!heads.ok()) return heads.status();
        result = *std::move(last);
        if (result ? result->heads == *heads : heads->empty()) return absl::OkStatus();
        result = CheckpointAfter(result, *std::move(heads), clock_.Now(), signer_);
        return transaction.AddAuditCheckpoint(*result);
      });
  if (!status.ok()) return status;
  return result;
}

absl::StatusOr<std::vector<core::AuditCheckpoint>> AuditLog::CheckpointsAfter(
    std::int64_t after, core::Deadline deadline) const {
  absl::StatusOr<std::vector<core::AuditCheckpoint>> found;
  const absl::Status status = store_.Transact(deadline, [&](ports::Transaction& transaction) {
    found = transaction.ListAuditCheckpoints(after, kCheckpointsPerPage);
    return found.status();
  });
  if (!status.ok()) return status;
  return found;
}

absl::StatusOr<Page<core::AuditRecord, ports::AuditCursor>> AuditLog::Search(
    const Call& call, const ports::AuditFilter& filter,
    const std::optional<ports::AuditCursor>& after, int page_size) const {
  using Result = Page<core::AuditRecord, ports::AuditCursor>;
  AuditNote known;
  if (filter.traveler_id) known.travelers = {*filter.traveler_id};
  auto records = ReadAudited<std::vector<core::AuditRecord>>(
      store_, call, known, [&](ports::Transaction& transaction, AuditNote& /*note*/) {
        return transaction.FindAuditRecords(filter, after, page_size + 1);
      });
  if (!records.ok()) return records.status();
  Result page{*std::move(records), std::nullopt};
  if (page.rows.size() > static_cast<size_t>(page_size)) {
    page.rows.resize(static_cast<size_t>(page_size));
    const core::AuditRecord& last = page.rows.back();
    page.next = ports::AuditCursor{last.at, last.chain, last.sequence};
  }
  return page;
}

absl::StatusOr<AuditExport> AuditLog::BeginExport(const Call& call,
                                                  std::int64_t after_checkpoint) const {
  // Before anything is read for it, so that the export holds the record of itself.
  absl::Status recorded = TransactAudited(
      store_, call, AuditNote{}, [&](ports::Transaction& transaction, AuditNote& /*note*/) {
        return after_checkpoint == 0 ? absl::OkStatus()
                                     : NextCheckpoint(transaction, after_checkpoint - 1).status();
      });
  if (!recorded.ok()) return recorded;
  auto last = SignCheckpoint(call.deadline);
  if (!last.ok()) return last.status();
  return AuditExport{after_checkpoint, **std::move(last)};
}

absl::StatusOr<AuditExportPart> AuditLog::ExportPart(
    const Call& call, const AuditExport& what,
    const std::optional<AuditExportCursor>& cursor) const {
  absl::StatusOr<AuditExportPart> part;
  const auto make = [&](ports::Transaction& transaction) -> absl::Status {
    if (!cursor && what.after_checkpoint > 0) {
      auto base = NextCheckpoint(transaction, what.after_checkpoint - 1);
      if (!base.ok()) return base.status();
      AuditExportCursor begin;
      begin.checkpoint = base->number;
      for (const core::AuditHead& head : base->heads) begin.sequences[head.chain] = head.sequence;
      part = AuditExportPart{{*std::move(base)}, std::nullopt};
      if (begin.checkpoint < what.last.number) part->next = std::move(begin);
      return absl::OkStatus();
    }
    part = PartOfExport(transaction, what, cursor.value_or(AuditExportCursor{})).Make();
    return part.status();
  };
  if (absl::Status status = store_.Transact(call.deadline, make); !status.ok()) return status;
  return part;
}

}  // namespace entryexit::app
