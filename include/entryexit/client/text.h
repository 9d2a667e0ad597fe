#ifndef ENTRYEXIT_CLIENT_TEXT_H_
#define ENTRYEXIT_CLIENT_TEXT_H_

#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "entryexit/v1/types.pb.h"

// The API's values as people write and read them. All functions are thread-safe.
namespace entryexit::client {

// RFC 3339 in UTC, to the second, or to the fraction that there is: "2026-05-01T09:30:00Z".
std::string FormatTimestamp(const google::protobuf::Timestamp& timestamp);

// Errors: INVALID_FIELD unless `text` is an RFC 3339 time with an offset,
// "2026-05-01T11:30:00+02:00".
absl::StatusOr<google::protobuf::Timestamp> ParseTimestamp(std::string_view text);

google::protobuf::Timestamp Now();

// ISO 8601: "2026-05-01".
std::string FormatDate(const v1::Date& date);

// Errors: INVALID_FIELD unless `text` is a valid day in the form "2026-05-01".
absl::StatusOr<v1::Date> ParseDate(std::string_view text);

// What is to be said before the comparison's estimated FMR: "at most ", "at least ", or nothing.
std::string FmrBoundWords(const v1::Comparison& comparison);

// The message as one line of JSON with the field names of the .proto file. Fields with their
// default value are there too, save those that can be absent. Pictures (bytes fields named `image`)
// are emptied.
std::string ToJson(const google::protobuf::Message& message);

// An enum value without its type's prefix: "IDENTITY_NO_MATCH". "UNKNOWN_9" for a value that this
// program does not know.
template <typename Enum>
std::string NameOf(Enum value);

// The value with that name, prefix left out; case and the choice of '-' or '_' do not matter.
template <typename Enum>
std::optional<Enum> ParseEnum(std::string_view name);

namespace internal {

std::string EnumName(const google::protobuf::EnumDescriptor& type, int value);
std::optional<int> EnumValue(const google::protobuf::EnumDescriptor& type, std::string_view name);

}  // namespace internal

template <typename Enum>
std::string NameOf(Enum value) {
  return internal::EnumName(*google::protobuf::GetEnumDescriptor<Enum>(), value);
}

template <typename Enum>
std::optional<Enum> ParseEnum(std::string_view name) {
  const auto value = internal::EnumValue(*google::protobuf::GetEnumDescriptor<Enum>(), name);
  if (!value) return std::nullopt;
  return static_cast<Enum>(*value);
}

}  // namespace entryexit::client

#endif  // ENTRYEXIT_CLIENT_TEXT_H_
