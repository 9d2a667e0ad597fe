#include "src/demo/words.h"

#include <gtest/gtest.h>

namespace entryexit::demo {
namespace {

v1::Comparison At(double fmr, const char* calibration) {
  v1::Comparison comparison;
  comparison.set_estimated_fmr(fmr);
  comparison.mutable_thresholds()->set_calibration(calibration);
  return comparison;
}

TEST(WordsTest, ARareRateIsOneInRoundedMany) {
  EXPECT_EQ(FmrInWords(At(0.0000512, "random")),
            "about 1 in 20,000 pairs of different people would look at least as alike");
  EXPECT_EQ(FmrInWords(At(0.0045, "random")),
            "about 1 in 220 pairs of different people would look at least as alike");
}

TEST(WordsTest, ACommonRateIsOutOfAHundred) {
  EXPECT_EQ(
      FmrInWords(At(0.434, "matched")),
      "about 43 in 100 pairs of different people of the same sex, region and age would look at "
      "least as alike");
}

TEST(WordsTest, WithoutADistanceNothingWasCompared) {
  EXPECT_EQ(FmrInWords(v1::Comparison()), "nothing was compared");
}

TEST(WordsTest, EnumNamesBecomePlain) { EXPECT_EQ(Plain("NO_MATCH"), "no match"); }

}  // namespace
}  // namespace entryexit::demo
