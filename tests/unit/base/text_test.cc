#include "entryexit/base/text.h"

#include <gtest/gtest.h>

namespace entryexit::base {
namespace {

TEST(Text, CannotBecomeMarkup) {
  EXPECT_EQ(Escaped(R"(<b a="1">&'</b>)"), "&lt;b a=&quot;1&quot;&gt;&amp;&#39;&lt;/b&gt;");
}

TEST(Text, NumbersAreGroupedByThousands) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1000), "1,000");
  EXPECT_EQ(Grouped(20001), "20,001");
  EXPECT_EQ(Grouped(123456), "123,456");
  EXPECT_EQ(Grouped(1234567), "1,234,567");
}

TEST(IsUtf8, TakesWhatIsWellFormedAndNothingElse) {
  for (const char* const good : {"", "a", "\u00e9", "\u20ac", "\U0001F600", "\u00e9\u20aca",
                                 "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const char* const bad : {"\xE9", "a\xE9z", "\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF",
                                "\xED\xA0\x80", "\xE2\x82", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                                "\xF5\x80\x80\x80", "\xFF", "\xF0\x9F\x98"}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
  }
  EXPECT_TRUE(IsUtf8(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace entryexit::base
