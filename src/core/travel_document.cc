#include "entryexit/core/travel_document.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "entryexit/core/reason.h"

namespace entryexit::core {
namespace {

constexpr size_t kMaxNumberLength = 30;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

char ToUpper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string Compacted(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c != ' ' && c != '-' && c != '<') result.push_back(ToUpper(c));
  }
  return result;
}

absl::Status CheckCode(const std::string& code, const char* field) {
  if (code.empty()) {
    return MakeError(Reason::kMissingField, std::string(field) + " is missing");
  }
  if (code.size() > 3 || !std::ranges::all_of(code, IsUpper)) {
    return MakeError(Reason::kInvalidField,
                     std::string(field) + " must be an ICAO 9303-3 code of 1 to 3 letters");
  }
  return absl::OkStatus();
}

// ICAO Doc 9303-3 §4.9: weights 7, 3, 1; A..Z count 10..35 and the filler 0.
char CheckDigit(std::string_view field) {
  constexpr std::array kWeights = {7, 3, 1};
  int sum = 0;
  for (size_t i = 0; i < field.size(); ++i) {
    const char c = field[i];
    const int value = IsDigit(c) ? c - '0' : IsUpper(c) ? c - 'A' + 10 : 0;
    sum += value * kWeights[i % kWeights.size()];
  }
  return static_cast<char>('0' + sum % 10);
}

absl::Status Malformed(const std::string& what) {
  return MakeError(Reason::kMrzMalformed, "the MRZ " + what);
}

absl::Status VerifyDigit(std::string_view field, char digit, const char* name) {
  // A filler stands for 0 where a field is left empty (ICAO Doc 9303-4 §4.2.2).
  if (CheckDigit(field) == (digit == '<' ? '0' : digit)) return absl::OkStatus();
  return MakeError(Reason::kMrzCheckDigit,
                   std::string("the MRZ check digit of the ") + name + " is wrong");
}

absl::StatusOr<Date> BirthDate(std::string_view yymmdd, Date today) {
  const auto number = [&](size_t at) -> std::optional<int> {
    const char tens = yymmdd[at];
    const char ones = yymmdd[at + 1];
    if (tens == '<' && ones == '<') return 0;
    if (!IsDigit(tens) || !IsDigit(ones)) return std::nullopt;
    return (tens - '0') * 10 + (ones - '0');
  };
  const auto year = number(0);
  const auto month = number(2);
  const auto day = number(4);
  if (!year || !month || !day || yymmdd[0] == '<') return Malformed("has no valid date of birth");

  const auto at = [&](int century) {
    return std::chrono::year_month_day(std::chrono::year(century + *year),
                                       std::chrono::month(std::max(*month, 1)),
                                       std::chrono::day(std::max(*day, 1)));
  };
  const int century = static_cast<int>(std::chrono::year_month_day(today).year()) / 100 * 100;
  auto date = at(century);
  if (!date.ok() || Date(date) > today) date = at(century - 100);
  if (!date.ok()) return Malformed("has no valid date of birth");
  return Date(date);
}

absl::StatusOr<Sex> SexOf(char c) {
  switch (c) {
    case 'F':
      return Sex::kFemale;
    case 'M':
      return Sex::kMale;
    case '<':
    case 'X':
      return Sex::kUnspecified;
    default:
      return Malformed("has a sex other than F, M or <");
  }
}

// Where a field stands: line, first column, length.
struct Field {
  size_t line, at, size;
};

// One MRZ format of ICAO Doc 9303. Columns count from 0; a check digit follows its field.
struct Format {
  size_t lines, width;
  Field issuing_state, number, nationality, birth_date, sex, expiry;
  Field long_number;  // where a document number of more than 9 characters goes on; size 0: nowhere
  std::optional<Field> personal_number;  // has its own check digit (TD3)
  std::vector<Field> composite;          // what the composite check digit covers
  Field composite_digit;
};

const std::vector<Format>& Formats() {
  static const std::vector<Format> kFormats = {
      {.lines = 2,  // TD3, ICAO Doc 9303-4
       .width = 44,
       .issuing_state = {0, 2, 3},
       .number = {1, 0, 9},
       .nationality = {1, 10, 3},
       .birth_date = {1, 13, 6},
       .sex = {1, 20, 1},
       .expiry = {1, 21, 6},
       .long_number = {1, 28, 0},
       .personal_number = Field{1, 28, 14},
       .composite = {{1, 0, 10}, {1, 13, 7}, {1, 21, 22}},
       .composite_digit = {1, 43, 1}},
      {.lines = 2,  // TD2, ICAO Doc 9303-6
       .width = 36,
       .issuing_state = {0, 2, 3},
       .number = {1, 0, 9},
       .nationality = {1, 10, 3},
       .birth_date = {1, 13, 6},
       .sex = {1, 20, 1},
       .expiry = {1, 21, 6},
       .long_number = {1, 28, 7},
       .personal_number = std::nullopt,
       .composite = {{1, 0, 10}, {1, 13, 7}, {1, 21, 14}},
       .composite_digit = {1, 35, 1}},
      {.lines = 3,  // TD1, ICAO Doc 9303-5
       .width = 30,
       .issuing_state = {0, 2, 3},
       .number = {0, 5, 9},
       .nationality = {1, 15, 3},
       .birth_date = {1, 0, 6},
       .sex = {1, 7, 1},
       .expiry = {1, 8, 6},
       .long_number = {0, 15, 15},
       .personal_number = std::nullopt,
       .composite = {{0, 5, 25}, {1, 0, 7}, {1, 8, 7}, {1, 18, 11}},
       .composite_digit = {1, 29, 1}},
  };
  return kFormats;
}

// An MRZ cut into fields by its format.
class Zone {
 public:
  Zone(const Format& format, std::string text) : format_(format), text_(std::move(text)) {}

  const Format& format() const { return format_; }
  std::string_view Text(const Field& field) const {
    return std::string_view(text_).substr(field.line * format_.width + field.at, field.size);
  }
  char Following(const Field& field) const {
    return text_[field.line * format_.width + field.at + field.size];
  }

  absl::Status Verify() const {
    absl::Status status = VerifyNumber();
    if (status.ok()) status = VerifyField(format_.birth_date, "date of birth");
    if (status.ok()) status = VerifyField(format_.expiry, "date of expiry");
    if (status.ok() && format_.personal_number) {
      status = VerifyField(*format_.personal_number, "personal number");
    }
    if (status.ok()) status = VerifyComposite();
    return status;
  }

  std::string Number() const {
    std::string number(Text(format_.number));
    if (NumberIsLong()) number += Continuation();
    return number;
  }

 private:
  // TD1 and TD2: a filler in the place of the check digit says that the number goes on in the
  // optional data, up to its own check digit and a filler (ICAO Doc 9303-5 §4.2.4 note j).
  bool NumberIsLong() const {
    return format_.long_number.size > 0 && Following(format_.number) == '<' &&
           Text(format_.long_number).front() != '<';
  }
  std::string_view ContinuationWithDigit() const {
    const std::string_view rest = Text(format_.long_number);
    return rest.substr(0, rest.find('<'));
  }
  std::string_view Continuation() const {
    const std::string_view rest = ContinuationWithDigit();
    return rest.substr(0, rest.size() - 1);
  }

  absl::Status VerifyField(const Field& field, const char* name) const {
    return VerifyDigit(Text(field), Following(field), name);
  }
  // ICAO leaves open whether the filler between the two parts of a long number counts for its check
  // digit, and its example (D23145890734, digit 9) has the same digit either way. States do both:
  // Belgian identity cards since 2020 leave the filler out. The whole zone has a digit of its own.
  absl::Status VerifyNumber() const {
    if (!NumberIsLong()) return VerifyField(format_.number, "document number");
    const std::string first_part(Text(format_.number));
    const char digit = ContinuationWithDigit().back();
    const absl::Status without_filler =
        VerifyDigit(first_part + std::string(Continuation()), digit, "document number");
    if (without_filler.ok()) return without_filler;
    return VerifyDigit(first_part + '<' + std::string(Continuation()), digit, "document number");
  }
  absl::Status VerifyComposite() const {
    std::string covered;
    for (const Field& field : format_.composite) covered += Text(field);
    return VerifyDigit(covered, Text(format_.composite_digit).front(), "whole zone");
  }

  const Format& format_;
  const std::string text_;
};

absl::StatusOr<Zone> CutUp(std::string_view mrz) {
  std::string text;
  size_t lines = 0;
  bool in_line = false;
  for (const char c : mrz) {
    if (c == '\n' || c == '\r' || c == ' ') {
      in_line = false;
      continue;
    }
    const char upper = ToUpper(c);
    if (!IsUpper(upper) && !IsDigit(upper) && upper != '<') {
      return Malformed("has characters other than A-Z, 0-9 and <");
    }
    if (!in_line) ++lines;
    in_line = true;
    text.push_back(upper);
  }
  for (const Format& format : Formats()) {
    if (text.size() == format.lines * format.width && (lines == 1 || lines == format.lines)) {
      return Zone(format, std::move(text));
    }
  }
  return Malformed("is neither 2 lines of 44 or 36 characters nor 3 of 30");
}

}  // namespace

absl::StatusOr<TravelDocument> Normalized(TravelDocument document) {
  document.issuing_state = Compacted(document.issuing_state);
  document.number = Compacted(document.number);
  document.nationality = Compacted(document.nationality);
  if (absl::Status status = CheckCode(document.issuing_state, "issuing_state"); !status.ok()) {
    return status;
  }
  if (absl::Status status = CheckCode(document.nationality, "nationality"); !status.ok()) {
    return status;
  }
  if (document.number.empty()) {
    return MakeError(Reason::kMissingField, "the document number is missing");
  }
  if (document.number.size() > kMaxNumberLength ||
      !std::ranges::all_of(document.number, [](char c) { return IsUpper(c) || IsDigit(c); })) {
    return MakeError(Reason::kInvalidField,
                     "the document number must be 1 to 30 letters A-Z and digits");
  }
  return document;
}

absl::StatusOr<TravelDocument> ParseMrz(std::string_view mrz, Date today) {
  const absl::StatusOr<Zone> zone = CutUp(mrz);
  if (!zone.ok()) return zone.status();
  if (absl::Status status = zone->Verify(); !status.ok()) return status;

  const Format& format = zone->format();
  const absl::StatusOr<Date> birth_date = BirthDate(zone->Text(format.birth_date), today);
  if (!birth_date.ok()) return birth_date.status();
  const absl::StatusOr<Sex> sex = SexOf(zone->Text(format.sex).front());
  if (!sex.ok()) return sex.status();
  return Normalized({.issuing_state = std::string(zone->Text(format.issuing_state)),
                     .number = zone->Number(),
                     .nationality = std::string(zone->Text(format.nationality)),
                     .birth_date = *birth_date,
                     .sex = *sex});
}

std::vector<CrossingId> ShownWithAnotherHolder(std::vector<ShownDocument> documents) {
  std::ranges::sort(documents, {}, [](const ShownDocument& shown) {
    return std::tie(shown.document_id, shown.captured_at, shown.holder);
  });
  std::vector<CrossingId> others;
  const ShownDocument* first = nullptr;
  for (const ShownDocument& shown : documents) {
    if (first == nullptr || first->document_id != shown.document_id) first = &shown;
    if (shown.holder != first->holder) others.push_back(shown.crossing_id);
  }
  std::ranges::sort(others);
  return others;
}

}  // namespace entryexit::core
