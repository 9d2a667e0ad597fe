#include "entryexit/core/purpose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "entryexit/core/reason.h"
#include "tests/support/status_matchers.h"

namespace entryexit::core {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;

const PurposePolicy kPolicy = {{"CASE_WORK", {"GetCase"}, {"GetTraveler"}},
                               {"INSPECTION", {"GetTraveler"}, {}}};

TEST(CheckPurpose, LetsCallsBeMadeForTheirPurposes) {
  EXPECT_THAT(CheckPurpose(kPolicy, "GetCase", "CASE_WORK", /*has_case=*/false), IsOk());
  EXPECT_THAT(CheckPurpose(kPolicy, "GetTraveler", "INSPECTION", /*has_case=*/false), IsOk());
  EXPECT_THAT(CheckPurpose(kPolicy, "GetTraveler", "INSPECTION", /*has_case=*/true), IsOk());
}

TEST(CheckPurpose, DemandsACaseWhereThePolicyDoes) {
  EXPECT_THAT(CheckPurpose(kPolicy, "GetTraveler", "CASE_WORK", /*has_case=*/true), IsOk());
  EXPECT_THAT(CheckPurpose(kPolicy, "GetTraveler", "CASE_WORK", /*has_case=*/false),
              FailsWith(Reason::kPurposeNeedsCase));
}

TEST(CheckPurpose, SaysWhichPurposesThereAreForTheCall) {
  const absl::Status none = CheckPurpose(kPolicy, "GetTraveler", "", /*has_case=*/true);
  EXPECT_THAT(none, FailsWith(Reason::kPurposeMissing));
  EXPECT_THAT(none.ToString(), HasSubstr("one of CASE_WORK, INSPECTION"));
  const absl::Status wrong = CheckPurpose(kPolicy, "GetCase", "INSPECTION", /*has_case=*/true);
  EXPECT_THAT(wrong, FailsWith(Reason::kPurposeNotAllowed));
  EXPECT_THAT(wrong.ToString(), HasSubstr("one of CASE_WORK"));
}

TEST(CheckPurpose, RefusesUnknownPurposesAndCallsWithoutRepeatingThem) {
  for (const char* const purpose : {"case_work", "CASE_WORK ", "'; DROP TABLE traveler; --"}) {
    const absl::Status status = CheckPurpose(kPolicy, "GetCase", purpose, /*has_case=*/true);
    EXPECT_THAT(status, FailsWith(Reason::kPurposeNotAllowed));
    EXPECT_THAT(status.ToString(), ::testing::Not(HasSubstr("DROP")));
  }
  EXPECT_THAT(CheckPurpose(kPolicy, "GetCapture", "CASE_WORK", /*has_case=*/true),
              FailsWith(Reason::kPurposeNotAllowed));
}

}  // namespace
}  // namespace entryexit::core
