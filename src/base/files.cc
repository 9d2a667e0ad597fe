#include "entryexit/base/files.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <system_error>

#include "entryexit/core/reason.h"

namespace entryexit::base {
namespace {

absl::Status Failed(const std::string& what, const std::filesystem::path& file, int error) {
  return core::MakeError(core::Reason::kConfigInvalid, what + " " + file.string() + ": " +
                                                           std::generic_category().message(error));
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::filesystem::path& file) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string content;
  std::array<char, 1 << 16> chunk;
  // read() turns the exceptions of the buffer, as for a directory, into badbit.
  while (stream.read(chunk.data(), chunk.size()) || stream.gcount() > 0) {
    content.append(chunk.data(), static_cast<std::size_t>(stream.gcount()));
  }
  if (!stream.is_open() || stream.bad()) return Failed("cannot read", file, errno);
  return content;
}

absl::Status WriteFile(const std::filesystem::path& file, std::string_view content) {
  errno = 0;
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << content;
  stream.close();
  if (stream) return absl::OkStatus();
  return Failed("cannot write", file, errno);
}

}  // namespace entryexit::base
