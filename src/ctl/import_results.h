#ifndef ENTRYEXIT_SRC_CTL_IMPORT_RESULTS_H_
#define ENTRYEXIT_SRC_CTL_IMPORT_RESULTS_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "ctl/external_sort.h"
#include "ctl/report_file.h"
#include "entryexit/core/mutex.h"
#include "entryexit/v1/import_service.pb.h"

namespace entryexit::ctl {

// How many rows of an import had which result.
struct ImportCounts {
  std::int64_t checked = 0;  // found good and not sent
  std::int64_t recorded = 0;
  std::int64_t already_recorded = 0;
  std::map<std::string, std::int64_t> refused;  // by reason

  std::int64_t refused_in_all() const;
  std::int64_t all() const { return checked + recorded + already_recorded + refused_in_all(); }
};

// The results of an import's rows, in whatever order they come. Thread-safe.
class ImportResults {
 public:
  // `directory` is for temporary files.
  explicit ImportResults(const std::filesystem::path& directory);

  // Errors of all of them: CONFIG_INVALID when a temporary file cannot be written or read.
  absl::Status Add(const v1::ImportRowResult& result) EXCLUDES(mutex_);
  // One that this side refused.
  absl::Status AddRefusal(std::int64_t line, const absl::Status& why) EXCLUDES(mutex_);
  absl::Status AddChecked(std::int64_t line) EXCLUDES(mutex_);

  ImportCounts counts() const EXCLUDES(mutex_);

  // After the last result: CSV with a header and a record for each, by line.
  absl::Status WriteTo(ReportFile& file) EXCLUDES(mutex_);

 private:
  absl::Status AddRecord(std::int64_t line, const std::string& result, const std::string& reason,
                         const std::string& message, const std::string& crossing_id)
      REQUIRES(mutex_);

  mutable core::Mutex mutex_;
  ExternalSort records_ GUARDED_BY(mutex_);
  ImportCounts counts_ GUARDED_BY(mutex_);
};

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_IMPORT_RESULTS_H_
