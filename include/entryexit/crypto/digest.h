#ifndef ENTRYEXIT_CRYPTO_DIGEST_H_
#define ENTRYEXIT_CRYPTO_DIGEST_H_

#include <string>
#include <string_view>

// Digests and the ids made from them or at random. All functions are thread-safe. None reports an
// error: a process whose OpenSSL cannot hash or draw random bytes is ended.
namespace entryexit::crypto {

// 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);

// The id that git gives a file with this content: 40 lower-case hex digits. It tells which file it
// is; it is no proof against somebody who forges files (SHA-1).
std::string GitBlobIdHex(std::string_view bytes);

// A random UUID (RFC 9562 version 4) in its canonical lower-case form.
std::string NewUuid();

// The UUID (RFC 9562 version 8) made from the SHA-256 of `name`: the same for the same name, on
// every machine and for ever, since stored rows are found by it. Not a secret: whoever can guess
// `name` can compute it.
std::string DeterministicUuid(std::string_view name);

}  // namespace entryexit::crypto

#endif  // ENTRYEXIT_CRYPTO_DIGEST_H_
