#ifndef ENTRYEXIT_CRYPTO_VAULT_H_
#define ENTRYEXIT_CRYPTO_VAULT_H_

#include <filesystem>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "entryexit/ports/vault.h"

// The vault that keeps its keys in a file: AES-256-GCM with a random 96-bit nonce per record.
//
// The key file has one key a line, "<key id> <base64 of 32 bytes>"; blank lines and lines that
// start with '#' are skipped. A key id has 1 to 64 of the characters A-Z a-z 0-9 . _ -. The first
// key is the current one and seals; the others only open what they sealed. To rotate, put a new
// line on top (`openssl rand -base64 32` makes a key) and restart; do so well before 2^32 records.
// A key that is taken out makes its records unreadable for good.
namespace entryexit::crypto {

// Reads the keys of `key_file`, which nobody but its owner may have any right to (mode 0600 or
// stricter). The vault keeps the keys in memory and does not read the file again.
// Errors: KEY_UNAVAILABLE, naming the file and, where that is the matter, its mode or the line.
absl::StatusOr<std::unique_ptr<ports::Vault>> CreateVault(const std::filesystem::path& key_file);

// Writes a key file (mode 0600) with one random key. Missing directories are made (0700).
// Errors: CONFIG_INVALID when the file exists (it is never overwritten: records sealed with its
// keys would be lost) or cannot be written.
absl::Status WriteNewKeyFile(const std::filesystem::path& key_file);

}  // namespace entryexit::crypto

#endif  // ENTRYEXIT_CRYPTO_VAULT_H_
