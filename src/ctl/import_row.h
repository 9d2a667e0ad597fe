#ifndef ENTRYEXIT_SRC_CTL_IMPORT_ROW_H_
#define ENTRYEXIT_SRC_CTL_IMPORT_ROW_H_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "entryexit/v1/import_service.pb.h"

namespace entryexit::ctl {

enum class ImportColumn {
  kDirection,
  kLaneId,
  kCapturedAt,
  kIssuingState,
  kDocumentNumber,
  kNationality,
  kBirthDate,
  kSex,
  kClassOfAdmission,
  kAuthorizedUntil,
  kCarrier,
  kFlight,
  kImage,
};
inline constexpr std::size_t kImportColumns = 13;
const char* NameOf(ImportColumn column);  // "direction", ...

// The texts of one row by column; empty: not given.
using ImportFields = std::array<std::string_view, kImportColumns>;

// Takes a line of a file apart, in one of the formats. Not thread-safe.
class ImportParser {
 public:
  virtual ~ImportParser() = default;

  // Whether the first line names the columns.
  virtual bool has_header() const = 0;
  // Errors: INVALID_FIELD for a column that is unknown, named twice or missing.
  virtual absl::Status ReadHeader(std::string_view line) = 0;
  // What lies in `fields` is good until the next call.
  // Errors: INVALID_FIELD, saying what is wrong with the line as such.
  virtual absl::Status Read(std::string_view line, ImportFields& fields) = 0;
};

// RFC 4180, but a field must end on its line: no column may hold a line break.
class CsvImportParser final : public ImportParser {
 public:
  bool has_header() const override { return true; }
  absl::Status ReadHeader(std::string_view line) override;
  absl::Status Read(std::string_view line, ImportFields& fields) override;

 private:
  std::vector<ImportColumn> columns_;
  std::vector<std::string> values_;
};

// An object a line, whose members are texts named as the columns are.
class JsonImportParser final : public ImportParser {
 public:
  bool has_header() const override { return false; }
  absl::Status ReadHeader(std::string_view line) override;
  absl::Status Read(std::string_view line, ImportFields& fields) override;

 private:
  std::array<std::string, kImportColumns> values_;
};

// The row to send, but for its line and its image. The document is normalized.
// Errors: MISSING_FIELD, INVALID_FIELD, naming the column and never its value.
absl::Status MakeImportRow(const ImportFields& fields, v1::ImportRow& row);

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_IMPORT_ROW_H_
