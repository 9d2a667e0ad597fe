#include "src/crypto/aead.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>

#include "src/crypto/openssl.h"

namespace entryexit::crypto {
namespace {

constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr size_t kKeyBase64Chars = 44;

using CipherContext = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

const unsigned char* In(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* Out(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

// Looked up once, as the digest in digest.cc.
const EVP_CIPHER* Aes256Gcm() {
  static const EVP_CIPHER* const kMethod = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  OrDie(kMethod != nullptr);
  return kMethod;
}

// OpenSSL counts in int.
int Length(std::string_view bytes) { return static_cast<int>(bytes.size()); }

void Hkdf(const Key256& key, std::string_view purpose, unsigned char* out, size_t size) {
  const Owned<EVP_KDF, EVP_KDF_free> algorithm(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const Owned<EVP_KDF_CTX, EVP_KDF_CTX_free> context(EVP_KDF_CTX_new(algorithm.get()));
  // OpenSSL reads these, though it takes them without const.
  char digest[] = "SHA256";
  std::string info(purpose);
  auto* const secret = const_cast<unsigned char*>(key.data());
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret, Key256::kBytes),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end()};
  OrDie(EVP_KDF_derive(context.get(), out, size, parameters));
}

}  // namespace

Key256::~Key256() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

Key256 Key256::Random() {
  Key256 key;
  FillRandom(key.bytes_);
  return key;
}

std::optional<Key256> Key256::FromBase64(std::string_view text) {
  std::string padded(kBytes + 1, '\0');
  const Wipe wipe(padded);
  if (text.size() != kKeyBase64Chars || EVP_DecodeBlock(Out(padded), In(text), Length(text)) < 0) {
    return std::nullopt;
  }
  std::optional<Key256> key = FromBytes(std::string_view(padded).substr(0, kBytes));
  std::string again = key->ToBase64();
  const Wipe wipe_again(again);
  // OpenSSL reads '=' as zero bits wherever it stands.
  return again == text ? key : std::nullopt;
}

std::optional<Key256> Key256::FromBytes(std::string_view bytes) {
  if (bytes.size() != kBytes) return std::nullopt;
  Key256 key;
  std::copy_n(In(bytes), kBytes, key.bytes_.begin());
  return key;
}

std::string Key256::ToBase64() const {
  std::string text(kKeyBase64Chars + 1, '\0');  // OpenSSL ends it with a NUL
  EVP_EncodeBlock(Out(text), bytes_.data(), kBytes);
  text.resize(kKeyBase64Chars);
  return text;
}

Key256 Key256::Derive(std::string_view purpose) const {
  Key256 key;
  Hkdf(*this, purpose, key.bytes_.data(), kBytes);
  return key;
}

std::string Key256::DeriveHex(std::string_view purpose, size_t bytes) const {
  std::string derived(bytes, '\0');
  Hkdf(*this, purpose, Out(derived), bytes);
  std::string hex;
  for (const char byte : derived) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return hex;
}

Wipe::~Wipe() { OPENSSL_cleanse(text_.data(), text_.size()); }

Encrypted Encrypt(const Key256& key, std::string_view plaintext, std::string_view associated_data) {
  std::array<unsigned char, kNonceBytes> nonce;
  FillRandom(nonce);
  Encrypted encrypted{std::string(nonce.begin(), nonce.end()),
                      std::string(plaintext.size() + kTagBytes, '\0')};
  const CipherContext context(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX* const c = context.get();
  unsigned char* const out = Out(encrypted.ciphertext);
  int length = 0;
  OrDie(EVP_EncryptInit_ex(c, Aes256Gcm(), nullptr, key.data(), nonce.data()));
  OrDie(EVP_EncryptUpdate(c, nullptr, &length, In(associated_data), Length(associated_data)));
  OrDie(EVP_EncryptUpdate(c, out, &length, In(plaintext), Length(plaintext)));
  OrDie(EVP_EncryptFinal_ex(c, out + plaintext.size(), &length));
  OrDie(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, kTagBytes, out + plaintext.size()));
  return encrypted;
}

std::optional<std::string> Decrypt(const Key256& key, std::string_view nonce,
                                   std::string_view ciphertext, std::string_view associated_data) {
  if (nonce.size() != kNonceBytes || ciphertext.size() < kTagBytes ||
      ciphertext.size() - kTagBytes > kMaxPlaintextBytes ||
      associated_data.size() > kMaxPlaintextBytes) {
    return std::nullopt;
  }
  const std::string_view body = ciphertext.substr(0, ciphertext.size() - kTagBytes);
  std::string tag(ciphertext.substr(body.size()));
  std::string plaintext(body.size(), '\0');

  const CipherContext context(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX* const c = context.get();
  int length = 0;
  OrDie(EVP_DecryptInit_ex(c, Aes256Gcm(), nullptr, key.data(), In(nonce)));
  OrDie(EVP_DecryptUpdate(c, nullptr, &length, In(associated_data), Length(associated_data)));
  OrDie(EVP_DecryptUpdate(c, Out(plaintext), &length, In(body), Length(body)));
  OrDie(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, kTagBytes, Out(tag)));
  if (EVP_DecryptFinal_ex(c, Out(plaintext) + body.size(), &length) != 1) return std::nullopt;
  return plaintext;
}

}  // namespace entryexit::crypto
