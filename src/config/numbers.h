#ifndef ENTRYEXIT_SRC_CONFIG_NUMBERS_H_
#define ENTRYEXIT_SRC_CONFIG_NUMBERS_H_

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>

// Numbers in an operator's files; private to the config module.
namespace entryexit::config {

// What ParseNumber allows, in words.
template <typename T>
std::string RangeText(T min, T max) {
  return fmt::format("{} from {} to {}", std::is_integral_v<T> ? "a whole number" : "a number", min,
                     max);
}

// None for a text that is no number, has more around it, or is out of the range.
template <typename T>
std::optional<T> ParseNumber(const std::string& text, T min, T max) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  const bool in_range = value >= min && value <= max;  // false for not-a-number
  if (error != std::errc() || stop != end || !in_range) return std::nullopt;
  return value;
}

}  // namespace entryexit::config

#endif  // ENTRYEXIT_SRC_CONFIG_NUMBERS_H_
