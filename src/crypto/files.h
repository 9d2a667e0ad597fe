#ifndef ENTRYEXIT_SRC_CRYPTO_FILES_H_
#define ENTRYEXIT_SRC_CRYPTO_FILES_H_

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Files with secrets in them; private to the crypto module.
namespace entryexit::crypto {

// The content of a file that must be a regular file to which its owner alone has rights.
// Errors: KEY_UNAVAILABLE.
absl::StatusOr<std::string> ReadSecretFile(const std::filesystem::path& path);

// Creates `path` with `mode`, and missing directories with 0700; durable on return.
// Errors: CONFIG_INVALID, also when `path` exists.
absl::Status CreateFile(const std::filesystem::path& path, std::string_view content, mode_t mode);

// As CreateFile, but an existing file is replaced in one step: a reader sees the old content or
// the new one. The file keeps its owner and group. Of a symbolic link, what it leads to is
// replaced. A run that is killed may leave a file beside it whose name has six more letters.
absl::Status ReplaceFile(const std::filesystem::path& path, std::string_view content, mode_t mode);

}  // namespace entryexit::crypto

#endif  // ENTRYEXIT_SRC_CRYPTO_FILES_H_
