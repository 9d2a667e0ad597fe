#include "ctl/import_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

#include "ctl/import_key.h"
#include "entryexit/base/files.h"
#include "entryexit/base/text.h"
#include "entryexit/core/reason.h"
#include "entryexit/crypto/digest.h"

namespace entryexit::ctl {
namespace {

namespace fs = std::filesystem;
using core::MakeError;
using core::Reason;

constexpr std::size_t kRowsMemory = std::size_t{64} << 20;
// A request ends with a document once it has so many rows, and in any case with the limit.
constexpr int kRowsPerRequest = 4000;
constexpr int kMaxRowsPerRequest = 10'000;
// Pictures take the service longer than rows do, and messages have a limit.
constexpr std::size_t kBytesPerRequest = std::size_t{2} << 20;
constexpr int kImagesPerRequest = 50;
constexpr std::int64_t kRowsBetweenProgress = 100'000;
// Of a key, what follows the document: time and line.
constexpr std::size_t kSizeBehindDocument = 3 * sizeof(std::int64_t);

std::unique_ptr<ImportParser> ParserFor(ImportFormat format) {
  if (format == ImportFormat::kCsv) return std::make_unique<CsvImportParser>();
  return std::make_unique<JsonImportParser>();
}

std::string_view DocumentOf(std::string_view key) {
  return key.substr(0, key.size() - kSizeBehindDocument);
}

absl::Status BadImage(const std::string& problem) {
  return MakeError(Reason::kInvalidField, "image " + problem);
}

// Whether `image`, as the file gives it, is a picture's file in `folder`, also when links are
// followed.
absl::Status CheckImagePath(const fs::path& folder, const fs::path& image) {
  if (image.is_absolute() || std::ranges::find(image, "..") != image.end()) {
    return BadImage("must be a path within the file's own folder");
  }
  std::error_code error;
  const fs::path real = fs::canonical(folder / image, error);
  if (error || !fs::is_regular_file(real, error)) return BadImage("is no file that can be read");
  const fs::path root = fs::canonical(folder, error);
  const auto [end, ignored] = std::mismatch(root.begin(), root.end(), real.begin(), real.end());
  if (error || end != root.end()) return BadImage("must be a path within the file's own folder");
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadImage(const fs::path& file, std::size_t max_bytes) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  if (error) return BadImage("is no file that can be read");
  if (size > max_bytes) {
    return MakeError(Reason::kImageTooLarge,
                     fmt::format("the image has {} bytes; the limit is {}", size, max_bytes));
  }
  auto bytes = base::ReadFile(file);
  if (!bytes.ok()) return BadImage("is no file that can be read");
  // Without one the row would be imported as one without a picture.
  if (bytes->empty()) return MakeError(Reason::kImageEmpty, "the image is empty");
  return bytes;
}

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace

absl::StatusOr<ImportFormat> ImportFormatOf(const fs::path& file) {
  if (file.extension() == ".csv") return ImportFormat::kCsv;
  if (file.extension() == ".jsonl") return ImportFormat::kJsonLines;
  return MakeError(
      Reason::kInvalidField,
      fmt::format("{} ends neither with .csv nor with .jsonl: give --format", file.string()));
}

ImportRows::ImportRows(ImportSource source, ImportResults& results)
    : source_(std::move(source)),
      folder_(source_.file.has_parent_path() ? source_.file.parent_path() : fs::path(".")),
      results_(results),
      parser_(ParserFor(source_.format)),
      sorted_(source_.temporary, kRowsMemory) {}

absl::Status ImportRows::ReadAll(bool check_only, const Progress& progress) {
  const auto reader = LineReader::Open(source_.file);
  if (!reader.ok()) return reader.status();
  const core::MutexLock lock(mutex_);
  bool needs_header = parser_->has_header();
  for (;;) {
    Line line;
    const absl::StatusOr<bool> there = (*reader)->Next(line);
    if (!there.ok()) return there.status();
    if (!*there) break;
    if (!line.too_long && IsBlank(line.text)) continue;
    if (needs_header) {
      needs_header = false;
      absl::Status status = line.too_long || !base::IsUtf8(line.text)
                                ? MakeError(Reason::kInvalidField, "the first line is no header")
                                : parser_->ReadHeader(line.text);
      if (!status.ok()) return status;
      continue;
    }
    if (absl::Status status = ReadLine(line, check_only); !status.ok()) return status;
    if (++rows_ % kRowsBetweenProgress == 0) progress(rows_);
  }
  if (needs_header) {
    return MakeError(Reason::kInvalidField, source_.file.string() + " is empty: it lacks a header");
  }
  import_id_ = crypto::DeterministicUuid("import\x1f" + (*reader)->Digest());
  return absl::OkStatus();
}

absl::Status ImportRows::ReadLine(const Line& line, bool check_only) {
  std::string image;
  const absl::Status good = CheckLine(line, image);
  if (!good.ok()) return results_.AddRefusal(line.number, good);
  return check_only ? results_.AddChecked(line.number) : Keep(line.number, image);
}

absl::Status ImportRows::CheckLine(const Line& line, std::string& image) {
  if (line.too_long) {
    return MakeError(Reason::kInvalidField,
                     fmt::format("the line is longer than {} bytes", LineReader::kMaxLine));
  }
  if (!base::IsUtf8(line.text)) return MakeError(Reason::kInvalidField, "the line is not UTF-8");
  if (line.text.find('\0') != std::string_view::npos) {
    return MakeError(Reason::kInvalidField, "the line holds a NUL character");
  }
  // The last field of a row that was cut off may look whole.
  if (source_.format == ImportFormat::kCsv && !line.ended) {
    return MakeError(Reason::kInvalidField,
                     "the file ends within the line and may be cut off: the last line, too, must "
                     "end with a line break");
  }
  ImportFields fields;
  absl::Status status = parser_->Read(line.text, fields);
  for (const std::string_view field : fields) {
    if (status.ok() && field.find('\0') != std::string_view::npos) {
      status = MakeError(Reason::kInvalidField, "a field holds a NUL character");
    }
  }
  if (status.ok()) status = MakeImportRow(fields, row_);
  if (!status.ok()) return status;
  row_.set_line(line.number);
  image = fields[static_cast<std::size_t>(ImportColumn::kImage)];
  return image.empty() ? absl::OkStatus() : CheckImagePath(folder_, image);
}

// The value is the image's path, a NUL and the row.
absl::Status ImportRows::Keep(std::int64_t line, const std::string& image) {
  std::string key = row_.document().issuing_state() + '\x1f' + row_.document().number();
  key += '\0';
  AppendSortable(row_.captured_at().seconds(), key);
  AppendSortable(row_.captured_at().nanos(), key);
  AppendSortable(line, key);
  std::string value = image + '\0';
  row_.AppendToString(&value);
  return sorted_.Add(key, value);
}

absl::Status ImportRows::Advance() {
  ExternalSort::Record record;
  const absl::StatusOr<bool> there = sorted_.Next(record);
  if (!there.ok()) return there.status();
  next_ = *there ? std::optional(record) : std::nullopt;
  return absl::OkStatus();
}

bool ImportRows::Fits(const v1::ImportCrossingsRequest& request) const {
  if (request.rows_size() >= kMaxRowsPerRequest || bytes_ >= kBytesPerRequest ||
      images_ >= kImagesPerRequest) {
    return false;
  }
  // A picture that does not fit beside what is there goes alone.
  const std::string_view image = next_->value.substr(0, next_->value.find('\0'));
  if (!image.empty() && request.rows_size() > 0) {
    std::error_code error;
    const auto size = fs::file_size(folder_ / image, error);
    if (!error && bytes_ + size > kBytesPerRequest) return false;
  }
  return request.rows_size() < kRowsPerRequest || DocumentOf(next_->key) == last_document_;
}

absl::StatusOr<bool> ImportRows::Next(v1::ImportCrossingsRequest& request) {
  const core::MutexLock lock(mutex_);
  request.Clear();
  request.set_import_id(import_id_);
  bytes_ = 0;
  images_ = 0;
  absl::Status status;
  if (!std::exchange(begun_, true)) status = Advance();
  while (status.ok() && next_ && Fits(request)) {
    status = AddTo(request);
    if (status.ok()) status = Advance();
  }
  if (!status.ok()) return status;
  return request.rows_size() > 0;
}

absl::Status ImportRows::AddTo(v1::ImportCrossingsRequest& request) {
  last_document_ = DocumentOf(next_->key);
  const std::size_t nul = next_->value.find('\0');
  const std::string_view image = next_->value.substr(0, nul);
  const std::string_view bytes = next_->value.substr(nul + 1);
  v1::ImportRow& row = *request.add_rows();
  if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return MakeError(Reason::kConfigInvalid, "a temporary file is not as it was written");
  }
  bytes_ += bytes.size();
  if (image.empty()) return absl::OkStatus();
  auto picture = ReadImage(folder_ / image, source_.max_image_bytes);
  if (!picture.ok()) {
    const std::int64_t line = row.line();
    request.mutable_rows()->RemoveLast();
    return results_.AddRefusal(line, picture.status());
  }
  bytes_ += picture->size();
  ++images_;
  row.set_image(*std::move(picture));
  return absl::OkStatus();
}

}  // namespace entryexit::ctl
