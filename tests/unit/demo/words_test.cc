#include "src/demo/words.h"

#include <gtest/gtest.h>

namespace entryexit::demo {
namespace {

v1::Comparison At(double fmr, v1::FmrBound bound, const char* calibration) {
  v1::Comparison comparison;
  comparison.set_fmr_bound(bound);
  comparison.set_estimated_fmr(fmr);
  comparison.mutable_thresholds()->set_calibration(calibration);
  return comparison;
}

TEST(WordsTest, ARateIsOneInRoundedMany) {
  EXPECT_EQ(FmrShare(At(0.0045, v1::FMR_BOUND_EXACT, "random")), "1 in 220");
  EXPECT_EQ(FmrShare(At(0.434, v1::FMR_BOUND_EXACT, "random")), "43 in 100");
}

TEST(WordsTest, BeyondWhatWasMeasuredTheRateIsABound) {
  EXPECT_EQ(FmrShare(At(0.0000512, v1::FMR_BOUND_AT_MOST, "random")), "at most 1 in 20,000");
  EXPECT_EQ(FmrShare(At(0.01, v1::FMR_BOUND_AT_LEAST, "random")), "at least 1 in 100");
}

TEST(WordsTest, TheRateIsSaidOfThePairsItWasMeasuredOn) {
  EXPECT_EQ(
      FmrInWords(At(0.0019, v1::FMR_BOUND_EXACT, "matched")),
      "Of pairs of different people of the same sex, region and age, about 1 in 530 would look "
      "at least as alike.");
  EXPECT_EQ(FmrInWords(At(0.01, v1::FMR_BOUND_AT_LEAST, "random")),
            "Of pairs of different people, at least 1 in 100 would look at least as alike.");
}

TEST(WordsTest, WithoutADistanceThereIsNoRate) { EXPECT_EQ(FmrShare(v1::Comparison()), ""); }

TEST(WordsTest, EnumNamesBecomePlain) { EXPECT_EQ(Plain("NO_MATCH"), "no match"); }

}  // namespace
}  // namespace entryexit::demo
