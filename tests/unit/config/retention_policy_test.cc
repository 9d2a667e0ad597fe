#include "entryexit/config/retention_policy.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "entryexit/core/reason.h"
#include "tests/support/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::config {
namespace {

using core::Reason;
using testing::FailsWith;
using testing::IsOk;
using namespace std::chrono_literals;

const std::filesystem::path kShippedRetention =
    std::filesystem::path(ENTRYEXIT_SOURCE_DIR) / "config/retention_policy.yaml";

class RetentionPolicyTest : public ::testing::Test {
 protected:
  absl::StatusOr<core::RetentionPolicy> Load(const std::string& yaml) {
    std::ofstream(file_) << yaml;
    return LoadRetentionPolicy(file_);
  }

  // The shipped rules with `from` in place of `to`.
  static std::string Shipped(const std::string& from, const std::string& to) {
    std::string text = testing::ReadAll(kShippedRetention);
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  }
  static int LineOf(const std::string& yaml, const std::string& part) {
    return static_cast<int>(std::count(
               yaml.begin(), yaml.begin() + static_cast<std::ptrdiff_t>(yaml.find(part)), '\n')) +
           1;
  }

  void ExpectRefused(const std::string& yaml, int line, const std::string& message) {
    const auto policy = Load(yaml);
    ASSERT_THAT(policy, FailsWith(Reason::kConfigInvalid)) << yaml;
    EXPECT_EQ(std::string(policy.status().message()),
              file_.string() + ":" + std::to_string(line) + ": " + message);
  }

  // One rule whose fields are these, on line 2.
  void ExpectRuleRefused(const std::string& fields, const std::string& message) {
    ExpectRefused("rules:\n  - {" + fields + "}\n", 2, message);
  }

  testing::TempDir dir_;
  std::filesystem::path file_ = dir_.path() / "retention_policy.yaml";
};

constexpr char kPeriodWords[] =
    "a period, such as '12 hours', '14 days', '6 months' or '3 years', of a century at most";

TEST_F(RetentionPolicyTest, TheShippedOneIsValidAndSaysWhatTheDocumentsSay) {
  const auto policy = LoadRetentionPolicy(kShippedRetention);
  ASSERT_THAT(policy, IsOk());
  EXPECT_EQ(policy->size(), core::RetentionSubjects().size());
  const core::Date today = 2026y / 11 / 26;
  using enum core::TravelerCategory;
  using enum core::DataKind;
  using enum core::RetentionEvent;
  using Unit = core::RetentionPeriod::Unit;
  const core::RetentionRule* rule = core::RuleFor(*policy, {kNational, kImage, kCapture}, today);
  ASSERT_NE(rule, nullptr);
  EXPECT_EQ(rule->period, (core::RetentionPeriod{Unit::kHours, 12}));
  EXPECT_EQ(rule->id, "national-image");
  EXPECT_TRUE(rule->waits_for_cases);
  EXPECT_EQ(rule->notice_days, 0);
  rule = core::RuleFor(*policy, {kOther, kTemplate, kLastExit}, today);
  EXPECT_EQ(rule->period, (core::RetentionPeriod{Unit::kYears, 3}));
  rule = core::RuleFor(*policy, {kOther, kCrossing, kAuthorizationEnded}, today);
  EXPECT_EQ(rule->period, (core::RetentionPeriod{Unit::kYears, 5}));
  EXPECT_EQ(core::RuleFor(*policy, {kOther, kImage, kCapture}, 1989y / 12 / 31), nullptr);
}

TEST_F(RetentionPolicyTest, ReadsEveryField) {
  const auto policy = Load(
      Shipped("keep: 14 days, from: 1990-01-01",
              "keep: 1 month, notice_days: 30, waits_for_cases: false, from: 1990-01-01, "
              "until: 1999-12-31}\n  - {id: next, traveler: other, data: image, event: capture, "
              "keep: 1 hour, from: 2000-01-01"));
  ASSERT_THAT(policy, IsOk());
  const auto subject = core::RetentionSubject{
      core::TravelerCategory::kOther, core::DataKind::kImage, core::RetentionEvent::kCapture};
  const core::RetentionRule* rule = core::RuleFor(*policy, subject, 1999y / 12 / 31);
  ASSERT_NE(rule, nullptr);
  EXPECT_EQ(rule->period, (core::RetentionPeriod{core::RetentionPeriod::Unit::kMonths, 1}));
  EXPECT_EQ(rule->notice_days, 30);
  EXPECT_FALSE(rule->waits_for_cases);
  EXPECT_EQ(core::RuleFor(*policy, subject, 2000y / 1 / 1)->id, "next");
}

TEST_F(RetentionPolicyTest, RefusesARuleWithAWrongWordOrNumber) {
  const std::string good = "id: x, traveler: other, data: image, event: capture, ";
  ExpectRuleRefused(good + "keep: 1 day",
                    "rules.from is missing: a day of the calendar, YYYY-MM-DD");
  ExpectRuleRefused(good + "from: 1990-01-01",
                    std::string("rules.keep is missing: ") + kPeriodWords);
  for (const char* period : {"14", "0 days", "-1 days", "1 days", "2 day", "14 weeks", "days",
                             "14  days", "101 years", "''", "[14 days]"}) {
    const std::string shown = period[0] == '[' ? "this" : "'" + std::string(period) + "'";
    ExpectRuleRefused(
        good + "keep: " + period + ", from: 1990-01-01",
        "rules.keep: " + (shown == "''''" ? "''" : shown) + " is not " + kPeriodWords);
  }
  ExpectRuleRefused(good + "keep: 1 day, from: 1990-02-30",
                    "rules.from: '1990-02-30' is not a day of the calendar, YYYY-MM-DD");
  ExpectRuleRefused(
      good + "keep: 1 day, from: 1990-01-02, until: 1990-01-01",
      "rules.until: '1990-01-01' is not on or after the rule's first day, 1990-01-02");
  ExpectRuleRefused(good + "keep: 1 day, from: 1990-01-01, notice_days: 3661",
                    "rules.notice_days: '3661' is not a whole number from 0 to 3660");
  ExpectRuleRefused(good + "keep: 1 day, from: 1990-01-01, waits_for_cases: maybe",
                    "rules.waits_for_cases: 'maybe' is not one of true, false");
  ExpectRuleRefused(good + "keep: 1 day, form: 1990-01-01", "unknown key 'rules.form'");
  ExpectRuleRefused("traveler: other", "rules.id is missing: 1 to 64 of A-Z a-z 0-9 . _ -");
  ExpectRuleRefused("id: 'a b'", "rules.id: 'a b' is not 1 to 64 of A-Z a-z 0-9 . _ -");
  ExpectRuleRefused("id: x", "rules.traveler is missing: one of national, other");
  ExpectRuleRefused("id: x, traveler: alien",
                    "rules.traveler: 'alien' is not one of national, other");
  ExpectRuleRefused("id: x, traveler: other, data: traveler",
                    "rules.data: 'traveler' is not one of image, template, crossing, case");
  ExpectRuleRefused("id: x, traveler: other, data: image, event: last_exit",
                    "rules.event: 'last_exit' is not an event for traveler other, data image: "
                    "capture");
  ExpectRuleRefused("id: x, traveler: national, data: template, event: authorization_ended",
                    "rules.event: 'authorization_ended' is not an event for traveler national, "
                    "data template: last_exit, capture");
}

TEST_F(RetentionPolicyTest, RefusesAFileThatLeavesSomethingWithoutARule) {
  ExpectRefused("", 1, "rules: at least one rule is needed");
  ExpectRefused("\nrules: []\n", 2, "rules: at least one rule is needed");
  ExpectRefused("periods: []\n", 1, "unknown key 'periods'");
  std::string yaml = Shipped("  - {id: other-image,", "  # {id: other-image,");
  ExpectRefused(yaml, LineOf(yaml, "rules:\n"),
                "rules: none is for traveler other, data image, event capture");
}

TEST_F(RetentionPolicyTest, RefusesGapsOverlapsAndRepeatedIds) {
  const std::string subject = "for traveler other, data image, event capture";
  const std::string next =
      "}\n  - {id: next, traveler: other, data: image, event: capture, keep: 1 day, from: ";
  const std::string rule = "keep: 14 days, from: 1990-01-01";
  std::string yaml = Shipped(rule, rule + next + "2000-01-01");
  ExpectRefused(yaml, LineOf(yaml, "id: next"),
                "rules.from: the rule overlaps the one before " + subject + ", which has no until");
  yaml = Shipped(rule, rule + ", until: 2000-01-01" + next + "2000-01-01");
  ExpectRefused(
      yaml, LineOf(yaml, "id: next"),
      "rules.from: the rule overlaps the one before " + subject + "; it must begin on 2000-01-02");
  yaml = Shipped(rule, rule + ", until: 2000-01-01" + next + "2000-01-03");
  ExpectRefused(
      yaml, LineOf(yaml, "id: next"),
      "rules.from: the rule leaves a gap before it " + subject + "; it must begin on 2000-01-02");
  yaml = Shipped(rule, "keep: 14 days, from: 1990-01-02");
  ExpectRefused(
      yaml, LineOf(yaml, "id: other-image"),
      "rules.from: the rule leaves a gap before it " + subject + "; it must begin on 1990-01-01");
  yaml = Shipped(rule, rule + ", until: 2000-01-01");
  ExpectRefused(yaml, LineOf(yaml, "id: other-image"),
                "rules.until: no rule follows " + subject + "; the last one must have no until");
  yaml = Shipped("id: other-image", "id: national-image");
  ExpectRefused(yaml, LineOf(yaml, "traveler: other, data: image"),
                "rules.id: 'national-image' is there twice");
}

}  // namespace
}  // namespace entryexit::config
