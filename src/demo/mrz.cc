#include "src/demo/mrz.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <string_view>

namespace entryexit::demo {
namespace {

constexpr std::size_t kLineLength = 44;
constexpr std::size_t kNumberCheckDigit = kLineLength + 1 + 9;  // behind line, break and number

std::string Filled(std::string text, std::size_t length) {
  text.resize(length, '<');
  return text;
}

int ValueOf(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'A' && letter <= 'Z') return letter - 'A' + 10;
  return 0;
}

char CheckDigit(std::string_view field) {
  constexpr std::array<int, 3> kWeights = {7, 3, 1};
  int sum = 0;
  for (std::size_t i = 0; i < field.size(); ++i) sum += ValueOf(field[i]) * kWeights[i % 3];
  return static_cast<char>('0' + sum % 10);
}

std::string WithCheckDigit(const std::string& field) { return field + CheckDigit(field); }

char LetterOf(v1::Sex sex) {
  if (sex == v1::SEX_FEMALE) return 'F';
  return sex == v1::SEX_MALE ? 'M' : '<';
}

}  // namespace

std::string PassportMrz(const v1::TravelDocument& document) {
  const auto& birth = document.birth_date();
  const std::string number = WithCheckDigit(Filled(document.number(), 9));
  const std::string born = WithCheckDigit(
      fmt::format("{:02}{:02}{:02}", birth.year() % 100, birth.month(), birth.day()));
  const std::string expires = WithCheckDigit("351231");
  const std::string optional = WithCheckDigit(Filled("", 14));
  const char composite = CheckDigit(number + born + expires + optional);
  return Filled("P<" + Filled(document.issuing_state(), 3) + "SPECIMEN<<TRAVELER", kLineLength) +
         "\n" + number + Filled(document.nationality(), 3) + born + LetterOf(document.sex()) +
         expires + optional + composite;
}

std::string WithWrongCheckDigit(std::string mrz) {
  char& digit = mrz.at(kNumberCheckDigit);
  digit = digit == '9' ? '0' : static_cast<char>(digit + 1);
  return mrz;
}

}  // namespace entryexit::demo
