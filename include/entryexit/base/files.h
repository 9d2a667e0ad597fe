#ifndef ENTRYEXIT_BASE_FILES_H_
#define ENTRYEXIT_BASE_FILES_H_

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Small files that an operator names. All functions are thread-safe.
namespace entryexit::base {

// Reads a whole file.
// Errors: CONFIG_INVALID naming the file and what is wrong with it.
absl::StatusOr<std::string> ReadFile(const std::filesystem::path& file);

// Writes a file, in place of what was there.
// Errors: as ReadFile; the file may then be there in part.
absl::Status WriteFile(const std::filesystem::path& file, std::string_view content);

}  // namespace entryexit::base

#endif  // ENTRYEXIT_BASE_FILES_H_
