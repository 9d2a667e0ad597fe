#ifndef ENTRYEXIT_SRC_CORE_ENUM_NAMES_H_
#define ENTRYEXIT_SRC_CORE_ENUM_NAMES_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace entryexit::core {

// Every value of an enum with its name, in the order of the values: a value's name is then found by
// its position, which each table asserts with CoversUpTo.
template <typename Enum, std::size_t kSize>
using EnumNames = std::array<std::pair<Enum, const char*>, kSize>;

template <typename Enum, std::size_t kSize>
constexpr bool CoversUpTo(Enum last, const EnumNames<Enum, kSize>& names) {
  for (std::size_t i = 0; i < kSize; ++i) {
    if (static_cast<std::size_t>(names[i].first) != i) return false;
  }
  return kSize == static_cast<std::size_t>(last) + 1;
}

template <typename Enum, std::size_t kSize>
std::optional<Enum> FromName(const EnumNames<Enum, kSize>& names, const std::string& name) {
  for (const auto& [value, value_name] : names) {
    if (name == value_name) return value;
  }
  return std::nullopt;
}

}  // namespace entryexit::core

#endif  // ENTRYEXIT_SRC_CORE_ENUM_NAMES_H_
