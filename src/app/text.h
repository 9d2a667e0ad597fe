#ifndef ENTRYEXIT_APP_TEXT_H_
#define ENTRYEXIT_APP_TEXT_H_

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "entryexit/core/clock.h"

namespace entryexit::app {

// The characters (Unicode code points) of a text in UTF-8, as PostgreSQL counts them too.
inline size_t CharactersIn(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Whether `reason` is what an officer may give for a decision, or a traveler for a request: 1 to
// 2000 characters. `field` names it in errors.
// Errors: MISSING_FIELD, INVALID_FIELD.
absl::Status CheckReasonText(const std::string& reason, const char* field = "reason");

// Whether `day`, the calendar's wherever the event took place, has begun somewhere: one ahead of
// UTC is no day in the future. Errors: INVALID_FIELD.
absl::Status CheckNotInFuture(core::Date day, core::Timestamp now, const char* field);

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_TEXT_H_
