#ifndef ENTRYEXIT_PORTS_VAULT_H_
#define ENTRYEXIT_PORTS_VAULT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace entryexit::ports {

// An encrypted record, as it is stored.
struct SealedBlob {
  std::string key_id;      // the key that opens it, as named in the key file
  std::string nonce;       // 12 bytes, never used twice with one key
  std::string ciphertext;  // as long as the plaintext, and the 16 bytes of the tag after it
};

// Encrypts records before they are stored. Thread-safe; does not block.
class Vault {
 public:
  virtual ~Vault() = default;

  // Encrypts `plaintext` with the current key. `associated_data` is not stored, but Open needs the
  // same again: name there what the record belongs to (table, column, row id), so that a record
  // moved to another row does not open.
  // Errors: INTERNAL.
  virtual absl::StatusOr<SealedBlob> Seal(std::string_view plaintext,
                                          std::string_view associated_data) const = 0;

  // The plaintext of `blob`.
  // Errors: KEY_UNAVAILABLE when no key is named `blob.key_id`; STORED_DATA_INVALID when the record
  // was changed, or was sealed with another key of that name or with other associated data.
  virtual absl::StatusOr<std::string> Open(const SealedBlob& blob,
                                           std::string_view associated_data) const = 0;
};

}  // namespace entryexit::ports

#endif  // ENTRYEXIT_PORTS_VAULT_H_
