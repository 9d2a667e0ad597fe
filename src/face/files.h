#ifndef ENTRYEXIT_SRC_FACE_FILES_H_
#define ENTRYEXIT_SRC_FACE_FILES_H_

#include <filesystem>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "entryexit/core/reason.h"

namespace entryexit::face {

// The whole file. Errors: MODEL_FILE_INVALID when it cannot be read.
absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path);

// Writes `content` beside `path`, asks `check` about the new file, and only then gives it `path`'s
// name: a reader sees the old file or the new one. Errors: `on_failure` when it cannot be written;
// what `check` returns, in which case `path` is as it was.
absl::Status ReplaceFile(const std::filesystem::path& path, const std::string& content,
                         core::Reason on_failure,
                         const std::function<absl::Status(const std::filesystem::path&)>& check);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_FILES_H_
