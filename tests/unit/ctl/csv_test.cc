#include "ctl/csv.h"

#include <gtest/gtest.h>

namespace entryexit::ctl {
namespace {

TEST(CsvRecord, SeparatesFieldsByCommasAndEndsTheLine) {
  EXPECT_EQ(CsvRecord({"a", "", "with blanks "}), "a,,with blanks \r\n");
  EXPECT_EQ(CsvRecord({}), "\r\n");
}

TEST(CsvRecord, QuotesWhatWouldBreakTheRecord) {
  EXPECT_EQ(CsvRecord({"a,b", "say \"no\"", "two\r\nlines", "\n"}),
            "\"a,b\",\"say \"\"no\"\"\",\"two\r\nlines\",\"\n\"\r\n");
}

}  // namespace
}  // namespace entryexit::ctl
