#include "ctl/import_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "entryexit/client/text.h"
#include "entryexit/core/reason.h"
#include "entryexit/core/travel_document.h"

namespace entryexit::ctl {
namespace {

using core::MakeError;
using core::Reason;
using enum ImportColumn;

constexpr std::array<const char*, kImportColumns> kColumnNames = {
    "direction",   "lane_id",    "captured_at", "issuing_state",      "document_number",
    "nationality", "birth_date", "sex",         "class_of_admission", "authorized_until",
    "carrier",     "flight",     "image"};
constexpr ImportColumn kRequiredColumns[] = {
    kDirection,      kLaneId,      kCapturedAt, kIssuingState,
    kDocumentNumber, kNationality, kBirthDate,  kSex};

absl::Status MalformedLine(const std::string& problem) {
  return MakeError(Reason::kInvalidField, problem);
}

absl::Status MissingColumn(ImportColumn column) {
  return MakeError(Reason::kMissingField, fmt::format("{} is missing", NameOf(column)));
}

absl::Status InvalidColumn(ImportColumn column, const std::string& rule) {
  return MakeError(Reason::kInvalidField, fmt::format("{} {}", NameOf(column), rule));
}

std::optional<ImportColumn> ColumnNamed(std::string_view name) {
  const auto* const found = std::ranges::find(kColumnNames, name);
  if (found == kColumnNames.end()) return std::nullopt;
  return static_cast<ImportColumn>(found - kColumnNames.begin());
}

std::string_view ValueOf(const ImportFields& fields, ImportColumn column) {
  return fields[static_cast<std::size_t>(column)];
}

// The fields of a record; `count` tells how many of `values`, which are kept for their memory.
absl::Status SplitRecord(std::string_view line, std::vector<std::string>& values,
                         std::size_t& count) {
  count = 0;
  for (std::size_t at = 0;;) {
    if (count == values.size()) values.emplace_back();
    std::string& value = values[count++];
    value.clear();
    if (at < line.size() && line[at] == '"') {
      for (++at;; ++at) {
        const std::size_t quote = line.find('"', at);
        if (quote == std::string_view::npos) {
          return MalformedLine(fmt::format(
              "field {} has a quote that does not end on its line: no field may hold a line break",
              count));
        }
        value += line.substr(at, quote - at);
        at = quote + 1;
        if (at == line.size() || line[at] != '"') break;
        value += '"';
      }
      if (at < line.size() && line[at] != ',') {
        return MalformedLine(fmt::format("field {} goes on behind its closing quote", count));
      }
    } else {
      const std::size_t comma = std::min(line.find(',', at), line.size());
      value = line.substr(at, comma - at);
      if (value.find('"') != std::string::npos) {
        return MalformedLine(fmt::format("field {} has a quote in it but not around it", count));
      }
      at = comma;
    }
    if (at == line.size()) return absl::OkStatus();
    ++at;  // the comma
  }
}

absl::Status FillDocument(const ImportFields& fields, v1::TravelDocument& proto) {
  const auto birth_date = client::ParseDate(ValueOf(fields, kBirthDate));
  if (!birth_date.ok()) return InvalidColumn(kBirthDate, "is not a day like 1984-02-29");
  const std::string_view sex = ValueOf(fields, kSex);
  if (sex == "F") {
    proto.set_sex(v1::SEX_FEMALE);
  } else if (sex == "M") {
    proto.set_sex(v1::SEX_MALE);
  } else if (sex == "X") {
    proto.set_sex(v1::SEX_X);
  } else {
    return InvalidColumn(kSex, "must be F, M or X");
  }
  // So that rows of one document are known to be so. The rest is the service's to check.
  core::TravelDocument document;
  document.issuing_state = ValueOf(fields, kIssuingState);
  document.number = ValueOf(fields, kDocumentNumber);
  document.nationality = ValueOf(fields, kNationality);
  auto normalized = core::Normalized(std::move(document));
  if (!normalized.ok()) return normalized.status();
  proto.set_issuing_state(std::move(normalized->issuing_state));
  proto.set_number(std::move(normalized->number));
  proto.set_nationality(std::move(normalized->nationality));
  *proto.mutable_birth_date() = *birth_date;
  return absl::OkStatus();
}

absl::Status FillAdmission(const ImportFields& fields, v1::Admission& admission) {
  const std::string_view code = ValueOf(fields, kClassOfAdmission);
  if (code.empty()) return MissingColumn(kClassOfAdmission);
  admission.set_class_of_admission(std::string(code));
  const std::string_view until = ValueOf(fields, kAuthorizedUntil);
  if (until.empty()) return absl::OkStatus();
  if (until == "D_S") {
    admission.set_duration_of_status(true);
    return absl::OkStatus();
  }
  const auto day = client::ParseDate(until);
  if (!day.ok()) return InvalidColumn(kAuthorizedUntil, "must be a day like 2026-05-01, or D_S");
  *admission.mutable_authorized_until() = *day;
  return absl::OkStatus();
}

}  // namespace

const char* NameOf(ImportColumn column) { return kColumnNames[static_cast<std::size_t>(column)]; }

absl::Status CsvImportParser::ReadHeader(std::string_view line) {
  std::size_t count = 0;
  if (absl::Status status = SplitRecord(line, values_, count); !status.ok()) return status;
  for (std::size_t i = 0; i < count; ++i) {
    const std::optional<ImportColumn> column = ColumnNamed(values_[i]);
    if (!column) {
      return MalformedLine(
          fmt::format("the header names a column '{}', which there is not; there "
                      "are: {}",
                      values_[i].substr(0, 40), fmt::join(kColumnNames, ", ")));
    }
    if (std::ranges::find(columns_, *column) != columns_.end()) {
      return MalformedLine(fmt::format("the header names the column {} twice", NameOf(*column)));
    }
    columns_.push_back(*column);
  }
  for (const ImportColumn required : kRequiredColumns) {
    if (std::ranges::find(columns_, required) == columns_.end()) {
      return MalformedLine(fmt::format("the header lacks the column {}", NameOf(required)));
    }
  }
  return absl::OkStatus();
}

absl::Status CsvImportParser::Read(std::string_view line, ImportFields& fields) {
  std::size_t count = 0;
  if (absl::Status status = SplitRecord(line, values_, count); !status.ok()) return status;
  if (count != columns_.size()) {
    return MalformedLine(
        fmt::format("the line has {} fields, the header {}", count, columns_.size()));
  }
  fields = {};
  for (std::size_t i = 0; i < count; ++i) {
    fields[static_cast<std::size_t>(columns_[i])] = values_[i];
  }
  return absl::OkStatus();
}

absl::Status JsonImportParser::ReadHeader(std::string_view /*line*/) { return absl::OkStatus(); }

absl::Status JsonImportParser::Read(std::string_view line, ImportFields& fields) {
  const auto object = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return MalformedLine("the line is no JSON object, or cut off");
  fields = {};
  for (const auto& [name, value] : object.items()) {
    const std::optional<ImportColumn> column = ColumnNamed(name);
    if (!column) {
      return MalformedLine(fmt::format("the object has a member that is no column; there are: {}",
                                       fmt::join(kColumnNames, ", ")));
    }
    if (value.is_null()) continue;
    const auto* const text = value.get_ptr<const std::string*>();
    if (text == nullptr) return InvalidColumn(*column, "is no text");
    std::string& kept = values_[static_cast<std::size_t>(*column)];
    kept = *text;
    fields[static_cast<std::size_t>(*column)] = kept;
  }
  return absl::OkStatus();
}

absl::Status MakeImportRow(const ImportFields& fields, v1::ImportRow& row) {
  row.Clear();
  for (const ImportColumn required : kRequiredColumns) {
    if (ValueOf(fields, required).empty()) return MissingColumn(required);
  }
  const std::string_view direction = ValueOf(fields, kDirection);
  const bool is_arrival = direction == "ARRIVAL";
  if (!is_arrival && direction != "DEPARTURE") {
    return InvalidColumn(kDirection, "must be ARRIVAL or DEPARTURE");
  }
  row.set_direction(is_arrival ? v1::DIRECTION_ARRIVAL : v1::DIRECTION_DEPARTURE);
  row.set_lane_id(std::string(ValueOf(fields, kLaneId)));
  const auto captured_at = client::ParseTimestamp(ValueOf(fields, kCapturedAt));
  if (!captured_at.ok()) {
    return InvalidColumn(kCapturedAt, "is not a time with an offset, like 2026-05-01T09:30:00Z");
  }
  *row.mutable_captured_at() = *captured_at;
  if (absl::Status status = FillDocument(fields, *row.mutable_document()); !status.ok()) {
    return status;
  }
  row.set_carrier(std::string(ValueOf(fields, kCarrier)));
  row.set_flight(std::string(ValueOf(fields, kFlight)));
  if (is_arrival) return FillAdmission(fields, *row.mutable_admission());
  for (const ImportColumn column : {kClassOfAdmission, kAuthorizedUntil}) {
    if (!ValueOf(fields, column).empty()) return InvalidColumn(column, "is for arrivals only");
  }
  return absl::OkStatus();
}

}  // namespace entryexit::ctl
