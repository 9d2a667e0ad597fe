#include "ctl/external_sort.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "entryexit/core/reason.h"

namespace entryexit::ctl {
namespace {

constexpr std::size_t kRunBuffer = std::size_t{256} << 10;
constexpr std::size_t kWritePiece = std::size_t{1} << 20;

absl::Status TemporaryFileFailed(const std::filesystem::path& directory, int error) {
  return core::MakeError(core::Reason::kConfigInvalid,
                         fmt::format("the temporary file in {} failed: {}", directory.string(),
                                     std::generic_category().message(error)));
}

void AppendNumber(std::uint32_t number, std::string& text) {
  char bytes[sizeof(number)];
  std::memcpy(bytes, &number, sizeof(number));
  text.append(bytes, sizeof(number));
}

std::uint32_t NumberAt(const char* bytes) {
  std::uint32_t number = 0;
  std::memcpy(&number, bytes, sizeof(number));
  return number;
}

}  // namespace

// Reads one sorted run: each record as the sizes of key and value, and the two.
class ExternalSort::Run {
 public:
  Run(std::size_t from, std::size_t to) : at_(from), to_(to) {}

  const Record& record() const { return record_; }

  // False at the end. Errors: errno's value.
  absl::StatusOr<bool> Advance(int file, const std::filesystem::path& directory) {
    constexpr std::size_t kSizes = 2 * sizeof(std::uint32_t);
    if (at_ == to_ && begin_ == buffer_.size()) return false;
    if (absl::Status status = Need(kSizes, file, directory); !status.ok()) return status;
    const std::size_t key_size = NumberAt(buffer_.data() + begin_);
    const std::size_t value_size = NumberAt(buffer_.data() + begin_ + sizeof(std::uint32_t));
    begin_ += kSizes;
    if (absl::Status status = Need(key_size + value_size, file, directory); !status.ok()) {
      return status;
    }
    const std::string_view text = std::string_view(buffer_).substr(begin_, key_size + value_size);
    record_ = {text.substr(0, key_size), text.substr(key_size)};
    begin_ += text.size();
    return true;
  }

 private:
  // Has `size` bytes in the buffer from `begin_` on.
  absl::Status Need(std::size_t size, int file, const std::filesystem::path& directory) {
    if (buffer_.size() - begin_ >= size) return absl::OkStatus();
    buffer_.erase(0, std::exchange(begin_, 0));
    std::size_t have = buffer_.size();
    buffer_.resize(have + std::min(std::max(size - have, kRunBuffer), to_ - at_));
    while (have < buffer_.size()) {
      const ssize_t got =
          pread(file, buffer_.data() + have, buffer_.size() - have, static_cast<off_t>(at_));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return TemporaryFileFailed(directory, got < 0 ? errno : EIO);
      have += static_cast<std::size_t>(got);
      at_ += static_cast<std::size_t>(got);
    }
    return have >= size ? absl::OkStatus() : TemporaryFileFailed(directory, EIO);
  }

  std::size_t at_;  // in the file: what comes into the buffer next
  const std::size_t to_;
  std::string buffer_;
  std::size_t begin_ = 0;
  Record record_;
};

ExternalSort::ExternalSort(std::filesystem::path directory, std::size_t memory)
    : directory_(std::move(directory)), memory_(memory) {
  text_.reserve(memory);  // growing by doubling would take twice as much; untouched it takes none
}

ExternalSort::~ExternalSort() {
  if (file_ >= 0) close(file_);
}

absl::Status ExternalSort::Add(std::string_view key, std::string_view value) {
  if (!text_.empty() &&
      text_.size() + entries_.size() * sizeof(Entry) + key.size() + value.size() > memory_) {
    if (absl::Status status = Spill(); !status.ok()) return status;
  }
  entries_.push_back({text_.size(), static_cast<std::uint32_t>(key.size()),
                      static_cast<std::uint32_t>(value.size())});
  text_ += key;
  text_ += value;
  return absl::OkStatus();
}

void ExternalSort::SortEntries() {
  std::ranges::stable_sort(entries_,
                           [this](const Entry& a, const Entry& b) { return KeyOf(a) < KeyOf(b); });
}

absl::Status ExternalSort::Spill() {
  if (file_ < 0) {
    std::string name = (directory_ / "entryexit-import-XXXXXX").string();
    file_ = mkostemp(name.data(), O_CLOEXEC);
    if (file_ < 0) return TemporaryFileFailed(directory_, errno);
    unlink(name.c_str());
  }
  SortEntries();
  const std::size_t begin = written_;
  std::string piece;
  for (const Entry& entry : entries_) {
    AppendNumber(entry.key_size, piece);
    AppendNumber(entry.value_size, piece);
    piece.append(text_, entry.offset, entry.key_size + entry.value_size);
    if (piece.size() < kWritePiece) continue;
    if (absl::Status status = Write(piece); !status.ok()) return status;
    piece.clear();
  }
  if (absl::Status status = Write(piece); !status.ok()) return status;
  runs_.push_back(std::make_unique<Run>(begin, written_));
  entries_.clear();
  text_.clear();
  return absl::OkStatus();
}

absl::Status ExternalSort::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = write(file_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return TemporaryFileFailed(directory_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
    written_ += static_cast<std::size_t>(put);
  }
  return absl::OkStatus();
}

namespace {

// For a heap whose front has the least key.
constexpr auto kHasGreaterKey = [](const auto& a, const auto& b) {
  return a->record().key > b->record().key;
};

}  // namespace

absl::Status ExternalSort::BeginMerge() {
  if (absl::Status status = Spill(); !status.ok()) return status;
  entries_ = std::vector<Entry>();
  text_ = std::string();  // what it held is given back
  for (const std::unique_ptr<Run>& run : runs_) {
    const absl::StatusOr<bool> there = run->Advance(file_, directory_);
    if (!there.ok()) return there.status();
  }
  std::ranges::make_heap(runs_, kHasGreaterKey);
  return absl::OkStatus();
}

absl::StatusOr<bool> ExternalSort::NextInMemory(Record& record) {
  if (next_entry_ == entries_.size()) return false;
  const Entry& entry = entries_[next_entry_++];
  record = {KeyOf(entry),
            std::string_view(text_).substr(entry.offset + entry.key_size, entry.value_size)};
  return true;
}

absl::StatusOr<bool> ExternalSort::Next(Record& record) {
  const bool is_first = !std::exchange(reading_, true);
  if (file_ < 0) {
    if (is_first) SortEntries();
    return NextInMemory(record);
  }
  if (is_first) {
    if (absl::Status status = BeginMerge(); !status.ok()) return status;
  } else if (!runs_.empty()) {
    // The run whose record was given out stands at the end.
    const absl::StatusOr<bool> there = runs_.back()->Advance(file_, directory_);
    if (!there.ok()) return there.status();
    if (*there) {
      std::ranges::push_heap(runs_, kHasGreaterKey);
    } else {
      runs_.pop_back();
    }
  }
  if (runs_.empty()) return false;
  std::ranges::pop_heap(runs_, kHasGreaterKey);
  record = runs_.back()->record();
  return true;
}

}  // namespace entryexit::ctl
