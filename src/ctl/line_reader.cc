#include "ctl/line_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "entryexit/core/reason.h"

namespace entryexit::ctl {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

absl::Status CannotRead(const std::filesystem::path& file, const std::string& why) {
  return core::MakeError(core::Reason::kConfigInvalid,
                         fmt::format("cannot read {}: {}", file.string(), why));
}

bool IsUtf16(std::string_view start) {
  if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")) return true;
  // Without a mark, every other byte of ASCII text is NUL.
  return start.size() >= 2 && (start[0] == '\0') != (start[1] == '\0');
}

}  // namespace

LineReader::LineReader(std::filesystem::path file, int descriptor)
    : file_(std::move(file)), descriptor_(descriptor), buffer_(kMaxLine + kPiece) {}

LineReader::~LineReader() { close(descriptor_); }

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(const std::filesystem::path& file) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return CannotRead(file, std::generic_category().message(errno));
  posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  std::unique_ptr<LineReader> reader(new LineReader(file, descriptor));
  if (absl::Status status = reader->CheckEncoding(); !status.ok()) return status;
  return reader;
}

absl::Status LineReader::CheckEncoding() {
  while (rest().size() < kUtf8Mark.size()) {
    const absl::StatusOr<bool> more = Fill();
    if (!more.ok()) return more.status();
    if (!*more) break;
  }
  if (IsUtf16(rest())) return CannotRead(file_, "it is in UTF-16; convert it to UTF-8");
  if (rest().starts_with(kUtf8Mark)) begin_ += kUtf8Mark.size();
  return absl::OkStatus();
}

absl::StatusOr<bool> LineReader::Fill() {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
  end_ -= std::exchange(begin_, 0);
  ssize_t got = 0;
  do {
    got = read(descriptor_, buffer_.data() + end_, buffer_.size() - end_);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return CannotRead(file_, std::generic_category().message(errno));
  digest_.Add({buffer_.data() + end_, static_cast<std::size_t>(got)});
  end_ += static_cast<std::size_t>(got);
  return got > 0;
}

absl::StatusOr<bool> LineReader::Next(Line& line) {
  line = {};
  std::size_t looked_at = 0;
  for (;;) {
    const std::size_t at = rest().find('\n', looked_at);
    const bool found = at != std::string_view::npos;
    std::size_t length = found ? at : rest().size();
    line.too_long = line.too_long || length > kMaxLine;
    if (!found) {
      // Of a line that is too long nothing is kept.
      if (line.too_long) begin_ = end_;
      looked_at = rest().size();
      const absl::StatusOr<bool> more = Fill();
      if (!more.ok()) return more.status();
      if (*more) continue;
      if (rest().empty() && !line.too_long) return false;
      length = rest().size();
    }
    line.number = ++lines_;
    line.ended = found;
    if (!line.too_long) line.text = rest().substr(0, length);
    if (line.text.ends_with('\r')) line.text.remove_suffix(1);
    begin_ += length + (found ? 1 : 0);
    return true;
  }
}

}  // namespace entryexit::ctl
