#include "entryexit/app/rotate_keys.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "app/audited.h"
#include "app/read.h"
#include "app/templates.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::app {
namespace {

using ports::SealedKind;
using Stage = RotationCursor::Stage;

// A record that is to be sealed waits for the table no longer than this.
constexpr std::chrono::seconds kTablePatience{2};
// Some MiB of pictures, some hundred KiB of templates: a transaction that keeps nobody waiting.
constexpr int kCapturesPerPart = 4;
constexpr int kTemplatesPerPart = 200;

core::Deadline TableDeadline() { return std::chrono::steady_clock::now() + kTablePatience; }

SealedKind KindOf(Stage stage) {
  return stage == Stage::kCaptures ? SealedKind::kCapture : SealedKind::kTemplate;
}

// Stays the same when it is sealed anew.
std::string BelongsTo(SealedKind kind, const ports::SealedRow& row) {
  return AssociatedData(row.traveler_id, row.crossing_id,
                        kind == SealedKind::kCapture ? kCaptureKind : kTemplateKind);
}

}  // namespace

absl::StatusOr<std::vector<ports::WrappedKey>> StoredKeys::AllKeys() {
  absl::StatusOr<std::vector<ports::WrappedKey>> keys;
  const absl::Status status =
      store_.Transact(TableDeadline(), [&](ports::Transaction& transaction) -> absl::Status {
        keys = transaction.AllDataKeys();
        return keys.status();
      });
  if (!status.ok()) return status;
  return keys;
}

absl::Status StoredKeys::AddFirstKey(const ports::WrappedKey& key) {
  return store_.Transact(TableDeadline(), [&](ports::Transaction& transaction) {
    return transaction.AddFirstDataKey(key);
  });
}

absl::StatusOr<std::int64_t> RotateKeys::RewrapAll(const Call& call) const {
  return ReadAudited<std::int64_t>(
      store_, call, AuditNote{},
      [&](ports::Transaction& transaction, AuditNote& /*note*/) -> absl::StatusOr<std::int64_t> {
        const auto keys = transaction.AllDataKeys();
        if (!keys.ok()) return keys.status();
        std::int64_t count = 0;
        for (const ports::WrappedKey& key : *keys) {
          const auto rewrapped = keys_.Rewrap(key);
          if (!rewrapped.ok()) return rewrapped.status();
          if (!*rewrapped) continue;
          const absl::StatusOr<bool> changed = transaction.RewrapDataKey(key.kek_id, **rewrapped);
          if (!changed.ok()) return changed.status();
          if (*changed) ++count;
        }
        return count;
      });
}

absl::StatusOr<RotationPlan> RotateKeys::Begin(const Call& call, bool only_rewrap) const {
  if (absl::Status status = keys_.Reload(); !status.ok()) return status;
  const absl::StatusOr<std::int64_t> rewrapped = RewrapAll(call);
  if (!rewrapped.ok()) return rewrapped.status();
  RotationPlan plan;
  plan.rewrapped = *rewrapped;
  if (only_rewrap) return plan;

  const absl::StatusOr<ports::WrappedKey> key = keys_.NewKey();
  if (!key.ok()) return key.status();
  const ports::KeyRotation fresh{crypto::NewUuid(), call.principal.name, key->key_id};
  const auto begin = [&](ports::Transaction& transaction, AuditNote& note) -> absl::Status {
    auto open = transaction.OpenKeyRotation();
    if (!open.ok()) return open.status();
    plan.rotation = *std::move(open);
    note.subject = plan.rotation ? plan.rotation->rotation_id : fresh.rotation_id;
    return plan.rotation ? absl::OkStatus() : transaction.BeginKeyRotation(fresh, *key);
  };
  const absl::Status status = TransactAudited(store_, call, AuditNote{}, begin);
  if (!status.ok()) return status;
  // One of ours that was committed, though the link was lost then, is found by the second attempt.
  plan.resumed = plan.rotation && plan.rotation->rotation_id != fresh.rotation_id;
  if (!plan.rotation) plan.rotation = fresh;
  if (absl::Status reloaded = keys_.Reload(); !reloaded.ok()) return reloaded;

  const auto total = Read<std::int64_t>(store_, call, [&](ports::Transaction& transaction) {
    return transaction.CountSealedOtherwise(plan.rotation->key_id);
  });
  if (!total.ok()) return total.status();
  plan.total = *total;
  return plan;
}

absl::StatusOr<RotationPart> RotateKeys::Run(const Call& call, const ports::KeyRotation& rotation,
                                             const RotationCursor& cursor) const {
  return cursor.stage == Stage::kFormerKeys ? DestroyFormerKeys(call, rotation, cursor)
                                            : Reseal(call, rotation, cursor);
}

absl::StatusOr<RotationPart> RotateKeys::Reseal(const Call& call,
                                                const ports::KeyRotation& rotation,
                                                const RotationCursor& cursor) const {
  const SealedKind kind = KindOf(cursor.stage);
  const int limit = kind == SealedKind::kCapture ? kCapturesPerPart : kTemplatesPerPart;
  const auto rows =
      Read<std::vector<ports::SealedRow>>(store_, call, [&](ports::Transaction& transaction) {
        return transaction.SealedOtherwise(kind, rotation.key_id, cursor.after, limit);
      });
  if (!rows.ok()) return rows.status();

  RotationPart part;
  std::vector<std::pair<const ports::SealedRow*, ports::SealedBlob>> resealed;
  for (const ports::SealedRow& row : *rows) {
    const std::string belongs_to = BelongsTo(kind, row);
    const absl::StatusOr<std::string> plaintext = vault_.Open(row.blob, belongs_to);
    if (!plaintext.ok()) {
      part.failures.push_back({{row.traveler_id, row.crossing_id}, plaintext.status()});
      continue;
    }
    absl::StatusOr<ports::SealedBlob> blob = vault_.Seal(*plaintext, belongs_to);
    if (!blob.ok()) return blob.status();
    if (blob->key_id == rotation.key_id) {
      resealed.emplace_back(&row, *std::move(blob));
    }  // else another rotation has begun meanwhile, and this one has come to its end
  }
  const auto count = Read<std::int64_t>(
      store_, call, [&](ports::Transaction& transaction) -> absl::StatusOr<std::int64_t> {
        std::int64_t changed = 0;
        for (const auto& [row, blob] : resealed) {
          const absl::StatusOr<bool> done = transaction.Reseal(kind, *row, blob);
          if (!done.ok()) return done.status();
          if (*done) ++changed;
        }
        return changed;
      });
  if (!count.ok()) return count.status();
  part.resealed = *count;

  part.next = cursor;
  part.next->failed = cursor.failed || !part.failures.empty();
  if (rows->size() == static_cast<size_t>(limit)) {
    part.next->after = ports::SealedCursor{rows->back().traveler_id, rows->back().crossing_id};
  } else {
    part.next->stage = kind == SealedKind::kCapture ? Stage::kTemplates : Stage::kFormerKeys;
    part.next->after.reset();
  }
  return part;
}

absl::StatusOr<RotationPart> RotateKeys::DestroyFormerKeys(const Call& call,
                                                           const ports::KeyRotation& rotation,
                                                           const RotationCursor& cursor) const {
  RotationPart part;
  bool sealed_otherwise = false;
  bool former_left = false;
  const absl::Status status =
      store_.Transact(call.deadline, [&](ports::Transaction& transaction) -> absl::Status {
        part = {};
        sealed_otherwise = false;
        former_left = false;
        const auto open = transaction.OpenKeyRotation();
        if (!open.ok()) return open.status();
        // Another has finished it. What a further rotation has to do is not for this one.
        if (!*open || (*open)->rotation_id != rotation.rotation_id) return absl::OkStatus();
        const auto keys = transaction.AllDataKeys();
        if (!keys.ok()) return keys.status();
        for (const ports::WrappedKey& key : *keys) {
          if (!key.retired_at) continue;
          const absl::StatusOr<bool> destroyed = transaction.DestroyDataKey(key.key_id);
          if (!destroyed.ok()) return destroyed.status();
          if (*destroyed) {
            ++part.destroyed;
          } else {
            former_left = true;
          }
        }
        const auto any = transaction.AnySealedOtherwise(rotation.key_id);
        if (!any.ok()) return any.status();
        sealed_otherwise = *any;
        if (former_left || sealed_otherwise) return absl::OkStatus();
        return transaction.FinishKeyRotation(rotation.rotation_id);
      });
  if (!status.ok()) return status;
  if (cursor.failed || (!former_left && !sealed_otherwise)) return part;
  part.waits = true;
  // What came in under a former key, or was being worked on by others, is sealed anew too.
  part.next = RotationCursor{};
  if (!sealed_otherwise) part.next->stage = Stage::kFormerKeys;
  return part;
}

}  // namespace entryexit::app
