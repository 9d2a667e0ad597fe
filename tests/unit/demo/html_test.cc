#include "src/demo/html.h"

#include <gtest/gtest.h>

namespace entryexit::demo {
namespace {

TEST(HtmlTest, TextCannotBecomeMarkup) {
  EXPECT_EQ(Element("td", R"(<b a="1">&'</b>)"),
            "<td>&lt;b a=&quot;1&quot;&gt;&amp;&#39;&lt;/b&gt;</td>");
}

TEST(HtmlTest, AnElementHasItsClass) {
  EXPECT_EQ(Element("span", "passed", "good"), R"(<span class="good">passed</span>)");
}

TEST(HtmlTest, ABinaryFileBecomesAnAddress) {
  EXPECT_EQ(DataUri("image/png", std::string_view("\x89PNG\0", 5)),
            "data:image/png;base64,iVBORwA=");
}

}  // namespace
}  // namespace entryexit::demo
