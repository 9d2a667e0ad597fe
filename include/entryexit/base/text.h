#ifndef ENTRYEXIT_BASE_TEXT_H_
#define ENTRYEXIT_BASE_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace entryexit::base {

// `text` for HTML and XML, as content and as an attribute's value in quotes.
std::string Escaped(std::string_view text);

// Whether `text` is well-formed UTF-8 (RFC 3629): no overlong forms, surrogates, or code points
// beyond U+10FFFF.
bool IsUtf8(std::string_view text);

// With a comma between the thousands: 20000 becomes "20,000".
std::string Grouped(std::uint64_t number);

}  // namespace entryexit::base

#endif  // ENTRYEXIT_BASE_TEXT_H_
