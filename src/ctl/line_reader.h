#ifndef ENTRYEXIT_SRC_CTL_LINE_READER_H_
#define ENTRYEXIT_SRC_CTL_LINE_READER_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::ctl {

struct Line {
  std::int64_t number = 0;  // from 1
  std::string_view text;    // without its line break; empty when too long
  bool too_long = false;
  bool ended = true;  // by a line break, not by the end of the file
};

// Reads a text file of any size line by line, in the memory of one piece of it, however long its
// lines are. Not thread-safe.
class LineReader {
 public:
  static constexpr std::size_t kMaxLine = std::size_t{64} << 10;  // bytes

  // Errors: CONFIG_INVALID naming the file and what is wrong with it, also for one in UTF-16.
  static absl::StatusOr<std::unique_ptr<LineReader>> Open(const std::filesystem::path& file);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // The next line, whose text is good until the call after; false at the end. A line break is LF or
  // CRLF. A byte order mark of UTF-8 at the start is left out.
  // Errors: CONFIG_INVALID when the file cannot be read any further.
  absl::StatusOr<bool> Next(Line& line);

  // SHA-256 of the whole file, hex. Call it once, at the end.
  std::string Digest() { return digest_.Hex(); }

 private:
  LineReader(std::filesystem::path file, int descriptor);

  // Reads on behind what is there; false at the end of the file.
  absl::StatusOr<bool> Fill();
  absl::Status CheckEncoding();
  std::string_view rest() const { return {buffer_.data() + begin_, end_ - begin_}; }

  const std::filesystem::path file_;
  const int descriptor_;
  crypto::Sha256Stream digest_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of what was read and not given out
  std::size_t end_ = 0;
  std::int64_t lines_ = 0;
};

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_LINE_READER_H_
