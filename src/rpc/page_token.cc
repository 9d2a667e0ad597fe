#include "rpc/page_token.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "entryexit/core/ids.h"
#include "entryexit/core/reason.h"

namespace entryexit::rpc {
namespace {

constexpr size_t kMaxLength = 256;
// Every list is ordered by times of these years, and PostgreSQL does not take all others.
constexpr core::Timestamp kEarliest{std::chrono::sys_days(std::chrono::year(1) / 1 / 1)};
constexpr core::Timestamp kLatest{std::chrono::sys_days(std::chrono::year(9999) / 12 / 31)};

// FNV-1a: the same on every daemon, whatever its build, and all that telling lists apart takes.
uint64_t Fingerprint(std::string_view text) {
  uint64_t hash = 14695981039346656037U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash;
}

std::string Seal(const std::string& list, core::Timestamp time, const std::string& place) {
  return absl::WebSafeBase64Escape(
      fmt::format("{:016x} {} {}", Fingerprint(list), time.time_since_epoch().count(), place));
}

// The time and the place in a token; the place is not looked at.
std::optional<PagePosition> Open(const std::string& list, const std::string& token) {
  std::string text;
  if (token.size() > kMaxLength || !absl::WebSafeBase64Unescape(token, &text)) return std::nullopt;
  const std::vector<std::string> fields = absl::StrSplit(text, ' ');
  int64_t microseconds = 0;
  if (fields.size() != 3 || fields[0] != fmt::format("{:016x}", Fingerprint(list)) ||
      !absl::SimpleAtoi(fields[1], &microseconds)) {
    return std::nullopt;
  }
  const core::Timestamp time{std::chrono::microseconds(microseconds)};
  if (time < kEarliest || time > kLatest) return std::nullopt;
  return PagePosition{time, fields[2]};
}

absl::Status NotOfThisList() {
  return core::MakeError(core::Reason::kPageTokenInvalid,
                         "page_token is not one that this list gave for these filters");
}

}  // namespace

std::string MakePageToken(const std::string& list, const PagePosition& position) {
  return Seal(list, position.time, position.id);
}

absl::StatusOr<std::optional<PagePosition>> ReadPageToken(const std::string& list,
                                                          const std::string& token) {
  if (token.empty()) return std::optional<PagePosition>();
  std::optional<PagePosition> position = Open(list, token);
  if (!position || core::CanonicalUuid(position->id) != position->id) return NotOfThisList();
  return position;
}

std::string MakePageToken(const std::string& list, const ports::AuditCursor& position) {
  return Seal(list, position.at, fmt::format("{}.{}", position.chain, position.sequence));
}

absl::StatusOr<std::optional<ports::AuditCursor>> ReadAuditPageToken(const std::string& list,
                                                                     const std::string& token) {
  if (token.empty()) return std::optional<ports::AuditCursor>();
  const std::optional<PagePosition> position = Open(list, token);
  if (!position) return NotOfThisList();
  const std::vector<std::string> parts = absl::StrSplit(position->id, '.');
  ports::AuditCursor cursor;
  cursor.at = position->time;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &cursor.chain) ||
      !absl::SimpleAtoi(parts[1], &cursor.sequence)) {
    return NotOfThisList();
  }
  return std::optional(cursor);
}

}  // namespace entryexit::rpc
