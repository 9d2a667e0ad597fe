#ifndef ENTRYEXIT_SRC_CTL_EXTERNAL_SORT_H_
#define ENTRYEXIT_SRC_CTL_EXTERNAL_SORT_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace entryexit::ctl {

// Sorts any number of records in a bounded memory: what does not fit goes to a temporary file in
// sorted runs, which are merged in the end. The file has no name, so that nothing is left of it
// however the program ends. Not thread-safe.
class ExternalSort {
 public:
  // `directory` is for the temporary file; `memory` is in bytes.
  ExternalSort(std::filesystem::path directory, std::size_t memory);
  ~ExternalSort();
  ExternalSort(const ExternalSort&) = delete;
  ExternalSort& operator=(const ExternalSort&) = delete;

  // Errors: CONFIG_INVALID when the temporary file cannot be written.
  absl::Status Add(std::string_view key, std::string_view value);

  struct Record {
    std::string_view key;
    std::string_view value;
  };
  // After the last Add: the records by key, as bytes, each good until the call after; false at the
  // end.
  // Errors: CONFIG_INVALID when the temporary file cannot be written or read.
  absl::StatusOr<bool> Next(Record& record);

 private:
  struct Entry {
    std::size_t offset;  // in text_
    std::uint32_t key_size;
    std::uint32_t value_size;
  };
  class Run;

  std::string_view KeyOf(const Entry& entry) const {
    return std::string_view(text_).substr(entry.offset, entry.key_size);
  }
  void SortEntries();
  absl::Status Spill();
  absl::Status Write(std::string_view bytes);
  absl::Status BeginMerge();
  absl::StatusOr<bool> NextInMemory(Record& record);

  const std::filesystem::path directory_;
  const std::size_t memory_;
  std::string text_;
  std::vector<Entry> entries_;
  int file_ = -1;
  std::size_t written_ = 0;
  std::vector<std::unique_ptr<Run>> runs_;  // while merging, a heap with the least key in front
  bool reading_ = false;
  std::size_t next_entry_ = 0;
};

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_EXTERNAL_SORT_H_
