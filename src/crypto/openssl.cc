#include "src/crypto/openssl.h"

#include <openssl/err.h>
#include <openssl/rand.h>

#include <cstdio>
#include <cstdlib>

namespace entryexit::crypto {

void OrDie(int result) {
  if (result == 1) return;
  static_cast<void>(std::fprintf(stderr, "OpenSSL failed: %s\n", LastError().c_str()));
  std::abort();
}

void FillRandom(std::span<unsigned char> bytes) {
  OrDie(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())));
}

std::string LastError() {
  char text[256];
  ERR_error_string_n(ERR_peek_last_error(), text, sizeof(text));
  ERR_clear_error();
  return text;
}

}  // namespace entryexit::crypto
