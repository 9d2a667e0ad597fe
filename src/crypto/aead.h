#ifndef ENTRYEXIT_SRC_CRYPTO_AEAD_H_
#define ENTRYEXIT_SRC_CRYPTO_AEAD_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// AES-256-GCM and the keys for it; private to the crypto module.
namespace entryexit::crypto {

// 256 bits that are wiped from memory when they are no longer needed.
class Key256 {
 public:
  static constexpr size_t kBytes = 32;

  Key256() = default;  // zeros
  Key256(const Key256&) = default;
  Key256& operator=(const Key256&) = default;
  ~Key256();

  static Key256 Random();
  // None when `text` is not the base64 of 32 bytes.
  static std::optional<Key256> FromBase64(std::string_view text);
  // None when there are not 32.
  static std::optional<Key256> FromBytes(std::string_view bytes);
  std::string ToBase64() const;

  // A key, and bytes that may be shown, made from this one (HKDF-SHA256): each `purpose` gives
  // others, and none tells of this one.
  Key256 Derive(std::string_view purpose) const;
  std::string DeriveHex(std::string_view purpose, size_t bytes) const;

  const unsigned char* data() const { return bytes_.data(); }

 private:
  std::array<unsigned char, kBytes> bytes_{};
};

// Wipes a text that held keys when the scope ends.
class Wipe {
 public:
  explicit Wipe(std::string& text) : text_(text) {}
  ~Wipe();
  Wipe(const Wipe&) = delete;
  Wipe& operator=(const Wipe&) = delete;

 private:
  std::string& text_;
};

struct Encrypted {
  std::string nonce;       // 12 random bytes
  std::string ciphertext;  // and the 16 bytes of the tag after it
};

// The most that can be encrypted, and be associated data.
inline constexpr size_t kMaxPlaintextBytes = (size_t{1} << 31) - 64;

// Requires: neither text is longer than kMaxPlaintextBytes.
Encrypted Encrypt(const Key256& key, std::string_view plaintext, std::string_view associated_data);

// None when it is not what Encrypt gave for this key and associated data.
std::optional<std::string> Decrypt(const Key256& key, std::string_view nonce,
                                   std::string_view ciphertext, std::string_view associated_data);

}  // namespace entryexit::crypto

#endif  // ENTRYEXIT_SRC_CRYPTO_AEAD_H_
