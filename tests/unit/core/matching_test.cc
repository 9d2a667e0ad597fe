#include "entryexit/core/matching.h"

#include "tests/support/status_matchers.h"

namespace entryexit::core {
namespace {

using ::entryexit::testing::FailsWith;

Calibration MatchedPairs() {
  return *Calibration::Create("matched", {{1e-2, 1.1391}, {5e-4, 1.0076}, {1e-4, 0.9244}});
}

MatchPolicy Policy(int best_k = 2) { return {*ThresholdsFor(MatchedPairs(), 5e-4, 1e-2), best_k}; }

// A template at Euclidean distance `distance` from Probe().
ComparedTemplate At(double distance, const std::string& id) {
  return {CrossingId(id), "digest-" + id, {static_cast<float>(distance), 0.0F}};
}
ComparedTemplate Probe() { return {CrossingId("probe"), "digest-probe", {0.0F, 0.0F}}; }

DecisionReceipt Decide(const std::vector<ComparedTemplate>& references, int best_k = 2) {
  return Compare(Probe(), references, {"model", "digest", "engine"}, Policy(best_k),
                 MatchedPairs());
}

TEST(ThresholdsTest, ComeFromTheTargetErrorRates) {
  const Thresholds thresholds = *ThresholdsFor(MatchedPairs(), 5e-4, 1e-2);
  EXPECT_DOUBLE_EQ(thresholds.match_distance, 1.0076);
  EXPECT_DOUBLE_EQ(thresholds.no_match_distance, 1.1391);
  EXPECT_EQ(thresholds.calibration, "matched");
}

TEST(ThresholdsTest, RefuseAMatchTargetThatIsNotTheStricter) {
  EXPECT_THAT(ThresholdsFor(MatchedPairs(), 1e-2, 1e-2), FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(ThresholdsFor(MatchedPairs(), 1e-2, 5e-4), FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(ThresholdsFor(MatchedPairs(), 1e-6, 1e-2), FailsWith(Reason::kConfigInvalid));
}

TEST(DistanceTest, IsEuclidean) {
  EXPECT_DOUBLE_EQ(Distance({3.0F, 0.0F}, {0.0F, 4.0F}), 5.0);
  EXPECT_DOUBLE_EQ(Distance({1.0F, 2.0F}, {1.0F, 2.0F}), 0.0);
}

TEST(NormalisedTest, HasLengthOneAndTheSameDirection) {
  EXPECT_EQ(Normalised({3.0F, -4.0F}), (Embedding{0.6F, -0.8F}));
}

TEST(FusedDistanceTest, IsTheMeanOfTheBestK) {
  EXPECT_DOUBLE_EQ(FusedDistance({0.9, 0.5, 0.7}, 2), 0.6);
  EXPECT_DOUBLE_EQ(FusedDistance({0.9, 0.5, 0.7}, 1), 0.5);
  EXPECT_DOUBLE_EQ(FusedDistance({0.9}, 2), 0.9);
}

TEST(OutcomeTest, IsDecidedAtTheThresholdsThemselves) {
  const Thresholds thresholds = Policy().thresholds;
  EXPECT_EQ(OutcomeAt(1.0076, thresholds), Outcome::kMatch);
  EXPECT_EQ(OutcomeAt(1.00761, thresholds), Outcome::kInconclusive);
  EXPECT_EQ(OutcomeAt(1.1391, thresholds), Outcome::kInconclusive);
  EXPECT_EQ(OutcomeAt(1.13911, thresholds), Outcome::kNoMatch);
}

TEST(OutcomeTest, NamesGoBothWays) {
  for (const Outcome outcome :
       {Outcome::kMatch, Outcome::kNoMatch, Outcome::kInconclusive, Outcome::kNoReference,
        Outcome::kLowQuality, Outcome::kExempt, Outcome::kOptedOut}) {
    EXPECT_EQ(OutcomeFromName(NameOf(outcome)), outcome);
  }
  EXPECT_EQ(OutcomeFromName("MAYBE"), std::nullopt);
}

TEST(CompareTest, UsesEveryReferenceAndSaysSo) {
  const DecisionReceipt receipt = Decide({At(1.5, "a"), At(0.5, "b"), At(0.7, "c")});
  EXPECT_EQ(receipt.outcome, Outcome::kMatch);
  EXPECT_NEAR(*receipt.distance, 0.6, 1e-6);
  ASSERT_EQ(receipt.references.size(), 3U);
  EXPECT_EQ(receipt.references[0].crossing_id, CrossingId("a"));
  EXPECT_NEAR(receipt.references[0].distance, 1.5, 1e-6);
  EXPECT_EQ(receipt.references[1].digest, "digest-b");
  EXPECT_EQ(receipt.rule_version, kMatchRuleVersion);
}

TEST(CompareTest, OneGoodReferenceDoesNotOutweighAPoorOneWhenTwoAreAveraged) {
  EXPECT_EQ(Decide({At(0.9, "a"), At(1.5, "b")}, /*best_k=*/2).outcome, Outcome::kNoMatch);
  EXPECT_EQ(Decide({At(0.9, "a"), At(1.5, "b")}, /*best_k=*/1).outcome, Outcome::kMatch);
}

TEST(CompareTest, SaysNoReferenceWhenThereIsNone) {
  const DecisionReceipt receipt = Decide({});
  EXPECT_EQ(receipt.outcome, Outcome::kNoReference);
  EXPECT_EQ(receipt.distance, std::nullopt);
  EXPECT_EQ(receipt.estimated_fmr, std::nullopt);
}

TEST(CompareTest, EstimatesTheFmrAtTheFusedDistance) {
  EXPECT_NEAR(*Decide({At(1.1391, "a")}).estimated_fmr, 1e-2, 1e-6);
  EXPECT_NEAR(*Decide({At(0.2, "a")}).estimated_fmr, 1e-4, 1e-12);
}

}  // namespace
}  // namespace entryexit::core
