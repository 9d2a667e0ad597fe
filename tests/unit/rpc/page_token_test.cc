#include "rpc/page_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <string>

#include "absl/strings/escaping.h"
#include "entryexit/core/reason.h"
#include "tests/support/status_matchers.h"

namespace entryexit::rpc {
namespace {

using core::Reason;
using testing::FailsWith;
using testing::IsOk;

constexpr char kId[] = "0190a2b4-5c6d-8e7f-9a0b-1c2d3e4f5a6b";

PagePosition SomePosition() {
  return {core::Timestamp(std::chrono::microseconds(1'767'225'600'123'456)), kId};
}

TEST(PageToken, ComesBackAsItWas) {
  for (const int64_t time : {int64_t{0}, int64_t{-1}, int64_t{1'767'225'600'123'456}}) {
    const PagePosition position{core::Timestamp(std::chrono::microseconds(time)), kId};
    const auto read = ReadPageToken("list", MakePageToken("list", position));
    ASSERT_THAT(read, IsOk());
    ASSERT_TRUE(read->has_value());
    EXPECT_EQ((*read)->time, position.time);
    EXPECT_EQ((*read)->id, position.id);
  }
}

TEST(PageToken, OfTheAuditLogComesBackAsItWasAndOpensNoOtherList) {
  const ports::AuditCursor cursor{SomePosition().time, 15, 1'234'567'890'123};
  const std::string token = MakePageToken("list", cursor);
  const auto read = ReadAuditPageToken("list", token);
  ASSERT_THAT(read, IsOk());
  ASSERT_TRUE(read->has_value());
  EXPECT_EQ((*read)->at, cursor.at);
  EXPECT_EQ((*read)->chain, cursor.chain);
  EXPECT_EQ((*read)->sequence, cursor.sequence);
  EXPECT_EQ(*ReadAuditPageToken("list", ""), std::nullopt);
  EXPECT_THAT(ReadAuditPageToken("another", token), FailsWith(Reason::kPageTokenInvalid));
  EXPECT_THAT(ReadPageToken("list", token), FailsWith(Reason::kPageTokenInvalid));
  EXPECT_THAT(ReadAuditPageToken("list", MakePageToken("list", SomePosition())),
              FailsWith(Reason::kPageTokenInvalid));
  EXPECT_THAT(ReadAuditPageToken("list", "x"), FailsWith(Reason::kPageTokenInvalid));
}

TEST(PageToken, IsSafeInUrls) {
  const std::string token = MakePageToken("list", SomePosition());
  EXPECT_TRUE(std::ranges::all_of(token, [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '_';
  })) << token;
}

TEST(PageToken, AsksForTheFirstPageWhenEmpty) {
  const auto read = ReadPageToken("list", "");
  ASSERT_THAT(read, IsOk());
  EXPECT_FALSE(read->has_value());
}

TEST(PageToken, IsRefusedForAnotherListOrFilter) {
  const std::string token = MakePageToken("cases OPEN * * *", SomePosition());
  EXPECT_THAT(ReadPageToken("cases * * * *", token), FailsWith(Reason::kPageTokenInvalid));
  EXPECT_THAT(ReadPageToken("cases OPEN * * *", token), IsOk());
}

TEST(PageToken, IsRefusedWithATimeThatNoListHas) {
  for (const core::Timestamp time :
       {core::Timestamp::min(), core::Timestamp::max(),
        core::Timestamp(std::chrono::sys_days(std::chrono::year(0) / 12 / 31))}) {
    const std::string token = MakePageToken("list", {time, kId});
    EXPECT_THAT(ReadPageToken("list", token), FailsWith(Reason::kPageTokenInvalid));
  }
}

TEST(PageToken, IsRefusedWhenItIsNotOneOfOurs) {
  const std::string token = MakePageToken("list", SomePosition());
  for (const std::string& wrong :
       {std::string("x"), std::string("!!!!"), token + "AAAA", token.substr(0, token.size() - 4),
        std::string(10000, 'A'), absl::WebSafeBase64Escape("a b c"),
        absl::WebSafeBase64Escape("0000000000000000 1 2")}) {
    EXPECT_THAT(ReadPageToken("list", wrong), FailsWith(Reason::kPageTokenInvalid)) << wrong;
  }
}

}  // namespace
}  // namespace entryexit::rpc
