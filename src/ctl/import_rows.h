#ifndef ENTRYEXIT_SRC_CTL_IMPORT_ROWS_H_
#define ENTRYEXIT_SRC_CTL_IMPORT_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ctl/external_sort.h"
#include "ctl/import_results.h"
#include "ctl/import_row.h"
#include "ctl/line_reader.h"
#include "entryexit/core/mutex.h"
#include "entryexit/v1/import_service.pb.h"

namespace entryexit::ctl {

enum class ImportFormat { kCsv, kJsonLines };

// By the name's ending. Errors: INVALID_FIELD.
absl::StatusOr<ImportFormat> ImportFormatOf(const std::filesystem::path& file);

struct ImportSource {
  std::filesystem::path file;
  ImportFormat format = ImportFormat::kCsv;
  std::filesystem::path temporary;  // the folder for temporary files
  std::size_t max_image_bytes = 0;
};

// The rows of a file, checked as far as this side can, in the order of documents and, within one,
// of time: so all rows of a traveler come together. Thread-safe.
class ImportRows {
 public:
  // `results`, which is told of every row that is refused here, must outlive the object.
  ImportRows(ImportSource source, ImportResults& results);

  // Called now and then with the rows read so far.
  using Progress = std::function<void(std::int64_t)>;

  // Reads the whole file. Call it once, before all else. With `check_only` the rows are forgotten
  // and their results are that they were checked.
  // Errors: CONFIG_INVALID, INVALID_FIELD when there is something wrong with the file as such, or
  // with the temporary files.
  absl::Status ReadAll(bool check_only, const Progress& progress) EXCLUDES(mutex_);

  std::int64_t rows() const { return rows_; }
  // The same for the same file.
  const std::string& import_id() const { return import_id_; }

  // Puts the next rows into `request`; false when there are none left.
  // Errors: CONFIG_INVALID for the temporary files.
  absl::StatusOr<bool> Next(v1::ImportCrossingsRequest& request) EXCLUDES(mutex_);

 private:
  absl::Status ReadLine(const Line& line, bool check_only) REQUIRES(mutex_);
  absl::Status CheckLine(const Line& line, std::string& image) REQUIRES(mutex_);
  absl::Status Keep(std::int64_t line, const std::string& image) REQUIRES(mutex_);
  absl::Status Advance() REQUIRES(mutex_);
  bool Fits(const v1::ImportCrossingsRequest& request) const REQUIRES(mutex_);
  absl::Status AddTo(v1::ImportCrossingsRequest& request) REQUIRES(mutex_);

  const ImportSource source_;
  const std::filesystem::path folder_;  // of the file; what images lie in
  ImportResults& results_;
  std::int64_t rows_ = 0;
  std::string import_id_;

  core::Mutex mutex_;
  std::unique_ptr<ImportParser> parser_ GUARDED_BY(mutex_);
  v1::ImportRow row_ GUARDED_BY(mutex_);
  ExternalSort sorted_ GUARDED_BY(mutex_);
  bool begun_ GUARDED_BY(mutex_) = false;
  std::optional<ExternalSort::Record> next_ GUARDED_BY(mutex_);
  std::string last_document_ GUARDED_BY(mutex_);  // of the row that was sent last
  // In the request that is being filled.
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
  int images_ GUARDED_BY(mutex_) = 0;
};

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_IMPORT_ROWS_H_
