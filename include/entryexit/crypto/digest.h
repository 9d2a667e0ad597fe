#ifndef ENTRYEXIT_CRYPTO_DIGEST_H_
#define ENTRYEXIT_CRYPTO_DIGEST_H_

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

// Digests and the ids made from them or at random. All functions are thread-safe. None reports an
// error: a process whose OpenSSL cannot hash or draw random bytes is ended.
namespace entryexit::crypto {

// 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);

// The same of bytes that come piece by piece. Not thread-safe.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;

  void Add(std::string_view bytes);
  // Of all that was added. Call it once, at the end.
  std::string Hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The id that git gives a file with this content: 40 lower-case hex digits. It tells which file it
// is; it is no proof against somebody who forges files (SHA-1).
std::string GitBlobIdHex(std::string_view bytes);

// A random UUID (RFC 9562 version 4) in its canonical lower-case form.
std::string NewUuid();

// A UUID (RFC 9562 version 7) that begins with the milliseconds since 1970 of `now` and is random
// otherwise: ids made one after the other sort so, and an index of them grows at its end.
std::string NewTimeOrderedUuid(std::chrono::system_clock::time_point now);

// The UUID (RFC 9562 version 8) made from the SHA-256 of `name`: the same for the same name, on
// every machine and for ever, since stored rows are found by it. Not a secret: whoever can guess
// `name` can compute it.
std::string DeterministicUuid(std::string_view name);

}  // namespace entryexit::crypto

#endif  // ENTRYEXIT_CRYPTO_DIGEST_H_
