#include "ctl/report_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <system_error>
#include <utility>

#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::ctl {
namespace {

namespace fs = std::filesystem;

constexpr char kUnfinished[] = ".part";

absl::Status CannotWrite(const fs::path& file, const std::string& why) {
  return core::MakeError(core::Reason::kConfigInvalid,
                         fmt::format("cannot write {}: {}", file.string(), why));
}

absl::Status CannotWrite(const fs::path& file, int error) {
  return CannotWrite(file, std::generic_category().message(error));
}

// Piece by piece, since the files may be large.
bool HaveSameContent(const fs::path& one, const fs::path& other) {
  std::ifstream first(one, std::ios::binary);
  std::ifstream second(other, std::ios::binary);
  std::array<char, 1 << 16> some;
  std::array<char, 1 << 16> more;
  while (first && second) {
    first.read(some.data(), some.size());
    second.read(more.data(), more.size());
    if (first.gcount() != second.gcount() ||
        !std::equal(some.begin(), some.begin() + first.gcount(), more.begin())) {
      return false;
    }
  }
  return first.eof() && second.eof();
}

// What one that was killed left beside `file`. None works on a report for so long.
void RemoveLeftovers(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const std::string beginning = "." + file.filename().string() + ".";
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(24);
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(beginning) && name.ends_with(kUnfinished) &&
        entry.last_write_time(ignored) < long_ago) {
      fs::remove(entry.path(), ignored);
    }
  }
}

}  // namespace

const char* WordFor(FileState state) {
  switch (state) {
    case FileState::kWritten:
      return "written";
    case FileState::kReplaced:
      return "replaced";
    case FileState::kUnchanged:
      return "unchanged";
  }
  return "";
}

absl::StatusOr<std::unique_ptr<ReportFile>> ReportFile::Create(fs::path file, mode_t mode) {
  std::error_code ignored;
  const fs::file_status status = fs::status(file, ignored);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    return CannotWrite(file, "it is there and no file");  // a device must not be replaced by one
  }
  RemoveLeftovers(file);
  // Nobody else's name, should two write the same report at once.
  fs::path beside = file.parent_path() / fmt::format(".{}.{}{}", file.filename().string(),
                                                     crypto::NewUuid(), kUnfinished);
  const int descriptor = open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (descriptor < 0) return CannotWrite(file, errno);
  std::FILE* const stream = fdopen(descriptor, "wb");
  if (stream == nullptr) {
    const int error = errno;
    close(descriptor);
    unlink(beside.c_str());
    return CannotWrite(file, error);
  }
  return std::unique_ptr<ReportFile>(
      new ReportFile(std::move(file), std::move(beside), stream));  // the constructor is private
}

ReportFile::~ReportFile() {
  if (stream_ != nullptr) static_cast<void>(std::fclose(stream_));  // it is given up
  unlink(beside_.c_str());  // is no longer there when all went well
}

// What could not be written shows when the file is closed.
void ReportFile::Write(std::string_view text) {
  static_cast<void>(std::fwrite(text.data(), 1, text.size(), stream_));
}

absl::Status ReportFile::Close() {
  errno = 0;
  bool failed = std::ferror(stream_) != 0 || std::fflush(stream_) != 0;
  // Without it a power cut after the renaming could leave an empty file.
  failed = failed || fsync(fileno(stream_)) != 0;
  const int error = errno;
  failed = std::fclose(std::exchange(stream_, nullptr)) != 0 || failed;
  if (!failed) return absl::OkStatus();
  return error == 0 ? CannotWrite(file_, "not all could be written") : CannotWrite(file_, error);
}

absl::StatusOr<FileState> ReportFile::PutInPlace() {
  absl::Status closed = Close();
  if (!closed.ok()) return closed;
  std::error_code error;
  const bool existed = fs::exists(file_, error);
  if (existed && HaveSameContent(file_, beside_)) return FileState::kUnchanged;
  fs::rename(beside_, file_, error);
  if (error) return CannotWrite(file_, error.message());
  return existed ? FileState::kReplaced : FileState::kWritten;
}

absl::StatusOr<FileState> WriteReportFile(const fs::path& file, std::string_view text,
                                          mode_t mode) {
  const auto writer = ReportFile::Create(file, mode);
  if (!writer.ok()) return writer.status();
  (*writer)->Write(text);
  return (*writer)->PutInPlace();
}

}  // namespace entryexit::ctl
