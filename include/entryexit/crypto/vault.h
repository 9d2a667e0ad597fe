#ifndef ENTRYEXIT_CRYPTO_VAULT_H_
#define ENTRYEXIT_CRYPTO_VAULT_H_

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "entryexit/ports/vault.h"

// The vault with envelope keys: records are sealed with data keys (AES-256-GCM, a random 96-bit
// nonce per record), which are kept beside the records, wrapped by a key-encryption key that is
// not.
//
// Key-encryption keys are derived from the keys of a key file, or of what a command prints: one key
// a line, "<key id> <base64 of 32 bytes>"; blank lines and lines that start with '#' are skipped. A
// key id has 1 to 64 of the characters A-Z a-z 0-9 . _ - and never leaves the file. The first key
// wraps; the others only unwrap what they wrapped, and open the records that former versions sealed
// with a key of the file itself. A key that is taken out before everything is wrapped by another
// makes the records unreadable for good.
namespace entryexit::crypto {

// Where key-encryption keys come from.
struct KeySource {
  std::string name;                                   // for messages: the file or the command
  std::function<absl::StatusOr<std::string>()> read;  // the lines
};

// A file to which nobody but its owner may have any right (mode 0600 or stricter).
KeySource KeysFromFile(const std::filesystem::path& file);

// What a command prints, whose first word is the path of the program. No shell: the words are
// handed over as they are. One that is not done within `timeout` is killed.
KeySource KeysFromCommand(const std::vector<std::string>& words, std::chrono::milliseconds timeout);

// Whether there are keys to be had from `source`.
// Errors: KEY_UNAVAILABLE, naming the source and, where that is the matter, a file's mode or the
// line.
absl::Status CheckKeys(const KeySource& source);

class KeyVault : public ports::Vault, public ports::KeyRing {};

// Opens the vault whose data keys are in `table`, which must outlive it; makes the first one when
// there is none. Every data key must unwrap. It looks into the table again before it seals when
// `freshness` has passed since, and whenever it meets a key that it does not know; while the table
// cannot be read it goes on with the keys at hand.
// Errors: KEY_UNAVAILABLE, naming the source and, where that is the matter, a file's mode or the
// line; those of the table.
inline constexpr std::chrono::milliseconds kKeyFreshness{3000};
absl::StatusOr<std::unique_ptr<KeyVault>> OpenVault(
    const KeySource& source, ports::KeyTable& table,
    std::chrono::milliseconds freshness = kKeyFreshness);

// Writes a key file (mode 0600) with one random key. Missing directories are made (0700).
// Errors: CONFIG_INVALID when the file exists (it is never overwritten: records sealed with its
// keys would be lost) or cannot be written.
absl::Status WriteNewKeyFile(const std::filesystem::path& key_file);

// Puts another random key on top of a key file, in one step.
// Errors: KEY_UNAVAILABLE when the file is no key file; CONFIG_INVALID when it cannot be written.
absl::Status AddKeyToFile(const std::filesystem::path& key_file);

}  // namespace entryexit::crypto

#endif  // ENTRYEXIT_CRYPTO_VAULT_H_
