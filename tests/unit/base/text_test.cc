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

}  // namespace
}  // namespace entryexit::base
