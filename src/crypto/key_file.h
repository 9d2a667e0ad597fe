#ifndef ENTRYEXIT_SRC_CRYPTO_KEY_FILE_H_
#define ENTRYEXIT_SRC_CRYPTO_KEY_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "src/crypto/aead.h"

// The lines of a key file; private to the crypto module.
namespace entryexit::crypto {

// A key of the file, and the key-encryption key that is made of it: so the one that may have sealed
// records of old is not used for another purpose, and the other's id is no name.
struct FileKey {
  std::string id;
  Key256 key;
  Key256 kek;
  std::string kek_id;
};

// The keys in their order, at least one. `name` is that of the source, for messages.
// Errors: KEY_UNAVAILABLE, naming the line.
absl::StatusOr<std::vector<FileKey>> ParseKeys(std::string_view lines, const std::string& name);

}  // namespace entryexit::crypto

#endif  // ENTRYEXIT_SRC_CRYPTO_KEY_FILE_H_
