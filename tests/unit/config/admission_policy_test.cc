#include "entryexit/config/admission_policy.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "entryexit/config/config.h"
#include "entryexit/core/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::config {
namespace {

using core::AuthorizationRule;
using core::Reason;
using core::RuleKind;
using core::RulePeriod;
using ::testing::AllOf;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::TempDir;
using namespace std::chrono_literals;

const std::filesystem::path kShipped =
    std::filesystem::path(ENTRYEXIT_SOURCE_DIR) / "config/admission_policy.yaml";

class AdmissionPolicyTest : public ::testing::Test {
 protected:
  absl::StatusOr<core::AdmissionPolicy> Load(const std::string& yaml) {
    std::ofstream(file_) << yaml;
    return LoadAdmissionPolicy(file_);
  }

  // Expects that `yaml` is refused with exactly this message after "file:line: ".
  void ExpectRefused(const std::string& yaml, int line, const std::string& message) {
    const auto policy = Load(yaml);
    EXPECT_THAT(policy, FailsWith(Reason::kConfigInvalid)) << yaml;
    EXPECT_EQ(std::string(policy.status().message()),
              file_.string() + ":" + std::to_string(line) + ": " + message)
        << yaml;
  }

  // The same for one period of class B-2, whose keys stand on the lines 3 and following.
  void ExpectPeriodRefused(const std::string& keys, int line, const std::string& message) {
    ExpectRefused("classes:\n  B-2:\n  - " + keys, line, message);
  }

  TempDir dir_;
  std::filesystem::path file_ = dir_.path() / "admission_policy.yaml";
};

TEST_F(AdmissionPolicyTest, ReadsEveryRule) {
  const auto policy = Load(R"(
classes:
  B-2: [{from: 1990-01-01, rule: fixed_date}]
  WT: [{from: "1990-01-01", rule: days_from_arrival, days: 90}]
  F-1: [{from: 1990-01-01, rule: duration_of_status}]
  A-1: [{from: 1990-01-01, rule: exempt}]
  SCH-C:
    - {from: 2000-02-29, until: 2013-10-17, rule: fixed_date}
    - days: 90
      window_days: 180
      rule: days_in_window
      from: 2013-10-18
)");
  ASSERT_THAT(policy, IsOk());
  const core::Date start = 1990y / 1 / 1;
  const auto always = [start](AuthorizationRule rule) {
    return std::vector{RulePeriod{start, std::nullopt, rule}};
  };
  const core::AdmissionPolicy expected = {
      {"B-2", always({RuleKind::kFixedDate})},
      {"WT", always({RuleKind::kDaysFromArrival, 90})},
      {"F-1", always({RuleKind::kDurationOfStatus})},
      {"A-1", always({RuleKind::kExempt})},
      {"SCH-C",
       {{2000y / 2 / 29, 2013y / 10 / 17, {RuleKind::kFixedDate}},
        {2013y / 10 / 18, std::nullopt, {RuleKind::kDaysInWindow, 90, 180}}}}};
  EXPECT_TRUE(*policy == expected);
}

TEST_F(AdmissionPolicyTest, TakesTheEndsOfEveryRange) {
  for (const char* period :
       {"{from: 2020-01-01, rule: days_from_arrival, days: 1}",
        "{from: 2020-01-01, rule: days_from_arrival, days: 3660}",
        "{from: 2020-01-01, rule: days_in_window, days: 1, window_days: 2}",
        "{from: 2020-01-01, rule: days_in_window, days: 3659, window_days: 3660}",
        "{from: 2020-01-01, until: 2020-01-01, rule: exempt}",
        "{from: 0001-01-01, until: 9999-12-31, rule: exempt}"}) {
    EXPECT_THAT(Load("classes:\n  ABCDEF-8: [" + std::string(period) + "]\n"), IsOk()) << period;
  }
}

TEST_F(AdmissionPolicyTest, NeedsAClass) {
  const std::string needed = "classes: at least one class of admission is needed";
  ExpectRefused("", 1, needed);
  ExpectRefused("# nothing\n", 1, needed);
  ExpectRefused("---\n", 1, needed);
  ExpectRefused("\nclasses:\n", 2, needed);
  ExpectRefused("\nclasses: {}\n", 2, needed);
}

TEST_F(AdmissionPolicyTest, RefusesKeysThatAreUnknownOrThereTwice) {
  const std::string good = "{from: 2020-01-01, rule: exempt}";
  ExpectRefused("classes:\n  A-1: [" + good + "]\nclass:\n", 3, "unknown key 'class'");
  ExpectRefused("classes:\n  A-1: [" + good + "]\nclasses:\n", 3, "'classes' is there twice");
  ExpectRefused("classes:\n  A-1: [" + good + "]\n  A-1: [" + good + "]\n", 3,
                "'classes.A-1' is there twice");
  ExpectPeriodRefused("from: 2020-01-01\n    rule: exempt\n    to: 2021-01-01\n", 5,
                      "unknown key 'classes.B-2.to'");
  ExpectPeriodRefused("from: 2020-01-01\n    from: 2020-01-02\n", 4,
                      "'classes.B-2.from' is there twice");
}

TEST_F(AdmissionPolicyTest, RefusesWhatIsNoClassCode) {
  for (const char* code : {"b-2", "-B2", "B_2", "ABCDEFGH1", "B 2", ""}) {
    ExpectRefused("classes:\n  '" + std::string(code) + "': [{from: 2020-01-01, rule: exempt}]\n",
                  2,
                  "classes: '" + std::string(code) +
                      "' is not 1 to 8 capital letters, digits and hyphens, the first no hyphen");
  }
}

TEST_F(AdmissionPolicyTest, RefusesValuesOfTheWrongType) {
  ExpectRefused("- B-2\n", 1, "the file: this is not a map of keys");
  ExpectRefused("classes: [B-2]\n", 1, "classes: this is not a map of keys");
  ExpectRefused("classes:\n  B-2: duration_of_status\n", 2,
                "classes.B-2: 'duration_of_status' is not a list");
  ExpectRefused("classes:\n  B-2:\n  F-1:\n", 2, "classes.B-2: this is not a list");
  ExpectRefused("classes:\n  B-2: []\n", 2, "classes.B-2: at least one period is needed");
  ExpectRefused("classes:\n  B-2:\n  - exempt\n", 3, "classes.B-2: 'exempt' is not a map of keys");
}

TEST_F(AdmissionPolicyTest, NeedsAFirstDayAndARule) {
  ExpectPeriodRefused("rule: exempt\n", 3,
                      "classes.B-2.from is missing: a day of the calendar, YYYY-MM-DD");
  ExpectPeriodRefused("from: 2020-01-01\n", 3,
                      "classes.B-2.rule is missing: one of fixed_date, days_from_arrival, "
                      "days_in_window, duration_of_status, exempt");
  ExpectPeriodRefused("\n", 2, "classes.B-2.from is missing: a day of the calendar, YYYY-MM-DD");
}

TEST_F(AdmissionPolicyTest, RefusesDaysThatTheCalendarLacks) {
  for (const char* day : {"2026-02-30", "2025-02-29", "2026-13-01", "2026-00-01", "2026-01-00",
                          "2026-1-1", "26-01-01", "2026-01-01T00:00:00Z", "01/02/2026",
                          "+026-01-01", "2026-01- 1", "today", "20260101"}) {
    const std::string text = day;
    ExpectPeriodRefused(
        "rule: exempt\n    from: " + text + "\n", 4,
        "classes.B-2.from: '" + text + "' is not a day of the calendar, YYYY-MM-DD");
    ExpectPeriodRefused(
        "rule: exempt\n    from: 2020-01-01\n    until: " + text + "\n", 5,
        "classes.B-2.until: '" + text + "' is not a day of the calendar, YYYY-MM-DD");
  }
  ExpectPeriodRefused("rule: exempt\n    from:\n", 4,
                      "classes.B-2.from: this is not a day of the calendar, YYYY-MM-DD");
}

TEST_F(AdmissionPolicyTest, RefusesUnknownRules) {
  for (const char* rule : {"forever", "FIXED_DATE", "fixed-date", "''"}) {
    const std::string text = std::string(rule) == "''" ? "" : rule;
    ExpectPeriodRefused("from: 2020-01-01\n    rule: " + std::string(rule) + "\n", 4,
                        "classes.B-2.rule: '" + text +
                            "' is not one of fixed_date, days_from_arrival, days_in_window, "
                            "duration_of_status, exempt");
  }
}

TEST_F(AdmissionPolicyTest, RefusesNumbersThatTheRuleDoesNotHave) {
  for (const std::string rule : {"duration_of_status", "exempt"}) {
    ExpectPeriodRefused("from: 2020-01-01\n    rule: " + rule + "\n    days: 90\n", 5,
                        "classes.B-2.days: rule " + rule + " has no days");
    ExpectPeriodRefused("window_days: 180\n    from: 2020-01-01\n    rule: " + rule + "\n", 3,
                        "classes.B-2.window_days: rule " + rule + " has no window_days");
  }
  ExpectPeriodRefused("from: 2020-01-01\n    rule: fixed_date\n    window_days: 180\n", 5,
                      "classes.B-2.window_days: rule fixed_date has no window_days");
  ExpectPeriodRefused(
      "from: 2020-01-01\n    rule: days_from_arrival\n    days: 90\n    window_days: 180\n", 6,
      "classes.B-2.window_days: rule days_from_arrival has no window_days");
}

TEST_F(AdmissionPolicyTest, RefusesARuleWithoutItsNumbers) {
  ExpectPeriodRefused("from: 2020-01-01\n    rule: days_from_arrival\n", 3,
                      "classes.B-2.days is missing: rule days_from_arrival needs a whole number "
                      "from 1 to 3660");
  ExpectPeriodRefused("from: 2020-01-01\n    rule: days_in_window\n    window_days: 180\n", 3,
                      "classes.B-2.days is missing: rule days_in_window needs a whole number from "
                      "1 to 3659");
  ExpectPeriodRefused("from: 2020-01-01\n    rule: days_in_window\n    days: 90\n", 3,
                      "classes.B-2.window_days is missing: rule days_in_window needs a whole "
                      "number from 91 to 3660");
}

TEST_F(AdmissionPolicyTest, RefusesNumbersOutOfRange) {
  for (const std::string days : {"0", "-1", "3661", "9.5", "ninety", "99999999999"}) {
    ExpectPeriodRefused("from: 2020-01-01\n    rule: days_from_arrival\n    days: " + days + "\n",
                        5, "classes.B-2.days: '" + days + "' is not a whole number from 1 to 3660");
  }
  ExpectPeriodRefused("from: 2020-01-01\n    rule: days_in_window\n    days: 3660\n", 5,
                      "classes.B-2.days: '3660' is not a whole number from 1 to 3659");
  for (const std::string window : {"90", "3661"}) {
    ExpectPeriodRefused(
        "from: 2020-01-01\n    rule: days_in_window\n    days: 90\n    window_days: " + window +
            "\n",
        6, "classes.B-2.window_days: '" + window + "' is not a whole number from 91 to 3660");
  }
  ExpectPeriodRefused("from: 2020-01-01\n    rule: days_from_arrival\n    days: [90]\n", 5,
                      "classes.B-2.days: this is not a whole number from 1 to 3660");
}

TEST_F(AdmissionPolicyTest, RefusesPeriodsThatEndBeforeTheyBegin) {
  ExpectPeriodRefused("from: 2020-01-02\n    until: 2020-01-01\n    rule: exempt\n", 4,
                      "classes.B-2.until: '2020-01-01' is not on or after the period's first day, "
                      "2020-01-02");
}

TEST_F(AdmissionPolicyTest, RefusesPeriodsThatOverlapOrLeaveAGap) {
  const auto then = [](const std::string& from) {
    return "{from: 2020-01-01, until: 2020-02-29, rule: exempt}\n  - {rule: exempt,\n"
           "     from: " +
           from + "}\n";
  };
  EXPECT_THAT(Load("classes:\n  B-2:\n  - " + then("2020-03-01")), IsOk());
  for (const std::string from : {"2020-02-29", "2020-01-01", "2019-01-01"}) {
    ExpectPeriodRefused(then(from), 5,
                        "classes.B-2.from: the period overlaps the one before; it must begin on "
                        "2020-03-01");
  }
  for (const std::string from : {"2020-03-02", "2021-01-01"}) {
    ExpectPeriodRefused(then(from), 5,
                        "classes.B-2.from: the period leaves a gap after the one before; it must "
                        "begin on 2020-03-01");
  }
}

TEST_F(AdmissionPolicyTest, RefusesAPeriodAfterOneWithoutAnEnd) {
  ExpectPeriodRefused(
      "{from: 2020-01-01, rule: exempt}\n  - {from: 2021-01-01, rule: exempt}\n", 4,
      "classes.B-2.from: the period before has no until, so it must be the last one of the class");
}

TEST_F(AdmissionPolicyTest, RefusesWhatIsNotOneYamlDocument) {
  const auto torn = Load("classes:\n  B-2: [{from: 2020-01-01\n");
  EXPECT_THAT(torn, FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(std::string(torn.status().message()), HasSubstr(file_.string() + ":3: "));
  EXPECT_THAT(Load("classes: {}\n---\nclasses: {}\n"), FailsWith(Reason::kConfigInvalid));
}

TEST_F(AdmissionPolicyTest, SaysWhichFileIsMissing) {
  const auto absent = LoadAdmissionPolicy(dir_.path() / "absent.yaml");
  EXPECT_THAT(absent, FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(absent.status().ToString(),
              AllOf(HasSubstr("absent.yaml"), HasSubstr("No such file")));
}

// The rule of the shipped file for arrivals on a day.
AuthorizationRule ShippedRule(const std::string& code, core::Date day = 2026y / 11 / 25) {
  const auto policy = LoadAdmissionPolicy(kShipped);
  EXPECT_THAT(policy, IsOk());
  if (!policy.ok()) return {};
  const auto rule = core::RuleFor(*policy, code, day);
  EXPECT_THAT(rule, IsOk()) << code;
  return rule.ok() ? *rule : AuthorizationRule{};
}

TEST(ShippedAdmissionPolicy, HoldsTheRulesThatAreInForce) {
  const AuthorizationRule date{RuleKind::kFixedDate};
  const AuthorizationRule status{RuleKind::kDurationOfStatus};
  const AuthorizationRule exempt{RuleKind::kExempt};
  for (const char* code : {"C-1", "C-2", "E-1", "E-2", "E-3", "M-1", "H-1B", "H-2A", "H-2B", "H-4",
                           "L-1", "L-2", "O-1", "P-1", "R-1", "TN", "A-3", "G-5"}) {
    EXPECT_TRUE(ShippedRule(code) == date) << code;
  }
  for (const char* code : {"B-1", "B-2"}) {
    EXPECT_TRUE(ShippedRule(code) == (AuthorizationRule{RuleKind::kFixedDate, 366})) << code;
  }
  for (const char* code : {"F-1", "F-2", "J-1", "J-2", "I"}) {
    EXPECT_TRUE(ShippedRule(code) == status) << code;
  }
  for (const char* code : {"A-1", "A-2", "G-1", "G-2", "G-3", "G-4", "USC", "LPR"}) {
    EXPECT_TRUE(ShippedRule(code) == exempt) << code;
  }
  for (const char* code : {"WB", "WT", "K-1"}) {
    EXPECT_TRUE(ShippedRule(code) == (AuthorizationRule{RuleKind::kDaysFromArrival, 90})) << code;
  }
  for (const char* code : {"D-1", "D-2"}) {
    EXPECT_TRUE(ShippedRule(code) == (AuthorizationRule{RuleKind::kDaysFromArrival, 29})) << code;
  }
}

TEST(ShippedAdmissionPolicy, CountsShortStaysInAWindowFromTheDayOnWhichThatBegan) {
  EXPECT_TRUE(ShippedRule("SCH-C", 2013y / 10 / 17) == AuthorizationRule{RuleKind::kFixedDate});
  const AuthorizationRule window{RuleKind::kDaysInWindow, 90, 180};
  EXPECT_TRUE(ShippedRule("SCH-C", 2013y / 10 / 18) == window);
  EXPECT_TRUE(ShippedRule("SCH-C") == window);
}

TEST(ShippedAdmissionPolicy, HasEveryClassThatIsExemptFromCaptureByDefault) {
  for (const std::string& code : PolicyConfig().exempt_classes) {
    EXPECT_TRUE(ShippedRule(code) == AuthorizationRule{RuleKind::kExempt}) << code;
  }
}

// The part of the file before `classes`, which explains the keys.
TEST(ShippedAdmissionPolicy, ExplainsEveryKeyAndEveryRuleAtTheTop) {
  std::set<std::string> words;
  std::ifstream file(kShipped);
  for (std::string word; file >> word && word != "classes:";) words.insert(word);
  for (const char* word : {"classes", "from", "until", "rule", "days", "window_days", "fixed_date",
                           "days_from_arrival", "days_in_window", "duration_of_status", "exempt"}) {
    EXPECT_TRUE(words.contains(word)) << word;
  }
}

}  // namespace
}  // namespace entryexit::config
