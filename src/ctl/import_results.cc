#include "ctl/import_results.h"

#include <string_view>

#include "ctl/csv.h"
#include "ctl/import_key.h"
#include "entryexit/client/text.h"
#include "entryexit/core/reason.h"

namespace entryexit::ctl {
namespace {

constexpr std::size_t kResultsMemory = std::size_t{24} << 20;

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

}  // namespace

std::int64_t ImportCounts::refused_in_all() const {
  std::int64_t sum = 0;
  for (const auto& [reason, count] : refused) sum += count;
  return sum;
}

ImportResults::ImportResults(const std::filesystem::path& directory)
    : records_(directory, kResultsMemory) {}

absl::Status ImportResults::Add(const v1::ImportRowResult& result) {
  const core::MutexLock lock(mutex_);
  std::string reason;
  switch (result.outcome()) {
    case v1::IMPORT_OUTCOME_RECORDED:
      ++counts_.recorded;
      break;
    case v1::IMPORT_OUTCOME_ALREADY_RECORDED:
      ++counts_.already_recorded;
      break;
    default:
      reason = client::NameOf(result.reason());
      ++counts_.refused[reason];
      break;
  }
  return AddRecord(result.line(), client::NameOf(result.outcome()), reason, result.message(),
                   result.crossing_id());
}

absl::Status ImportResults::AddRefusal(std::int64_t line, const absl::Status& why) {
  const core::MutexLock lock(mutex_);
  const std::string reason(NameOf(core::ReasonOf(why).value_or(core::Reason::kInvalidField)));
  ++counts_.refused[reason];
  return AddRecord(line, "REFUSED", reason, MessageOf(why), "");
}

absl::Status ImportResults::AddChecked(std::int64_t line) {
  const core::MutexLock lock(mutex_);
  ++counts_.checked;
  return AddRecord(line, "CHECKED", "", "", "");
}

absl::Status ImportResults::AddRecord(std::int64_t line, const std::string& result,
                                      const std::string& reason, const std::string& message,
                                      const std::string& crossing_id) {
  std::string key;
  AppendSortable(line, key);
  return records_.Add(key, CsvRecord({std::to_string(line), result, reason, message, crossing_id}));
}

ImportCounts ImportResults::counts() const {
  const core::MutexLock lock(mutex_);
  return counts_;
}

absl::Status ImportResults::WriteTo(ReportFile& file) {
  const core::MutexLock lock(mutex_);
  file.Write(CsvRecord({"line", "result", "reason", "message", "crossing_id"}));
  for (;;) {
    ExternalSort::Record record;
    const absl::StatusOr<bool> there = records_.Next(record);
    if (!there.ok()) return there.status();
    if (!*there) return absl::OkStatus();
    file.Write(record.value);
  }
}

}  // namespace entryexit::ctl
