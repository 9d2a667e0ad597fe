#include "entryexit/crypto/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "src/crypto/openssl.h"

namespace entryexit::crypto {
namespace {

using UuidBytes = std::array<unsigned char, 16>;

std::string Hex(std::span<const unsigned char> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0xf];
  }
  return text;
}

std::string UuidText(UuidBytes bytes, unsigned version) {
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | (version << 4));
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string text = Hex(bytes);
  for (const size_t dash : {8, 13, 18, 23}) text.insert(dash, 1, '-');
  return text;
}

// Looked up once, for as long as the process runs. Given EVP_sha256(), OpenSSL looks for the
// implementation with every digest, which takes longer than to hash an id.
const EVP_MD* Sha256Method() {
  static const EVP_MD* const kMethod = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  OrDie(kMethod != nullptr);
  return kMethod;
}

std::array<unsigned char, 32> Sha256(std::string_view bytes) {
  std::array<unsigned char, 32> digest;
  OrDie(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, Sha256Method(), nullptr));
  return digest;
}

}  // namespace

std::string Sha256Hex(std::string_view bytes) { return Hex(Sha256(bytes)); }

struct Sha256Stream::State {
  Owned<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {
  OrDie(EVP_DigestInit_ex(state_->context.get(), Sha256Method(), nullptr));
}

Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::Add(std::string_view bytes) {
  OrDie(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()));
}

std::string Sha256Stream::Hex() {
  std::array<unsigned char, 32> digest;
  OrDie(EVP_DigestFinal_ex(state_->context.get(), digest.data(), nullptr));
  return crypto::Hex(digest);
}

std::string GitBlobIdHex(std::string_view bytes) {
  const std::string header = "blob " + std::to_string(bytes.size()) + '\0';
  const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  std::array<unsigned char, 20> digest;
  OrDie(EVP_DigestInit_ex(context.get(), EVP_sha1(), nullptr));
  OrDie(EVP_DigestUpdate(context.get(), header.data(), header.size()));
  OrDie(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()));
  OrDie(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr));
  return Hex(digest);
}

std::string NewUuid() {
  UuidBytes bytes;
  FillRandom(bytes);
  return UuidText(bytes, 4);
}

std::string NewTimeOrderedUuid(std::chrono::system_clock::time_point now) {
  UuidBytes bytes;
  FillRandom(bytes);
  const auto milliseconds = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count());
  for (size_t i = 0; i < 6; ++i) {
    bytes[i] = static_cast<unsigned char>(milliseconds >> (8 * (5 - i)));
  }
  return UuidText(bytes, 7);
}

std::string DeterministicUuid(std::string_view name) {
  const auto digest = Sha256(name);
  UuidBytes bytes;
  std::copy_n(digest.begin(), bytes.size(), bytes.begin());
  return UuidText(bytes, 8);
}

}  // namespace entryexit::crypto
