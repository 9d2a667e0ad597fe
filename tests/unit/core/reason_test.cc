#include "entryexit/core/reason.h"

#include <set>
#include <string>

#include "tests/support/status_matchers.h"

namespace entryexit::core {
namespace {

using ::entryexit::testing::FailsWith;

TEST(ReasonTest, TravelsInTheStatus) {
  const absl::Status status = MakeError(Reason::kImageCorrupt, "the JPEG ends early");
  EXPECT_THAT(status, FailsWith(Reason::kImageCorrupt));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(status.message()), "the JPEG ends early");
}

TEST(ReasonTest, IsAbsentFromAStatusMadeElsewhere) {
  EXPECT_EQ(ReasonOf(absl::InternalError("")), std::nullopt);
  EXPECT_EQ(ReasonOf(absl::OkStatus()), std::nullopt);
}

TEST(ReasonTest, EveryReasonHasANameOfItsOwnAndAnErrorCode) {
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(Reason::kInternal); ++i) {
    const auto reason = static_cast<Reason>(i);
    EXPECT_TRUE(names.insert(std::string(NameOf(reason))).second) << NameOf(reason);
    EXPECT_NE(CodeFor(reason), absl::StatusCode::kOk);
    EXPECT_EQ(ReasonOf(MakeError(reason, "")), reason);
  }
}

}  // namespace
}  // namespace entryexit::core
