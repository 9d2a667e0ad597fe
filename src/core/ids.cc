#include "entryexit/core/ids.h"

#include <algorithm>

namespace entryexit::core {
namespace {

constexpr size_t kMaxPlainIdLength = 64;
constexpr std::string_view kUuidShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
constexpr std::string_view kHexDigits = "0123456789abcdef";

// Only of ASCII letters, whatever the locale.
char LowerCase(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool IsPlainId(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= kMaxPlainIdLength && std::ranges::all_of(text, allowed);
}

std::optional<std::string> CanonicalUuid(std::string_view text) {
  if (text.size() != kUuidShape.size()) return std::nullopt;
  std::string result(text);
  for (size_t i = 0; i < result.size(); ++i) {
    result[i] = LowerCase(result[i]);
    const bool is_hyphen = kUuidShape[i] == '-';
    if (is_hyphen ? result[i] != '-' : kHexDigits.find(result[i]) == std::string_view::npos)
      return std::nullopt;
  }
  return result;
}

bool IsUuid(std::string_view text) { return CanonicalUuid(text) == text; }

}  // namespace entryexit::core
