#include "entryexit/crypto/vault.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <climits>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "entryexit/core/ids.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"
#include "src/crypto/files.h"
#include "src/crypto/openssl.h"

namespace entryexit::crypto {
namespace {

using core::MakeError;
using core::Reason;
using ports::SealedBlob;

constexpr size_t kKeyBytes = 32;
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr size_t kKeyBase64Chars = 44;

using KeyBytes = std::array<unsigned char, kKeyBytes>;
using CipherContext = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

struct Key {
  std::string id;
  KeyBytes bytes;
};

const unsigned char* In(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* Out(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

// OpenSSL counts in int.
bool FitsOpenSsl(std::string_view bytes) { return bytes.size() <= INT_MAX - kTagBytes; }

int Length(std::string_view bytes) { return static_cast<int>(bytes.size()); }

class FileKeyVault final : public ports::Vault {
 public:
  // Requires: at least one key; the first is the current one.
  explicit FileKeyVault(std::vector<Key> keys) : keys_(std::move(keys)) {}

  absl::StatusOr<SealedBlob> Seal(std::string_view plaintext,
                                  std::string_view associated_data) const override {
    if (!FitsOpenSsl(plaintext) || !FitsOpenSsl(associated_data)) {
      return MakeError(Reason::kInternal, "a record of more than 2 GiB cannot be sealed");
    }
    const Key& key = keys_.front();
    std::array<unsigned char, kNonceBytes> nonce;
    FillRandom(nonce);
    SealedBlob blob{.key_id = key.id,
                    .nonce = std::string(nonce.begin(), nonce.end()),
                    .ciphertext = std::string(plaintext.size() + kTagBytes, '\0')};

    const CipherContext context(EVP_CIPHER_CTX_new());
    EVP_CIPHER_CTX* const c = context.get();
    unsigned char* const out = Out(blob.ciphertext);
    int length = 0;
    OrDie(EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), nullptr, key.bytes.data(), nonce.data()));
    OrDie(EVP_EncryptUpdate(c, nullptr, &length, In(associated_data), Length(associated_data)));
    OrDie(EVP_EncryptUpdate(c, out, &length, In(plaintext), Length(plaintext)));
    OrDie(EVP_EncryptFinal_ex(c, out + plaintext.size(), &length));
    OrDie(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, kTagBytes, out + plaintext.size()));
    return blob;
  }

  absl::StatusOr<std::string> Open(const SealedBlob& blob,
                                   std::string_view associated_data) const override {
    const auto key = std::ranges::find(keys_, blob.key_id, &Key::id);
    if (key == keys_.end()) {
      return MakeError(Reason::kKeyUnavailable,
                       fmt::format("the key file has no key '{}'", blob.key_id));
    }
    if (blob.nonce.size() != kNonceBytes || blob.ciphertext.size() < kTagBytes ||
        !FitsOpenSsl(blob.ciphertext) || !FitsOpenSsl(associated_data)) {
      return MakeError(Reason::kStoredDataInvalid,
                       "a sealed record has a nonce or ciphertext of impossible length");
    }
    const std::string_view body(blob.ciphertext.data(), blob.ciphertext.size() - kTagBytes);
    std::string tag = blob.ciphertext.substr(body.size());
    std::string plaintext(body.size(), '\0');

    const CipherContext context(EVP_CIPHER_CTX_new());
    EVP_CIPHER_CTX* const c = context.get();
    int length = 0;
    OrDie(EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), nullptr, key->bytes.data(), In(blob.nonce)));
    OrDie(EVP_DecryptUpdate(c, nullptr, &length, In(associated_data), Length(associated_data)));
    OrDie(EVP_DecryptUpdate(c, Out(plaintext), &length, In(body), Length(body)));
    OrDie(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, kTagBytes, Out(tag)));
    if (EVP_DecryptFinal_ex(c, Out(plaintext) + body.size(), &length) != 1) {
      return MakeError(Reason::kStoredDataInvalid,
                       fmt::format("a record sealed with key '{}' does not open: it was changed, "
                                   "or belongs elsewhere",
                                   blob.key_id));
    }
    return plaintext;
  }

 private:
  const std::vector<Key> keys_;
};

std::string EncodeBase64(const KeyBytes& bytes) {
  std::string text(kKeyBase64Chars + 1, '\0');  // OpenSSL ends it with a NUL
  EVP_EncodeBlock(Out(text), bytes.data(), kKeyBytes);
  text.resize(kKeyBase64Chars);
  return text;
}

bool DecodeBase64(std::string_view text, KeyBytes& bytes) {
  std::array<unsigned char, kKeyBytes + 1> padded;
  if (text.size() != kKeyBase64Chars ||
      EVP_DecodeBlock(padded.data(), In(text), Length(text)) < 0) {
    return false;
  }
  std::copy_n(padded.begin(), kKeyBytes, bytes.begin());
  return EncodeBase64(bytes) == text;  // OpenSSL reads '=' as zero bits wherever it stands
}

absl::StatusOr<std::vector<Key>> ParseKeys(const std::string& content, const std::string& file) {
  std::vector<Key> keys;
  std::istringstream lines(content);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line);
    Key key;
    std::string base64;
    std::string excess;
    if (!(words >> key.id) || key.id.front() == '#') continue;
    words >> base64;
    if (!core::IsPlainId(key.id) || !DecodeBase64(base64, key.bytes) || words >> excess) {
      return MakeError(
          Reason::kKeyUnavailable,
          fmt::format("{}:{}: expected '<key id> <base64 of 32 bytes>'", file, number));
    }
    if (std::ranges::find(keys, key.id, &Key::id) != keys.end()) {
      return MakeError(Reason::kKeyUnavailable,
                       fmt::format("{}:{}: key '{}' is there twice", file, number, key.id));
    }
    keys.push_back(std::move(key));
  }
  if (keys.empty()) return MakeError(Reason::kKeyUnavailable, file + " has no key");
  return keys;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ports::Vault>> CreateVault(const std::filesystem::path& key_file) {
  const absl::StatusOr<std::string> content = ReadSecretFile(key_file);
  if (!content.ok()) return content.status();
  absl::StatusOr<std::vector<Key>> keys = ParseKeys(*content, key_file.string());
  if (!keys.ok()) return keys.status();
  return std::make_unique<FileKeyVault>(*std::move(keys));
}

absl::Status WriteNewKeyFile(const std::filesystem::path& key_file) {
  KeyBytes bytes;
  FillRandom(bytes);
  const std::string id = "key-" + NewUuid().substr(0, 8);
  return CreateFile(key_file, fmt::format("{} {}\n", id, EncodeBase64(bytes)), 0600);
}

}  // namespace entryexit::crypto
