#include "rpc/uuid.h"

#include "absl/strings/ascii.h"

namespace entryexit::rpc {
namespace {

constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

}  // namespace

std::optional<std::string> CanonicalUuid(std::string_view text) {
  if (text.size() != kShape.size()) return std::nullopt;
  std::string result(text);
  for (size_t i = 0; i < kShape.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (kShape[i] == '-' ? c != '-' : !absl::ascii_isxdigit(c)) return std::nullopt;
    result[i] = absl::ascii_tolower(c);
  }
  return result;
}

}  // namespace entryexit::rpc
