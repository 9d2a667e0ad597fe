#include "app/text.h"

#include <fmt/format.h>

#include "entryexit/core/reason.h"

namespace entryexit::app {

absl::Status CheckReasonText(const std::string& reason, const char* field) {
  constexpr size_t kMaxReasonLength = 2000;
  if (reason.empty()) {
    return core::MakeError(core::Reason::kMissingField,
                           fmt::format("{} is missing: say why", field));
  }
  if (const size_t length = CharactersIn(reason); length > kMaxReasonLength) {
    return core::MakeError(
        core::Reason::kInvalidField,
        fmt::format("{} is longer than {} characters: {}", field, kMaxReasonLength, length));
  }
  if (reason.find('\0') != std::string::npos) {
    return core::MakeError(core::Reason::kInvalidField,
                           fmt::format("{} must not hold NUL characters", field));
  }
  return absl::OkStatus();
}

absl::Status CheckNotInFuture(core::Date day, core::Timestamp now, const char* field) {
  if (day <= std::chrono::floor<std::chrono::days>(now) + std::chrono::days(1)) {
    return absl::OkStatus();
  }
  return core::MakeError(core::Reason::kInvalidField, fmt::format("{} lies in the future", field));
}

}  // namespace entryexit::app
