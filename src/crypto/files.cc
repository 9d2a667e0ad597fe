#include "src/crypto/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "entryexit/core/reason.h"

namespace entryexit::crypto {
namespace {

using core::MakeError;
using core::Reason;

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  int get() const { return fd_; }

 private:
  int fd_;
};

absl::Status SystemError(Reason reason, const std::string& what,
                         const std::filesystem::path& path) {
  const std::string why = std::generic_category().message(errno);
  return MakeError(reason, fmt::format("cannot {} {}: {}", what, path.string(), why));
}

// What was made in it, or renamed, is there after a power cut as well.
absl::Status SyncDirectory(const std::filesystem::path& path) {
  const std::filesystem::path directory = path.empty() ? "." : path;
  const FileDescriptor opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0 || fsync(opened.get()) != 0) {
    return SystemError(Reason::kConfigInvalid, "sync", directory);
  }
  return absl::OkStatus();
}

absl::Status MakeDirectory(const std::filesystem::path& path) {
  std::error_code ignored;
  if (path.empty() || std::filesystem::is_directory(path, ignored)) return absl::OkStatus();
  if (absl::Status status = MakeDirectory(path.parent_path()); !status.ok()) return status;
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return SystemError(Reason::kConfigInvalid, "make directory", path);
  }
  return SyncDirectory(path.parent_path());
}

bool WriteAll(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(fd) == 0;
}

// Gives the open file to the owner of the one at `path`, if there is any: it is read by another
// user than the one who changes it.
absl::Status TakeOwnerOf(const std::filesystem::path& path, int fd) {
  struct stat old;
  if (stat(path.c_str(), &old) != 0) {
    return errno == ENOENT ? absl::OkStatus()
                           : SystemError(Reason::kConfigInvalid, "look at", path);
  }
  if (fchown(fd, old.st_uid, old.st_gid) == 0) return absl::OkStatus();
  return SystemError(Reason::kConfigInvalid,
                     fmt::format("keep the owner (uid {}, gid {}) of", old.st_uid, old.st_gid),
                     path);
}

}  // namespace

absl::StatusOr<std::string> ReadSecretFile(const std::filesystem::path& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info;
  // The open file is asked, not the path: between two looks the path may come to mean another.
  if (file.get() < 0 || fstat(file.get(), &info) != 0) {
    return SystemError(Reason::kKeyUnavailable, "open", path);
  }
  if (!S_ISREG(info.st_mode)) {
    return MakeError(Reason::kKeyUnavailable, path.string() + " is not a regular file");
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return MakeError(
        Reason::kKeyUnavailable,
        fmt::format("{} holds a secret but has mode {:04o}: run chmod 0600 on it, and replace "
                    "the key if others may have read it",
                    path.string(), info.st_mode & 07777));
  }
  std::string content(static_cast<size_t>(info.st_size), '\0');
  const ssize_t got = read(file.get(), content.data(), content.size());
  if (got < 0) return SystemError(Reason::kKeyUnavailable, "read", path);
  content.resize(static_cast<size_t>(got));
  return content;
}

absl::Status CreateFile(const std::filesystem::path& path, std::string_view content, mode_t mode) {
  if (absl::Status status = MakeDirectory(path.parent_path()); !status.ok()) return status;
  const FileDescriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (file.get() < 0) return SystemError(Reason::kConfigInvalid, "create", path);
  absl::Status status = WriteAll(file.get(), content)
                            ? SyncDirectory(path.parent_path())
                            : SystemError(Reason::kConfigInvalid, "write", path);
  if (!status.ok()) unlink(path.c_str());
  return status;
}

absl::Status ReplaceFile(const std::filesystem::path& path, std::string_view content, mode_t mode) {
  if (absl::Status status = MakeDirectory(path.parent_path()); !status.ok()) return status;
  std::error_code missing;
  std::filesystem::path target = std::filesystem::canonical(path, missing);
  if (missing) target = path;
  std::string fresh = target.string() + ".XXXXXX";
  const FileDescriptor file(mkostemp(fresh.data(), O_CLOEXEC));
  if (file.get() < 0) return SystemError(Reason::kConfigInvalid, "create", fresh);
  absl::Status status = TakeOwnerOf(target, file.get());
  if (status.ok() && (fchmod(file.get(), mode) != 0 || !WriteAll(file.get(), content))) {
    status = SystemError(Reason::kConfigInvalid, "write", fresh);
  }
  if (status.ok() && rename(fresh.c_str(), target.c_str()) != 0) {
    status = SystemError(Reason::kConfigInvalid, "replace", target);
  }
  if (status.ok()) return SyncDirectory(target.parent_path());
  unlink(fresh.c_str());
  return status;
}

}  // namespace entryexit::crypto
