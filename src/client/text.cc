#include "entryexit/client/text.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <cctype>
#include <charconv>
#include <chrono>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "entryexit/core/reason.h"

namespace entryexit::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// "CASE_KIND_" for CaseKind: the values' prefix that the API's style demands.
std::string PrefixOf(const google::protobuf::EnumDescriptor& type) {
  std::string prefix;
  for (const char letter : type.name()) {
    if (std::isupper(static_cast<unsigned char>(letter)) != 0 && !prefix.empty()) prefix += '_';
    prefix += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  }
  return prefix + '_';
}

absl::Status BadDate(std::string_view text) {
  return core::MakeError(core::Reason::kInvalidField,
                         fmt::format("'{}' is not a day; write it like 2026-05-01", text));
}

bool ParseDigits(std::string_view text, int& value) {
  if (text.find_first_not_of("0123456789") != std::string_view::npos) return false;
  return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc();
}

// The API nests pictures no deeper than in an item of a stream, but following every message keeps
// this true when it grows.
void DropImages(Message& message) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->type() == FieldDescriptor::TYPE_BYTES && field->name() == "image") {
      reflection->ClearField(&message, field);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (!field->is_repeated()) {
        DropImages(*reflection->MutableMessage(&message, field));
        continue;
      }
      for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
        DropImages(*reflection->MutableRepeatedMessage(&message, field, i));
      }
    }
  }
}

}  // namespace

std::string FormatTimestamp(const google::protobuf::Timestamp& timestamp) {
  const absl::Time time =
      absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
  return absl::FormatTime("%E4Y-%m-%d%ET%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

absl::StatusOr<google::protobuf::Timestamp> ParseTimestamp(std::string_view text) {
  absl::Time time;
  std::string error;
  // ParseTime also takes "infinite-future".
  if (!absl::ParseTime(absl::RFC3339_full, std::string(text), &time, &error) ||
      time == absl::InfiniteFuture() || time == absl::InfinitePast()) {
    return core::MakeError(
        core::Reason::kInvalidField,
        fmt::format("'{}' is not a time; write it like 2026-05-01T09:30:00Z", text));
  }
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(absl::ToUnixSeconds(time));
  timestamp.set_nanos(static_cast<int>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(timestamp.seconds()))));
  return timestamp;
}

google::protobuf::Timestamp Now() {
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(second.time_since_epoch().count());
  timestamp.set_nanos(static_cast<int>(std::chrono::nanoseconds(now - second).count()));
  return timestamp;
}

std::string FmrBoundWords(const v1::Comparison& comparison) {
  if (comparison.fmr_bound() == v1::FMR_BOUND_AT_MOST) return "at most ";
  if (comparison.fmr_bound() == v1::FMR_BOUND_AT_LEAST) return "at least ";
  return "";
}

std::string FormatDate(const v1::Date& date) {
  return fmt::format("{:04}-{:02}-{:02}", date.year(), date.month(), date.day());
}

absl::StatusOr<v1::Date> ParseDate(std::string_view text) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (text.size() != 10 || text[4] != '-' || text[7] != '-' ||
      !ParseDigits(text.substr(0, 4), year) || !ParseDigits(text.substr(5, 2), month) ||
      !ParseDigits(text.substr(8, 2), day)) {
    return BadDate(text);
  }
  const std::chrono::year_month_day ymd(std::chrono::year(year),
                                        std::chrono::month(static_cast<unsigned>(month)),
                                        std::chrono::day(static_cast<unsigned>(day)));
  if (!ymd.ok() || year == 0) return BadDate(text);
  v1::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

std::string ToJson(const Message& message) {
  const std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  DropImages(*copy);
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  // A program that reads an answer should find its "recorded": false.
  options.always_print_primitive_fields = true;
  std::string json;
  // Fails only for a google.protobuf.Any or a value out of its range, which the API does not send.
  if (!google::protobuf::util::MessageToJsonString(*copy, &json, options).ok()) return "{}";
  return json;
}

namespace internal {

std::string EnumName(const google::protobuf::EnumDescriptor& type, int value) {
  const auto* found = type.FindValueByNumber(value);
  if (found == nullptr) return fmt::format("UNKNOWN_{}", value);
  return found->name().substr(PrefixOf(type).size());
}

std::optional<int> EnumValue(const google::protobuf::EnumDescriptor& type, std::string_view name) {
  std::string full = PrefixOf(type);
  for (const char letter : name) {
    full +=
        letter == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  }
  const auto* found = type.FindValueByName(full);
  if (found == nullptr) return std::nullopt;
  return found->number();
}

}  // namespace internal
}  // namespace entryexit::client
