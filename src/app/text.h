#ifndef ENTRYEXIT_APP_TEXT_H_
#define ENTRYEXIT_APP_TEXT_H_

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace entryexit::app {

// The characters (Unicode code points) of a text in UTF-8, as PostgreSQL counts them too.
inline size_t CharactersIn(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Whether `reason` is what an officer may give for a decision: 1 to 2000 characters.
// Errors: MISSING_FIELD, INVALID_FIELD.
absl::Status CheckReasonText(const std::string& reason);

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_TEXT_H_
