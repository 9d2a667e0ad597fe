#ifndef ENTRYEXIT_CRYPTO_SIGNING_H_
#define ENTRYEXIT_CRYPTO_SIGNING_H_

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "entryexit/ports/signer.h"

// Ed25519 signatures with keys from PEM files, as `openssl genpkey -algorithm ed25519` writes them.
namespace entryexit::crypto {

// Reads a private key, to whose file nobody but its owner may have any right (mode 0600 or
// stricter). Errors: KEY_UNAVAILABLE, naming the file and what is wrong with it.
absl::StatusOr<std::unique_ptr<ports::Signer>> OpenSigner(const std::filesystem::path& key_file);

struct SigningKeyFiles {
  std::filesystem::path private_key;  // written with mode 0600, PKCS #8
  std::filesystem::path public_key;   // written with mode 0644
};

// Makes a key. Missing directories are made (0700).
// Errors: CONFIG_INVALID when a file exists (none is overwritten) or cannot be written.
absl::Status WriteNewSigningKey(const SigningKeyFiles& files);

// The public half of a key. Thread-safe.
class PublicKey {
 public:
  // Errors: CONFIG_INVALID when the file cannot be read or holds no Ed25519 public key, PEM.
  static absl::StatusOr<PublicKey> Read(const std::filesystem::path& file);

  const std::string& key_id() const { return key_id_; }
  // Whether `signature`, in hex, is the key's of `text`.
  bool Verifies(std::string_view text, std::string_view signature) const;

 private:
  struct State;
  PublicKey(std::shared_ptr<const State> state, std::string key_id)
      : state_(std::move(state)), key_id_(std::move(key_id)) {}

  std::shared_ptr<const State> state_;
  std::string key_id_;
};

}  // namespace entryexit::crypto

#endif  // ENTRYEXIT_CRYPTO_SIGNING_H_
