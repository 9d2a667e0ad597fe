#include "entryexit/base/html.h"

#include <gtest/gtest.h>

namespace entryexit::base {
namespace {

TEST(Element, LetsNoTextBecomeMarkup) {
  EXPECT_EQ(Element("td", R"(<b a="1">&'</b>)"),
            "<td>&lt;b a=&quot;1&quot;&gt;&amp;&#39;&lt;/b&gt;</td>");
}

TEST(Element, HasItsClass) {
  EXPECT_EQ(Element("span", "passed", "good"), R"(<span class="good">passed</span>)");
}

TEST(Page, HoldsWhatItIsGiven) {
  EXPECT_EQ(Page("A & B", "p { }", "<p>text</p>\n"),
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<title>A &amp; B</title>\n<style>p { }</style>\n</head>\n<body>\n<p>text</p>\n"
            "</body>\n</html>\n");
}

}  // namespace
}  // namespace entryexit::base
