#include "src/config/text_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

namespace entryexit::config {
namespace {

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpperOrDigit(char c) { return IsUpper(c) || IsDigit(c); }
bool IsLowerOrDigit(char c) { return IsLower(c) || IsDigit(c); }

bool IsCode(std::string_view text, size_t max_size) {
  return !text.empty() && text.size() <= max_size && IsUpperOrDigit(text.front()) &&
         std::ranges::all_of(text, [](char c) { return IsUpperOrDigit(c) || c == '-'; });
}

}  // namespace

bool IsAnyText(std::string_view /*text*/) { return true; }

bool IsAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view host = text.substr(0, colon);
  const bool in_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (!in_brackets && host.find_first_of("[]: ") != std::string_view::npos) return false;
  int port = -1;
  const auto [stop, error] = std::from_chars(text.begin() + colon + 1, text.end(), port);
  return error == std::errc() && stop == text.end() && port >= 0 && port <= 65535;
}

bool IsAddressOrEmpty(std::string_view text) { return text.empty() || IsAddress(text); }

bool IsModelId(std::string_view text) {
  return !text.empty() && text.size() <= 64 && IsLowerOrDigit(text.front()) &&
         std::ranges::all_of(
             text, [](char c) { return IsLowerOrDigit(c) || c == '.' || c == '_' || c == '-'; });
}

bool IsStateCode(std::string_view text) {
  return !text.empty() && text.size() <= 3 && std::ranges::all_of(text, IsUpper);
}

bool IsClassOfAdmission(std::string_view text) { return IsCode(text, 8); }

bool IsPlaceId(std::string_view text) { return IsCode(text, 32); }

bool IsPurposeCode(std::string_view text) {
  return !text.empty() && text.size() <= 32 &&
         std::ranges::all_of(text, [](char c) { return IsUpperOrDigit(c) || c == '_'; });
}

bool IsKnownTimeZone(std::string_view name) {
  // No dots, so that the name cannot leave the folder.
  const bool plain = !name.empty() && std::ranges::all_of(name, [](char c) {
    return IsUpper(c) || IsLowerOrDigit(c) || c == '/' || c == '_' || c == '+' || c == '-';
  });
  if (!plain) return false;
  std::ifstream file(std::filesystem::path("/usr/share/zoneinfo") / std::string(name).c_str());
  std::array<char, 4> magic{};
  file.read(magic.data(), magic.size());
  return file && std::string_view(magic.data(), magic.size()) == "TZif";
}

std::optional<core::Date> ParseDay(std::string_view text) {
  const std::string_view form = "dddd-dd-dd";
  const bool in_form = std::ranges::equal(
      text, form, [](char c, char like) { return like == 'd' ? IsDigit(c) : c == like; });
  if (!in_form) return std::nullopt;
  const auto number = [text](size_t from, size_t size) {
    int value = 0;
    std::from_chars(text.data() + from, text.data() + from + size, value);
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  if (!day.ok()) return std::nullopt;
  return core::Date(day);
}

std::string TextOf(core::Date day) {
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace entryexit::config
