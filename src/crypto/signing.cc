#include "entryexit/crypto/signing.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "entryexit/base/files.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"
#include "src/crypto/files.h"
#include "src/crypto/openssl.h"
#include "src/crypto/x509.h"

namespace entryexit::crypto {
namespace {

using SignatureContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

constexpr size_t kSignatureBytes = 64;
constexpr size_t kPublicKeyBytes = 32;
constexpr size_t kKeyIdDigits = 16;
constexpr int kPrivateKeyMode = 0600;
constexpr int kPublicKeyMode = 0644;

const unsigned char* BytesIn(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string KeyIdOf(const EVP_PKEY* key) {
  std::string bytes(kPublicKeyBytes, '\0');
  size_t size = bytes.size();
  OrDie(EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(bytes.data()), &size));
  return Sha256Hex(bytes).substr(0, kKeyIdDigits);
}

std::string HexOf(const std::array<unsigned char, kSignatureBytes>& bytes) {
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

// None when `text` is no signature in lower-case hex.
std::optional<std::array<unsigned char, kSignatureBytes>> SignatureFrom(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, kSignatureBytes> bytes;
  if (text.size() != 2 * bytes.size()) return std::nullopt;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const size_t high = kDigits.find(text[2 * i]);
    const size_t low = kDigits.find(text[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return bytes;
}

bool IsEd25519(const EVP_PKEY* key) {
  return key != nullptr && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519;
}

class Ed25519Signer final : public ports::Signer {
 public:
  explicit Ed25519Signer(PrivateKey key) : key_(std::move(key)), key_id_(KeyIdOf(key_.get())) {}

  const std::string& key_id() const override { return key_id_; }

  std::string Sign(std::string_view text) const override {
    const SignatureContext context(EVP_MD_CTX_new());
    std::array<unsigned char, kSignatureBytes> bytes;
    size_t size = bytes.size();
    OrDie(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()));
    OrDie(EVP_DigestSign(context.get(), bytes.data(), &size, BytesIn(text), text.size()));
    return HexOf(bytes);
  }

 private:
  const PrivateKey key_;
  const std::string key_id_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ports::Signer>> OpenSigner(const std::filesystem::path& key_file) {
  const absl::StatusOr<std::string> pem = ReadSecretFile(key_file);
  if (!pem.ok()) return pem.status();
  // An empty password, or OpenSSL would ask at the terminal for that of an encrypted key.
  char no_password[] = "";
  PrivateKey key(PEM_read_bio_PrivateKey(ReadingBio(*pem).get(), nullptr, nullptr, no_password));
  if (!IsEd25519(key.get())) {
    LastError();
    return core::MakeError(
        core::Reason::kKeyUnavailable,
        fmt::format("{} holds no Ed25519 private key, PEM and unencrypted: entryexitctl audit "
                    "keygen makes one",
                    key_file.string()));
  }
  return std::make_unique<Ed25519Signer>(std::move(key));
}

absl::Status WriteNewSigningKey(const SigningKeyFiles& files) {
  const PrivateKey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const auto pem_of = [](const auto& write) {
    const Bio bio(BIO_new(BIO_s_mem()));
    OrDie(write(bio.get()));
    return Content(bio.get());
  };
  const std::string secret = pem_of([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  const std::string open = pem_of([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key.get()); });
  absl::Status status = CreateFile(files.private_key, secret, kPrivateKeyMode);
  if (!status.ok()) return status;
  status = CreateFile(files.public_key, open, kPublicKeyMode);
  // Half a pair is of no use, and would be in the way of the next attempt.
  std::error_code ignored;
  if (!status.ok()) std::filesystem::remove(files.private_key, ignored);
  return status;
}

struct PublicKey::State {
  PrivateKey key;
};

absl::StatusOr<PublicKey> PublicKey::Read(const std::filesystem::path& file) {
  const absl::StatusOr<std::string> pem = base::ReadFile(file);
  if (!pem.ok()) return pem.status();
  PrivateKey key(PEM_read_bio_PUBKEY(ReadingBio(*pem).get(), nullptr, nullptr, nullptr));
  if (!IsEd25519(key.get())) {
    LastError();
    return core::MakeError(core::Reason::kConfigInvalid,
                           fmt::format("{} holds no Ed25519 public key, PEM", file.string()));
  }
  std::string key_id = KeyIdOf(key.get());
  return PublicKey(std::make_shared<const State>(State{std::move(key)}), std::move(key_id));
}

bool PublicKey::Verifies(std::string_view text, std::string_view signature) const {
  const auto bytes = SignatureFrom(signature);
  if (!bytes) return false;
  const SignatureContext context(EVP_MD_CTX_new());
  OrDie(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, state_->key.get()));
  const bool good = EVP_DigestVerify(context.get(), bytes->data(), bytes->size(), BytesIn(text),
                                     text.size()) == 1;
  if (!good) LastError();
  return good;
}

}  // namespace entryexit::crypto
