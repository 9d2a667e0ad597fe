#include "files.h"

#include <fmt/format.h>

#include <fstream>
#include <system_error>

#include "entryexit/base/files.h"

namespace entryexit::face {

using core::MakeError;
using core::Reason;

absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path) {
  absl::StatusOr<std::string> content = base::ReadFile(path);
  if (content.ok()) return content;
  return MakeError(Reason::kModelFileInvalid, std::string(content.status().message()));
}

absl::Status ReplaceFile(const std::filesystem::path& path, const std::string& content,
                         Reason on_failure,
                         const std::function<absl::Status(const std::filesystem::path&)>& check) {
  std::filesystem::path written = path;
  written += ".new";
  std::ofstream out(written, std::ios::binary | std::ios::trunc);
  out << content;
  out.close();
  if (!out) {
    return MakeError(on_failure, fmt::format("{}: cannot be written", written.string()));
  }
  std::error_code error;
  absl::Status status = check(written);
  if (!status.ok()) {
    std::filesystem::remove(written, error);
    return status;
  }
  std::filesystem::rename(written, path, error);
  if (error) {
    return MakeError(on_failure, fmt::format("{}: {}", path.string(), error.message()));
  }
  return absl::OkStatus();
}

}  // namespace entryexit::face
