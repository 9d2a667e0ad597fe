#include <utility>

#include "src/postgres/rows.h"
#include "src/postgres/transaction.h"

namespace entryexit::postgres {

using enum StatementId;

template <typename Value>
absl::StatusOr<Value> PostgresTransaction::QueryValue(StatementId statement, Params params) {
  const absl::StatusOr<Result> result = Query(statement, std::move(params));
  if (!result.ok()) return result.status();
  Value value{};
  RowReader row(result->get(), 0);
  row.Read(value);
  if (!row.status().ok()) return row.status();
  return value;
}

absl::StatusOr<std::vector<ports::WrappedKey>> PostgresTransaction::AllDataKeys() {
  return QueryRows<ports::WrappedKey>(kAllDataKeys, {});
}

absl::Status PostgresTransaction::AddFirstDataKey(const ports::WrappedKey& key) {
  return Queue(kAddFirstDataKey,
               ParamsOf(key.key_id, key.kek_id, Bytes{key.nonce}, Bytes{key.wrapped}));
}

absl::StatusOr<bool> PostgresTransaction::RewrapDataKey(const std::string& from_kek,
                                                        const ports::WrappedKey& key) {
  return QueryValue<bool>(kRewrapDataKey, ParamsOf(key.key_id, from_kek, key.kek_id,
                                                   Bytes{key.nonce}, Bytes{key.wrapped}));
}

absl::StatusOr<std::optional<ports::KeyRotation>> PostgresTransaction::OpenKeyRotation() {
  return QueryFirst<ports::KeyRotation>(kOpenKeyRotation, {});
}

absl::Status PostgresTransaction::BeginKeyRotation(const ports::KeyRotation& rotation,
                                                   const ports::WrappedKey& key) {
  return Queue(kBeginKeyRotation, ParamsOf(rotation.rotation_id, rotation.principal, key.key_id,
                                           key.kek_id, Bytes{key.nonce}, Bytes{key.wrapped}));
}

absl::StatusOr<std::int64_t> PostgresTransaction::CountSealedOtherwise(const std::string& key_id) {
  return QueryValue<std::int64_t>(kCountSealedOtherwise, ParamsOf(key_id));
}

absl::StatusOr<bool> PostgresTransaction::AnySealedOtherwise(const std::string& key_id) {
  return QueryValue<bool>(kAnySealedOtherwise, ParamsOf(key_id));
}

absl::StatusOr<std::vector<ports::SealedRow>> PostgresTransaction::SealedOtherwise(
    ports::SealedKind kind, const std::string& key_id,
    const std::optional<ports::SealedCursor>& after, int limit) {
  std::optional<core::TravelerId> after_traveler;
  std::optional<core::CrossingId> after_crossing;
  if (after) {
    after_traveler = after->traveler_id;
    after_crossing = after->crossing_id;
  }
  return QueryRows<ports::SealedRow>(
      kind == ports::SealedKind::kCapture ? kCapturesSealedOtherwise : kTemplatesSealedOtherwise,
      ParamsOf(key_id, after_traveler, after_crossing, limit));
}

absl::StatusOr<bool> PostgresTransaction::Reseal(ports::SealedKind kind,
                                                 const ports::SealedRow& row,
                                                 const ports::SealedBlob& blob) {
  return QueryValue<bool>(kReseal, ParamsOf(kind, row.traveler_id, row.crossing_id, row.blob.key_id,
                                            Bytes{row.blob.nonce}, blob.key_id, Bytes{blob.nonce},
                                            Bytes{blob.ciphertext}));
}

absl::StatusOr<bool> PostgresTransaction::DestroyDataKey(const std::string& key_id) {
  return QueryValue<bool>(kDestroyDataKey, ParamsOf(key_id));
}

absl::Status PostgresTransaction::FinishKeyRotation(const std::string& rotation_id) {
  return Queue(kFinishKeyRotation, ParamsOf(rotation_id));
}

}  // namespace entryexit::postgres
