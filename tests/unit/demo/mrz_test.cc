#include "src/demo/mrz.h"

#include <gtest/gtest.h>

#include <chrono>

#include "entryexit/core/reason.h"
#include "entryexit/core/travel_document.h"

namespace entryexit::demo {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;

const core::Date kToday = sys_days(year(2026) / month(11) / day(23));

v1::TravelDocument SomeDocument() {
  v1::TravelDocument document;
  document.set_issuing_state("UTO");
  document.set_nationality("USA");
  document.set_number("X7F3A9021");
  document.mutable_birth_date()->set_year(1974);
  document.mutable_birth_date()->set_month(8);
  document.mutable_birth_date()->set_day(12);
  document.set_sex(v1::SEX_FEMALE);
  return document;
}

TEST(MrzTest, TheServiceReadsWhatWasWritten) {
  const auto read = core::ParseMrz(PassportMrz(SomeDocument()), kToday);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->issuing_state, "UTO");
  EXPECT_EQ(read->nationality, "USA");
  EXPECT_EQ(read->number, "X7F3A9021");
  EXPECT_EQ(read->birth_date, sys_days(year(1974) / month(8) / day(12)));
  EXPECT_EQ(read->sex, core::Sex::kFemale);
}

TEST(MrzTest, AMisreadDigitIsRefused) {
  const auto read = core::ParseMrz(WithWrongCheckDigit(PassportMrz(SomeDocument())), kToday);
  EXPECT_EQ(core::ReasonOf(read.status()), core::Reason::kMrzCheckDigit);
}

}  // namespace
}  // namespace entryexit::demo
