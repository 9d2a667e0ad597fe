#include "app/text.h"

#include <fmt/format.h>

#include "entryexit/core/reason.h"

namespace entryexit::app {

absl::Status CheckReasonText(const std::string& reason) {
  constexpr size_t kMaxReasonLength = 2000;
  if (reason.empty()) {
    return core::MakeError(core::Reason::kMissingField, "reason is missing: say why you decide so");
  }
  if (const size_t length = CharactersIn(reason); length > kMaxReasonLength) {
    return core::MakeError(
        core::Reason::kInvalidField,
        fmt::format("reason is longer than {} characters: {}", kMaxReasonLength, length));
  }
  if (reason.find('\0') != std::string::npos) {
    return core::MakeError(core::Reason::kInvalidField, "reason must not hold NUL characters");
  }
  return absl::OkStatus();
}

}  // namespace entryexit::app
