#include "src/postgres/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace entryexit::postgres {
namespace {

using core::Reason;

struct Entry {
  std::string_view prefix;  // of an SQLSTATE: a class of two characters, or all five
  Reason reason;
};

// The first that fits counts.
constexpr Entry kEntries[] = {
    {"40", Reason::kDatabaseConflict},        // serialization failure, deadlock
    {"23505", Reason::kDatabaseConflict},     // unique violation: somebody was quicker
    {"25006", Reason::kDatabaseReadOnly},     // also a standby
    {"25P03", Reason::kDatabaseUnavailable},  // the server gave our idle transaction up
    {"53100", Reason::kDatabaseFull},
    {"53", Reason::kDatabaseUnavailable},  // out of memory, too many connections
    {"57014", Reason::kDeadlineExceeded},  // statement timeout
    {"57P", Reason::kDatabaseUnavailable},
    {"58", Reason::kDatabaseUnavailable},  // the server's own input and output
    {"08", Reason::kDatabaseUnavailable},
    {"XX001", Reason::kStoredDataInvalid},  // a damaged page
    {"XX002", Reason::kStoredDataInvalid},  // a damaged index
};

std::string FieldOf(const PGresult* result, int field) {
  const char* text = PQresultErrorField(result, field);
  return text == nullptr ? "" : text;
}

}  // namespace

Reason ReasonFor(const std::string& sqlstate) {
  const auto* entry = std::find_if(std::begin(kEntries), std::end(kEntries),
                                   [&](const Entry& e) { return sqlstate.starts_with(e.prefix); });
  return entry == std::end(kEntries) ? Reason::kInternal : entry->reason;
}

absl::Status ErrorOf(const PGresult* result, const char* statement) {
  const std::string sqlstate = FieldOf(result, PG_DIAG_SQLSTATE);
  const std::string constraint = FieldOf(result, PG_DIAG_CONSTRAINT_NAME);
  // The data key that sealed a record was destroyed meanwhile; tried again, another one seals it.
  const bool key_is_gone = constraint == "capture_key" || constraint == "template_key";
  std::string message =
      fmt::format("the database refused the statement {}: SQLSTATE {}", statement, sqlstate);
  if (!constraint.empty()) message += fmt::format(", constraint {}", constraint);
  return core::MakeError(key_is_gone ? Reason::kDatabaseConflict : ReasonFor(sqlstate), message);
}

absl::Status LinkError(const PGconn* connection) {
  std::string message = PQerrorMessage(connection);
  // What follows the first line is advice to a person at a terminal.
  message.erase(std::min(message.find('\n'), message.size()));
  if (message.empty()) message = "the connection was closed";
  return core::MakeError(Reason::kDatabaseUnavailable,
                         fmt::format("the link to the database failed: {}", message));
}

bool IsRetryable(const absl::Status& status) {
  const auto reason = core::ReasonOf(status);
  return reason == Reason::kDatabaseConflict || reason == Reason::kDatabaseUnavailable;
}

}  // namespace entryexit::postgres
