#include "entryexit/config/purpose_policy.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "entryexit/core/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::config {
namespace {

using core::Reason;
using testing::FailsWith;
using testing::IsOk;

class PurposePolicyTest : public ::testing::Test {
 protected:
  absl::StatusOr<core::PurposePolicy> Load(const std::string& yaml) {
    std::ofstream(file_) << yaml;
    return LoadPurposePolicy(file_, {"GetCase", "GetTraveler", "ListCases"}, {"ListCases"});
  }

  void ExpectRefused(const std::string& yaml, int line, const std::string& message) {
    const auto policy = Load(yaml);
    ASSERT_THAT(policy, FailsWith(Reason::kConfigInvalid)) << yaml;
    EXPECT_EQ(std::string(policy.status().message()),
              file_.string() + ":" + std::to_string(line) + ": " + message);
  }

  testing::TempDir dir_;
  std::filesystem::path file_ = dir_.path() / "purpose_policy.yaml";
};

TEST_F(PurposePolicyTest, ReadsPurposesWithTheirCalls) {
  const auto policy = Load(
      "purposes:\n"
      "  CASE_WORK: {calls: [GetCase], calls_for_case: [GetTraveler]}\n"
      "  AUDIT_2: {calls: [GetTraveler, ListCases]}\n");
  ASSERT_THAT(policy, IsOk());
  ASSERT_EQ(policy->size(), 2U);
  EXPECT_EQ((*policy)[0].purpose, "CASE_WORK");
  EXPECT_EQ((*policy)[0].calls, std::set<std::string>{"GetCase"});
  EXPECT_EQ((*policy)[0].calls_for_case, std::set<std::string>{"GetTraveler"});
  EXPECT_EQ((*policy)[1].purpose, "AUDIT_2");
}

TEST_F(PurposePolicyTest, RefusesWhatItDoesNotKnow) {
  ExpectRefused("why: {}\n", 1, "unknown key 'why'");
  ExpectRefused("purposes:\n  WORK: {call: [GetCase]}\n", 2, "unknown key 'purposes.WORK.call'");
  ExpectRefused("purposes:\n  WORK: {calls: [Erase]}\n", 2,
                "purposes.WORK.calls: 'Erase' is not a call that needs a purpose: GetCase, "
                "GetTraveler, ListCases");
  ExpectRefused("purposes:\n  WORK: {calls: GetCase}\n", 2,
                "purposes.WORK.calls: 'GetCase' is not a list");
}

TEST_F(PurposePolicyTest, RefusesCodesOfAnotherForm) {
  for (const std::string& code :
       {std::string("work"), std::string("CASE-WORK"), std::string(33, 'A')}) {
    ExpectRefused("purposes:\n  " + code + ": {calls: [GetCase, GetTraveler]}\n", 2,
                  "purposes: '" + code + "' is not 1 to 32 of A-Z 0-9 _");
  }
}

TEST_F(PurposePolicyTest, RefusesWhatStandsTwice) {
  ExpectRefused("purposes:\n  A: {calls: [GetCase]}\n  A: {calls: [GetTraveler]}\n", 3,
                "'purposes.A' is there twice");
  ExpectRefused("purposes:\n  A:\n    calls: [GetCase]\n    calls_for_case: [GetCase]\n", 4,
                "purposes.A.calls_for_case: GetCase stands with A twice");
}

TEST_F(PurposePolicyTest, RefusesAPurposeForNothingAndACallForNone) {
  ExpectRefused("purposes:\n  A: {}\n", 2, "purposes.A: at least one call is needed");
  ExpectRefused("purposes:\n  A: {calls: [GetCase]}\n", 1, "purposes: none allows GetTraveler");
  ExpectRefused("", 1, "purposes: none allows GetCase");
}

TEST_F(PurposePolicyTest, RefusesToShowManyTravelersForOneCase) {
  ExpectRefused("purposes:\n  A: {calls_for_case: [GetCase, ListCases]}\n", 2,
                "purposes.A.calls_for_case: ListCases shows many travelers: no case stands for "
                "them; it goes under calls");
}

TEST_F(PurposePolicyTest, NeedsTheFile) {
  EXPECT_THAT(LoadPurposePolicy(dir_.path() / "absent.yaml", {}, {}),
              FailsWith(Reason::kConfigInvalid));
}

}  // namespace
}  // namespace entryexit::config
