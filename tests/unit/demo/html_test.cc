#include "src/demo/html.h"

#include <gtest/gtest.h>

namespace entryexit::demo {
namespace {

TEST(HtmlTest, ABinaryFileBecomesAnAddress) {
  EXPECT_EQ(DataUri("image/png", std::string_view("\x89PNG\0", 5)),
            "data:image/png;base64,iVBORwA=");
}

}  // namespace
}  // namespace entryexit::demo
