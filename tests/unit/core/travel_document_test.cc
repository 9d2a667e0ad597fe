#include "entryexit/core/travel_document.h"

#include "tests/support/status_matchers.h"

namespace entryexit::core {
namespace {

using ::entryexit::testing::FailsWith;
using std::chrono::sys_days;
using std::chrono::year;

constexpr Date kToday = sys_days(year(2026) / 11 / 23);

// The specimens of ICAO Doc 9303 parts 4, 5 and 6 (Utopia).
constexpr char kTd3[] =
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10\n";
constexpr char kTd1[] =
    "I<UTOD231458907<<<<<<<<<<<<<<<\n"
    "7408122F1204159UTO<<<<<<<<<<<6\n"
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<\n";
constexpr char kTd2[] =
    "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\n"
    "D231458907UTO7408122F1204159<<<<<<<6\n";

TEST(MrzTest, ReadsTheSpecimenPassport) {
  const TravelDocument document = *ParseMrz(kTd3, kToday);
  EXPECT_EQ(document.issuing_state, "UTO");
  EXPECT_EQ(document.number, "L898902C3");
  EXPECT_EQ(document.nationality, "UTO");
  EXPECT_EQ(document.birth_date, sys_days(year(1974) / 8 / 12));
  EXPECT_EQ(document.sex, Sex::kFemale);
}

TEST(MrzTest, ReadsTheSpecimenCards) {
  for (const char* mrz : {kTd1, kTd2}) {
    const TravelDocument document = *ParseMrz(mrz, kToday);
    EXPECT_EQ(document.issuing_state, "UTO");
    EXPECT_EQ(document.number, "D23145890");
    EXPECT_EQ(document.birth_date, sys_days(year(1974) / 8 / 12));
  }
}

// ICAO Doc 9303-5, figure of a document number of more than nine characters.
TEST(MrzTest, ReadsALongDocumentNumber) {
  const TravelDocument document = *ParseMrz(
      "I<UTOD23145890<7349<<<<<<<<<<<\n"
      "3407127M9507122UTO<<<<<<<<<<<2\n"
      "STEVENSON<<PETER<JOHN<<<<<<<<<\n",
      kToday);
  EXPECT_EQ(document.number, "D23145890734");
  EXPECT_EQ(document.birth_date, sys_days(year(1934) / 7 / 12));
  EXPECT_EQ(document.sex, Sex::kMale);
}

// The check digit of a long number may cover the filler between its parts or not; the check digit
// of the whole zone is right in all of these.
TEST(MrzTest, TakesTheCheckDigitOfALongNumberWithOrWithoutItsFiller) {
  const std::string names = "REINARTZ<<ULRIKE<KATIA<E<<<<<<\n";
  const std::string belgian =
      "IDBEL000590696<1015<<<<<<<<<<<\n"
      "9401013F2710017BEL000101123453\n";
  const std::string with_filler =
      "IDBEL000590696<1017<<<<<<<<<<<\n"
      "9401013F2710017BEL000101123459\n";
  for (const std::string& mrz : {belgian, with_filler}) {
    const auto document = ParseMrz(mrz + names, kToday);
    ASSERT_TRUE(document.ok()) << document.status();
    EXPECT_EQ(document->number, "000590696101");
  }
  const std::string neither =
      "IDBEL000590696<1016<<<<<<<<<<<\n"
      "9401013F2710017BEL000101123456\n";
  EXPECT_THAT(ParseMrz(neither + names, kToday), FailsWith(Reason::kMrzCheckDigit));
}

TEST(MrzTest, AcceptsLinesRunTogetherAndLowerCase) {
  std::string run_together(kTd3);
  std::erase(run_together, '\n');
  EXPECT_EQ(*ParseMrz(run_together, kToday), *ParseMrz(kTd3, kToday));
  for (char& c : run_together) c = static_cast<char>(std::tolower(c));
  EXPECT_EQ(*ParseMrz(run_together, kToday), *ParseMrz(kTd3, kToday));
}

// Every column that a check digit covers, changed by one, is noticed.
TEST(MrzTest, RefusesAnySingleWrongCharacterInACheckedField) {
  const std::string mrz(kTd3);
  const size_t second_line = mrz.find('\n') + 1;
  for (size_t column = 0; column < 44; ++column) {
    const bool unchecked = (column >= 10 && column < 13) || column == 20;  // nationality, sex
    if (unchecked) continue;
    std::string wrong = mrz;
    char& c = wrong[second_line + column];
    c = c == '7' ? '8' : '7';
    EXPECT_THAT(ParseMrz(wrong, kToday), FailsWith(Reason::kMrzCheckDigit)) << "column " << column;
  }
}

TEST(MrzTest, NamesTheFieldWhoseCheckDigitIsWrongButNotItsValue) {
  std::string wrong(kTd3);
  wrong[wrong.find("L898902C36") + 9] = '5';
  const auto result = ParseMrz(wrong, kToday);
  EXPECT_THAT(std::string(result.status().message()), ::testing::HasSubstr("document number"));
  EXPECT_THAT(std::string(result.status().message()), ::testing::Not(::testing::HasSubstr("L898")));
}

TEST(MrzTest, RefusesWhatIsNoMrz) {
  for (const char* text :
       {"", "P<UTO", "hello, world", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n",
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<"
        "1\n",
        "P<UTO\xc3\x84RIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<\n"
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10\n"}) {
    EXPECT_THAT(ParseMrz(text, kToday), FailsWith(Reason::kMrzMalformed)) << text;
  }
  EXPECT_THAT(ParseMrz(std::string(1 << 20, '<'), kToday), FailsWith(Reason::kMrzMalformed));
}

TEST(MrzTest, TakesABirthYearFromThePastHundredYears) {
  // 2 digits "26": with today in 2026, a birthday still to come this year means 1926.
  const auto zone = [](const std::string& birth) {
    const auto digit = [](const std::string& field) {
      int sum = 0;
      for (size_t i = 0; i < field.size(); ++i) {
        const char c = field[i];
        const int value = c >= '0' && c <= '9' ? c - '0' : c == '<' ? 0 : c - 'A' + 10;
        sum += value * (i % 3 == 0 ? 7 : i % 3 == 1 ? 3 : 1);
      }
      return static_cast<char>('0' + sum % 10);
    };
    const std::string number = "L898902C36";
    const std::string expiry = "3001011";
    const std::string optional(14, '<');
    std::string line = number + "UTO" + birth + digit(birth) + "F" + expiry.substr(0, 6) +
                       digit(expiry.substr(0, 6)) + optional + "<";
    line += digit(number + birth + digit(birth) + expiry.substr(0, 6) + digit(expiry.substr(0, 6)) +
                  optional + "<");
    return "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n" + line + "\n";
  };
  EXPECT_EQ(ParseMrz(zone("261122"), kToday)->birth_date, sys_days(year(2026) / 11 / 22));
  EXPECT_EQ(ParseMrz(zone("261124"), kToday)->birth_date, sys_days(year(1926) / 11 / 24));
  EXPECT_EQ(ParseMrz(zone("00<<<<"), kToday)->birth_date, sys_days(year(2000) / 1 / 1));
  EXPECT_THAT(ParseMrz(zone("000230"), kToday), FailsWith(Reason::kMrzMalformed));
}

TEST(NormalizedTest, MakesOneFormOfManySpellings) {
  const TravelDocument document = *Normalized({.issuing_state = "uto",
                                               .number = " l-898 902 c3",
                                               .nationality = "D<<",
                                               .birth_date = kToday,
                                               .sex = Sex::kUnspecified});
  EXPECT_EQ(document.issuing_state, "UTO");
  EXPECT_EQ(document.number, "L898902C3");
  EXPECT_EQ(document.nationality, "D");
}

TEST(NormalizedTest, RefusesMissingAndImpossibleFields) {
  const TravelDocument good{"UTO", "X1", "UTO", kToday, Sex::kMale};
  TravelDocument bad = good;
  bad.issuing_state = "";
  EXPECT_THAT(Normalized(bad), FailsWith(Reason::kMissingField));
  bad = good;
  bad.issuing_state = "UTOP";
  EXPECT_THAT(Normalized(bad), FailsWith(Reason::kInvalidField));
  bad = good;
  bad.nationality = "U1";
  EXPECT_THAT(Normalized(bad), FailsWith(Reason::kInvalidField));
  bad = good;
  bad.number = "--";
  EXPECT_THAT(Normalized(bad), FailsWith(Reason::kMissingField));
  bad = good;
  bad.number = std::string(31, 'A');
  EXPECT_THAT(Normalized(bad), FailsWith(Reason::kInvalidField));
  bad = good;
  bad.number = "X'; DROP TABLE";
  EXPECT_THAT(Normalized(bad), FailsWith(Reason::kInvalidField));
}

ShownDocument Shown(const std::string& crossing, const std::string& document, int at, Sex sex) {
  return {CrossingId(crossing),
          DocumentId(document),
          Timestamp(std::chrono::microseconds(at)),
          {"UTO", Date(), sex}};
}

TEST(ShownWithAnotherHolder, ComparesWithTheFirstCrossingOfTheDocumentInWhateverOrder) {
  std::vector<ShownDocument> shown = {
      Shown("c1", "A", 3, Sex::kFemale), Shown("c2", "A", 2, Sex::kFemale),
      Shown("c3", "A", 5, Sex::kMale),   Shown("c4", "B", 1, Sex::kMale),
      Shown("c5", "B", 6, Sex::kMale),
  };
  const auto ids = [](const std::vector<std::string>& texts) {
    std::vector<CrossingId> all;
    for (const std::string& text : texts) all.emplace_back(text);
    return all;
  };
  const auto by_id = [](const ShownDocument& a, const ShownDocument& b) {
    return a.crossing_id < b.crossing_id;
  };
  do {
    EXPECT_EQ(ShownWithAnotherHolder(shown), ids({"c3"}));
  } while (std::next_permutation(shown.begin(), shown.end(), by_id));

  shown.push_back(Shown("c6", "A", 1, Sex::kMale));
  EXPECT_EQ(ShownWithAnotherHolder(shown), ids({"c1", "c2"}))
      << "what was known first was not first";
  EXPECT_EQ(ShownWithAnotherHolder({}), ids({}));
  // At one moment the order of the ids must not tell.
  EXPECT_EQ(
      ShownWithAnotherHolder({Shown("x", "A", 1, Sex::kMale), Shown("y", "A", 1, Sex::kFemale)}),
      ids({"x"}));
  EXPECT_EQ(
      ShownWithAnotherHolder({Shown("y", "A", 1, Sex::kMale), Shown("x", "A", 1, Sex::kFemale)}),
      ids({"y"}));
}

}  // namespace
}  // namespace entryexit::core
