#ifndef ENTRYEXIT_PORTS_VAULT_H_
#define ENTRYEXIT_PORTS_VAULT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "entryexit/core/clock.h"

namespace entryexit::ports {

// An encrypted record, as it is stored.
struct SealedBlob {
  std::string key_id;      // the data key that opens it: an opaque id
  std::string nonce;       // 12 bytes, never used twice with one key
  std::string ciphertext;  // as long as the plaintext, and the 16 bytes of the tag after it
};

// Encrypts records before they are stored. Thread-safe. Blocks only now and then, while it looks
// for data keys that others have made.
class Vault {
 public:
  virtual ~Vault() = default;

  // Encrypts `plaintext` with the current data key. `associated_data` is not stored, but Open needs
  // the same again: name there what the record belongs to (table, column, row id), so that a record
  // moved to another row does not open.
  // Errors: KEY_UNAVAILABLE when the current data key cannot be unwrapped here; INTERNAL.
  virtual absl::StatusOr<SealedBlob> Seal(std::string_view plaintext,
                                          std::string_view associated_data) const = 0;

  // The plaintext of `blob`.
  // Errors: KEY_UNAVAILABLE when there is no key `blob.key_id`; STORED_DATA_INVALID when the record
  // was changed, or was sealed with another key of that id or with other associated data.
  virtual absl::StatusOr<std::string> Open(const SealedBlob& blob,
                                           std::string_view associated_data) const = 0;
};

// A data key as it is stored: encrypted by a key-encryption key (KEK).
struct WrappedKey {
  std::string key_id;   // a random UUID
  std::string kek_id;   // of the KEK: 32 lower-case hex digits that tell nothing of it
  std::string nonce;    // 12 bytes
  std::string wrapped;  // the 32 bytes of the key and the 16 of the tag
  // Absent: this is the current key, which seals.
  std::optional<core::Timestamp> retired_at = std::nullopt;
};

// Where wrapped keys are kept. Thread-safe.
class KeyTable {
 public:
  virtual ~KeyTable() = default;

  // Errors: those of a database.
  virtual absl::StatusOr<std::vector<WrappedKey>> AllKeys() = 0;
  // Makes `key` the current one, unless there is one.
  virtual absl::Status AddFirstKey(const WrappedKey& key) = 0;
};

// The keys behind a vault, for those who exchange them. Thread-safe.
class KeyRing {
 public:
  virtual ~KeyRing() = default;

  // Reads the key-encryption keys anew from where they come, and then the data keys.
  // Errors: KEY_UNAVAILABLE when either cannot be had, upon which the keys at hand stay.
  virtual absl::Status Reload() = 0;

  // A new data key, wrapped by the first key-encryption key.
  virtual absl::StatusOr<WrappedKey> NewKey() const = 0;

  // `key` wrapped by the first key-encryption key; none when it is so already.
  // Errors: KEY_UNAVAILABLE.
  virtual absl::StatusOr<std::optional<WrappedKey>> Rewrap(const WrappedKey& key) const = 0;
};

}  // namespace entryexit::ports

#endif  // ENTRYEXIT_PORTS_VAULT_H_
