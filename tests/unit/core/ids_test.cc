#include "entryexit/core/ids.h"

#include <gtest/gtest.h>

#include <string>

namespace entryexit::core {
namespace {

TEST(IsPlainId, TakesOneToSixtyFourPlainCharacters) {
  for (const std::string& text :
       {std::string("SEA-A12"), std::string("a.b_c-9"), std::string(64, 'x')}) {
    EXPECT_TRUE(IsPlainId(text)) << text;
  }
  for (const std::string& text :
       {std::string(), std::string(65, 'x'), std::string("a/b"), std::string("a b"),
        std::string("\xC3\xA9"), std::string("a\0b", 3)}) {
    EXPECT_FALSE(IsPlainId(text)) << text;
  }
}

TEST(CanonicalUuid, IsOfLowerCase) {
  EXPECT_EQ(CanonicalUuid("BA7816BF-8F01-8FEA-8141-40DE5DAE2223"),
            "ba7816bf-8f01-8fea-8141-40de5dae2223");
}

TEST(IsUuid, RefusesWhatIsNotInCanonicalForm) {
  EXPECT_TRUE(IsUuid("ba7816bf-8f01-8fea-8141-40de5dae2223"));
  for (const char* text :
       {"", "ba7816bf8f018fea814140de5dae2223", "BA7816BF-8F01-8FEA-8141-40DE5DAE2223",
        "ba7816bf-8f01-8fea-8141-40de5dae222", "ba7816bf-8f01-8fea-8141-40de5dae22233",
        "ba7816bf-8f01-8fea-814140-de5dae2223", "ga7816bf-8f01-8fea-8141-40de5dae2223",
        "{a7816bf-8f01-8fea-8141-40de5dae222}"}) {
    EXPECT_FALSE(IsUuid(text)) << text;
  }
}

}  // namespace
}  // namespace entryexit::core
