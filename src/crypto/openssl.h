#ifndef ENTRYEXIT_SRC_CRYPTO_OPENSSL_H_
#define ENTRYEXIT_SRC_CRYPTO_OPENSSL_H_

#include <memory>
#include <span>
#include <string>

// What every file here needs of OpenSSL; private to the crypto module.
namespace entryexit::crypto {

template <auto kFree>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

// Owns an OpenSSL object: Owned<EVP_PKEY, EVP_PKEY_free>.
template <typename T, auto kFree>
using Owned = std::unique_ptr<T, Freer<kFree>>;

// Ends the process, with OpenSSL's own words, when `result` is not 1. For calls that fail only when
// memory or the library itself is broken.
void OrDie(int result);

// Fills `bytes` from OpenSSL's random generator, or ends the process: nothing here may go on with
// predictable bytes.
void FillRandom(std::span<unsigned char> bytes);

// OpenSSL's latest error of this thread in words, and clears its error queue.
std::string LastError();

}  // namespace entryexit::crypto

#endif  // ENTRYEXIT_SRC_CRYPTO_OPENSSL_H_
