#include "files.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <system_error>

namespace entryexit::face {

using core::MakeError;
using core::Reason;

absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  // Inserting nothing would count as a failure, but an empty file can be read.
  if (in.peek() != std::ifstream::traits_type::eof()) content << in.rdbuf();
  if (!in.is_open() || in.bad() || !content) {
    return MakeError(Reason::kModelFileInvalid, fmt::format("{}: cannot be read", path.string()));
  }
  return std::move(content).str();
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
