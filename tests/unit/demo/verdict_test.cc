#include "src/demo/verdict.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace entryexit::demo {
namespace {

// One impostor, one traveler who never departs, and one repeated request, all as they should be.
class VerdictTest : public testing::Test {
 protected:
  VerdictTest() {
    scenario_.travelers.resize(2);
    scenario_.crossings.resize(2);
    scenario_.crossings[0].truth = Truth::kImpostor;
    scenario_.crossings[1].traveler = 1;
    scenario_.overstays = {{1, v1::OVERSTAY_KIND_SUSPECTED_IN_COUNTRY, 3}};
    journal_.answers.resize(2);
    journal_.answers[0].crossing_id = "departure";
    journal_.answers[1].crossing_id = "arrival";
    journal_.retries = {1, 1};
    review_.travelers = {{"a", 0}, {"b", 1}};
    review_.crossings["departure"].add_comparisons()->set_outcome(v1::OUTCOME_NO_MATCH);
    review_.crossings["arrival"];
    review_.overstays.push_back(OverstayOf("b", 3));
    AddCase(v1::CASE_KIND_IDENTITY_NO_MATCH, "departure");
  }

  static v1::ListOverstaysResponse OverstayOf(const std::string& traveler_id, int days) {
    v1::ListOverstaysResponse overstay;
    overstay.set_kind(v1::OVERSTAY_KIND_SUSPECTED_IN_COUNTRY);
    overstay.set_days_overstayed(days);
    overstay.mutable_stay()->set_traveler_id(traveler_id);
    return overstay;
  }

  v1::Case& AddCase(v1::CaseKind kind, const std::string& crossing_id) {
    v1::Case& added = *review_.cases.emplace_back().mutable_case_();
    added.set_kind(kind);
    added.set_traveler_id("a");
    added.set_crossing_id(crossing_id);
    return added;
  }

  bool Passes(const std::string& key) const {
    const Verdict verdict = Judge(scenario_, journal_, review_);
    const auto found = std::find_if(verdict.checks.begin(), verdict.checks.end(),
                                    [&key](const Check& check) { return check.key == key; });
    if (found == verdict.checks.end()) throw std::out_of_range(key);
    return found->passed;
  }

  Scenario scenario_;
  Journal journal_;
  Review review_;
};

TEST_F(VerdictTest, AnImpostorWithoutAMatchPasses) { EXPECT_TRUE(Passes("no_impostor_matched")); }

TEST_F(VerdictTest, AMatchedImpostorFails) {
  review_.crossings["departure"].mutable_comparisons(0)->set_outcome(v1::OUTCOME_MATCH);
  EXPECT_FALSE(Passes("no_impostor_matched"));
  EXPECT_FALSE(Judge(scenario_, journal_, review_).Passed());
}

TEST_F(VerdictTest, AMatchedLookAlikeIsReportedAndFailsNothing) {
  scenario_.crossings[0].truth = Truth::kLookAlike;
  review_.crossings["departure"].mutable_comparisons(0)->set_outcome(v1::OUTCOME_MATCH);
  EXPECT_TRUE(Passes("no_impostor_matched"));
  const Verdict verdict = Judge(scenario_, journal_, review_);
  EXPECT_EQ(verdict.StagedOf(Truth::kLookAlike), 1);
  EXPECT_EQ(verdict.CountOf(Truth::kLookAlike, v1::OUTCOME_MATCH), 1);
  EXPECT_EQ(verdict.CountOf(Truth::kLookAlike, v1::OUTCOME_NO_MATCH), 0);
  EXPECT_EQ(verdict.StagedOf(Truth::kImpostor), 0);
  EXPECT_EQ(verdict.Outcomes(), std::set<v1::Outcome>{v1::OUTCOME_MATCH});
}

TEST_F(VerdictTest, TheLastComparisonCounts) {
  review_.crossings["departure"].add_comparisons()->set_outcome(v1::OUTCOME_MATCH);
  EXPECT_FALSE(Passes("no_impostor_matched"));
}

TEST_F(VerdictTest, AListedOverstayPasses) {
  EXPECT_TRUE(Passes("no_overstay_missed"));
  EXPECT_TRUE(Passes("no_overstay_invented"));
}

TEST_F(VerdictTest, AMissedOverstayFails) {
  review_.overstays.clear();
  EXPECT_FALSE(Passes("no_overstay_missed"));
}

TEST_F(VerdictTest, AnOverstayWithTheWrongDaysFails) {
  review_.overstays[0].set_days_overstayed(4);
  EXPECT_FALSE(Passes("no_overstay_missed"));
}

TEST_F(VerdictTest, AnOverstayThatNobodyStagedFails) {
  review_.overstays.push_back(OverstayOf("a", 1));
  EXPECT_TRUE(Passes("no_overstay_missed"));
  EXPECT_FALSE(Passes("no_overstay_invented"));
}

TEST_F(VerdictTest, ADoubledCrossingFails) {
  EXPECT_TRUE(Passes("retries_doubled_nothing"));
  review_.crossings["doubled"];
  EXPECT_FALSE(Passes("retries_doubled_nothing"));
}

TEST_F(VerdictTest, ARetryWithAnotherAnswerFails) {
  journal_.retries = {2, 1};
  EXPECT_FALSE(Passes("retries_doubled_nothing"));
}

TEST_F(VerdictTest, ADoubtWithoutACaseFails) {
  EXPECT_TRUE(Passes("every_doubt_has_a_case"));
  review_.cases.clear();
  EXPECT_FALSE(Passes("every_doubt_has_a_case"));
}

TEST_F(VerdictTest, AFlagMustBeWithdrawnWhereThatIsStaged) {
  scenario_.flags = {{0, v1::CASE_KIND_DEPARTURE_WITHOUT_ARRIVAL, 0, true}};
  v1::Case& flag = AddCase(v1::CASE_KIND_DEPARTURE_WITHOUT_ARRIVAL, "departure");
  flag.set_state(v1::CASE_STATE_OPEN);
  EXPECT_FALSE(Passes("flags_as_staged"));
  flag.set_state(v1::CASE_STATE_WITHDRAWN);
  EXPECT_TRUE(Passes("flags_as_staged"));
}

TEST_F(VerdictTest, ABadRequestMustBeRefusedForItsOwnReason) {
  scenario_.crossings[1].expected = Expected::kRefused;
  scenario_.crossings[1].refusal = "MRZ_CHECK_DIGIT";
  journal_.answers[1].refusal = "MRZ_MALFORMED";
  EXPECT_FALSE(Passes("bad_requests_refused"));
  journal_.answers[1].refusal = "MRZ_CHECK_DIGIT";
  EXPECT_TRUE(Passes("bad_requests_refused"));
}

TEST_F(VerdictTest, APoorCaptureThatIsTakenFails) {
  scenario_.crossings[1].expected = Expected::kPoorCapture;
  journal_.answers[1].recorded = true;
  EXPECT_FALSE(Passes("poor_captures_turned_away"));
}

TEST_F(VerdictTest, AReplayThatDiffersFails) {
  review_.replays["departure"].set_identical(true);
  EXPECT_TRUE(Passes("replays_identical"));
  review_.replays["departure"].set_identical(false);
  EXPECT_FALSE(Passes("replays_identical"));
}

}  // namespace
}  // namespace entryexit::demo
