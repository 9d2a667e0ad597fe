#ifndef ENTRYEXIT_SRC_CTL_REPORT_FILE_H_
#define ENTRYEXIT_SRC_CTL_REPORT_FILE_H_

#include <sys/types.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace entryexit::ctl {

// What became of a report's file.
enum class FileState { kWritten, kReplaced, kUnchanged };
const char* WordFor(FileState state);  // "written", "replaced", "unchanged"

// Who may read a file, which the process's umask narrows.
inline constexpr mode_t kForEverybody = 0666;
inline constexpr mode_t kForOwner = 0600;

// A file that is written beside its place and put there when it is whole, so that whoever reads it,
// and whoever comes after a kill, finds the old one or the new one. A file with the same content is
// left as it is. Not thread-safe.
class ReportFile {
 public:
  // Errors: CONFIG_INVALID naming the file and what is wrong with it.
  static absl::StatusOr<std::unique_ptr<ReportFile>> Create(std::filesystem::path file,
                                                            mode_t mode);
  // Unless it was put in its place, nothing of it is left.
  ~ReportFile();
  ReportFile(const ReportFile&) = delete;
  ReportFile& operator=(const ReportFile&) = delete;

  // Failures are told by PutInPlace.
  void Write(std::string_view text);

  // Call it once, at the end. Errors: as Create; there the file is as it was before.
  absl::StatusOr<FileState> PutInPlace();

 private:
  ReportFile(std::filesystem::path file, std::filesystem::path beside, std::FILE* stream)
      : file_(std::move(file)), beside_(std::move(beside)), stream_(stream) {}

  // Everything written is on the disk, and the stream is closed.
  absl::Status Close();

  const std::filesystem::path file_;
  const std::filesystem::path beside_;  // where it is written
  std::FILE* stream_;
};

// A file that fits into memory.
absl::StatusOr<FileState> WriteReportFile(const std::filesystem::path& file, std::string_view text,
                                          mode_t mode);

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_REPORT_FILE_H_
