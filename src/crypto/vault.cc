#include "entryexit/crypto/vault.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "entryexit/core/mutex.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"
#include "src/crypto/aead.h"
#include "src/crypto/key_file.h"

namespace entryexit::crypto {
namespace {

using core::MakeError;
using core::Reason;
using ports::SealedBlob;
using ports::WrappedKey;
using std::chrono::steady_clock;

using FileKeys = std::vector<FileKey>;
using DataKeys = std::map<std::string, Key256>;

// A source that was of no help is not asked again so soon: records wait for it meanwhile.
constexpr std::chrono::minutes kBetweenVainReads{1};

// A wrapped key that is moved to another id does not unwrap.
std::string WrappingData(const std::string& key_id) { return "data_key/" + key_id; }

WrappedKey Wrap(const Key256& key, const std::string& key_id, const FileKey& by) {
  const std::string_view bytes(reinterpret_cast<const char*>(key.data()), Key256::kBytes);
  Encrypted encrypted = Encrypt(by.kek, bytes, WrappingData(key_id));
  return {key_id, by.kek_id, std::move(encrypted.nonce), std::move(encrypted.ciphertext)};
}

absl::StatusOr<FileKeys> KeysOf(const KeySource& source) {
  absl::StatusOr<std::string> lines = source.read();
  if (!lines.ok()) return lines.status();
  const Wipe wipe(*lines);
  return ParseKeys(*lines, source.name);
}

class EnvelopeVault final : public KeyVault {
 public:
  EnvelopeVault(KeySource source, ports::KeyTable& table, std::chrono::milliseconds freshness)
      : source_(std::move(source)), table_(table), freshness_(freshness) {}

  // Reads all keys; makes the first data key when there is none.
  absl::Status Start() EXCLUDES(refreshing_, mutex_) {
    if (absl::Status status = Reload(); !status.ok() || Current()) return status;
    const absl::StatusOr<WrappedKey> first = NewKey();
    if (!first.ok()) return first.status();
    absl::Status status = table_.AddFirstKey(*first);
    if (status.ok()) status = Reload();
    if (!status.ok() || Current()) return status;
    return MakeError(Reason::kStoredDataInvalid, "none of the data keys is the current one");
  }

  absl::StatusOr<SealedBlob> Seal(std::string_view plaintext,
                                  std::string_view associated_data) const override
      EXCLUDES(refreshing_, mutex_) {
    if (plaintext.size() > kMaxPlaintextBytes || associated_data.size() > kMaxPlaintextBytes) {
      return MakeError(Reason::kInternal, "a record of more than 2 GiB cannot be sealed");
    }
    // What is wrong with the table, whoever stores the record will be told. A key that was retired
    // meanwhile serves for some time yet.
    LookAgain(steady_clock::now() - freshness_).IgnoreError();
    const std::optional<std::pair<std::string, Key256>> current = Current();
    if (!current) {
      return MakeError(
          Reason::kKeyUnavailable,
          fmt::format("the current data key is wrapped by a key that {} lacks", source_.name));
    }
    Encrypted encrypted = Encrypt(current->second, plaintext, associated_data);
    return SealedBlob{current->first, std::move(encrypted.nonce), std::move(encrypted.ciphertext)};
  }

  absl::StatusOr<std::string> Open(const SealedBlob& blob,
                                   std::string_view associated_data) const override
      EXCLUDES(refreshing_, mutex_) {
    std::optional<Key256> key = Find(blob.key_id);
    if (!key) {
      LookAgain(steady_clock::now()).IgnoreError();
      key = Find(blob.key_id);
    }
    if (!key) {
      return MakeError(Reason::kKeyUnavailable,
                       fmt::format("there is no key '{}': neither a data key that {} unwraps, nor "
                                   "one of it",
                                   blob.key_id, source_.name));
    }
    std::optional<std::string> plaintext =
        Decrypt(*key, blob.nonce, blob.ciphertext, associated_data);
    if (plaintext) return *std::move(plaintext);
    return MakeError(Reason::kStoredDataInvalid,
                     fmt::format("a record sealed with key '{}' does not open: it was changed, "
                                 "or belongs elsewhere",
                                 blob.key_id));
  }

  absl::Status Reload() override EXCLUDES(refreshing_, mutex_) {
    const core::MutexLock lock(refreshing_);
    if (absl::Status status = ReadSource(); !status.ok()) return status;
    return ReadTable();
  }

  absl::StatusOr<WrappedKey> NewKey() const override EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    return Wrap(Key256::Random(), NewUuid(), file_keys_.front());
  }

  absl::StatusOr<std::optional<WrappedKey>> Rewrap(const WrappedKey& key) const override
      EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    const FileKey& first = file_keys_.front();
    if (key.kek_id == first.kek_id) return std::optional<WrappedKey>();
    const absl::StatusOr<Key256> bytes = Unwrap(key);
    if (!bytes.ok()) return bytes.status();
    std::optional<WrappedKey> rewrapped = Wrap(*bytes, key.key_id, first);
    rewrapped->retired_at = key.retired_at;
    return rewrapped;
  }

 private:
  std::optional<std::pair<std::string, Key256>> Current() const EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    const auto found = keys_.find(current_);
    if (found == keys_.end()) return std::nullopt;
    return *found;
  }

  std::optional<Key256> Find(const std::string& id) const EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    for (const DataKeys* keys : {&keys_, &former_}) {
      const auto found = keys->find(id);
      if (found != keys->end()) return found->second;
    }
    const auto found = std::ranges::find(file_keys_, id, &FileKey::id);
    if (found == file_keys_.end()) return std::nullopt;
    return found->key;
  }

  // Reads the table unless somebody has done so since `since`.
  absl::Status LookAgain(steady_clock::time_point since) const EXCLUDES(refreshing_, mutex_) {
    const core::MutexLock lock(refreshing_);
    if (looked_at_ > since) return absl::OkStatus();
    return ReadTable();
  }

  absl::Status ReadSource() const REQUIRES(refreshing_) EXCLUDES(mutex_) {
    absl::StatusOr<FileKeys> keys = KeysOf(source_);
    read_source_again_at_ = steady_clock::now() + kBetweenVainReads;
    if (!keys.ok()) return keys.status();
    const core::MutexLock lock(mutex_);
    file_keys_ = *std::move(keys);
    return absl::OkStatus();
  }

  absl::Status ReadTable() const REQUIRES(refreshing_) EXCLUDES(mutex_) {
    const absl::StatusOr<std::vector<WrappedKey>> table = table_.AllKeys();
    // Also when it failed: while the table is away, not every record waits for it.
    looked_at_ = steady_clock::now();
    if (!table.ok()) return table.status();
    absl::Status status;
    // Another daemon has wrapped them by a newer key, which may be in our source as well.
    if (HasUnknownKek(*table) && looked_at_ >= read_source_again_at_) status = ReadSource();
    if (!HasUnknownKek(*table)) read_source_again_at_ = {};
    // Also when the source is away: a key that was retired must not go on sealing.
    status.Update(Take(*table));
    return status;
  }

  bool HasUnknownKek(const std::vector<WrappedKey>& table) const EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    for (const WrappedKey& key : table) {
      if (!keys_.contains(key.key_id) &&
          std::ranges::find(file_keys_, key.kek_id, &FileKey::kek_id) == file_keys_.end()) {
        return true;
      }
    }
    return false;
  }

  // The keys of the table that unwrap are those at hand; the error of one that does not.
  absl::Status Take(const std::vector<WrappedKey>& table) const EXCLUDES(mutex_) {
    absl::Status status;
    DataKeys keys;
    const core::MutexLock lock(mutex_);
    current_.clear();
    for (const WrappedKey& wrapped : table) {
      if (!wrapped.retired_at) current_ = wrapped.key_id;
      const auto known = keys_.find(wrapped.key_id);
      const absl::StatusOr<Key256> key =
          known != keys_.end() ? absl::StatusOr<Key256>(known->second) : Unwrap(wrapped);
      if (key.ok()) {
        keys.emplace(wrapped.key_id, *key);
      } else {
        status.Update(key.status());
      }
    }
    // Kept until the next look: somebody may have read a record just before its key was exchanged.
    former_ = std::exchange(keys_, std::move(keys));
    return status;
  }

  absl::StatusOr<Key256> Unwrap(const WrappedKey& wrapped) const REQUIRES(mutex_) {
    const auto by = std::ranges::find(file_keys_, wrapped.kek_id, &FileKey::kek_id);
    if (by == file_keys_.end()) {
      return MakeError(
          Reason::kKeyUnavailable,
          fmt::format("{} lacks the key that wraps the data key {}: put it back, below "
                      "the others, until 'entryexitctl keys rotate' has wrapped "
                      "everything by the first",
                      source_.name, wrapped.key_id));
    }
    std::optional<std::string> bytes =
        Decrypt(by->kek, wrapped.nonce, wrapped.wrapped, WrappingData(wrapped.key_id));
    std::optional<Key256> key;
    if (bytes) {
      const Wipe wipe(*bytes);
      key = Key256::FromBytes(*bytes);
    }
    if (key) return *key;
    return MakeError(
        Reason::kKeyUnavailable,
        fmt::format("the data key {} does not unwrap: its row was changed", wrapped.key_id));
  }

  const KeySource source_;
  ports::KeyTable& table_;
  const std::chrono::milliseconds freshness_;
  // Held by the one who reads source or table, never within the other mutex.
  mutable core::Mutex refreshing_;
  mutable steady_clock::time_point looked_at_ GUARDED_BY(refreshing_);
  mutable steady_clock::time_point read_source_again_at_ GUARDED_BY(refreshing_);
  mutable core::Mutex mutex_;
  mutable FileKeys file_keys_ GUARDED_BY(mutex_);
  mutable DataKeys keys_ GUARDED_BY(mutex_);
  mutable DataKeys former_ GUARDED_BY(mutex_);
  mutable std::string current_ GUARDED_BY(mutex_);
};

}  // namespace

absl::Status CheckKeys(const KeySource& source) { return KeysOf(source).status(); }

absl::StatusOr<std::unique_ptr<KeyVault>> OpenVault(const KeySource& source, ports::KeyTable& table,
                                                    std::chrono::milliseconds freshness) {
  auto vault = std::make_unique<EnvelopeVault>(source, table, freshness);
  if (absl::Status status = vault->Start(); !status.ok()) return status;
  return vault;
}

}  // namespace entryexit::crypto
