#include "entryexit/evaluation/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "entryexit/core/reason.h"
#include "tests/support/planned_face_engine.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/evaluation/scratch_folder.h"

namespace entryexit::evaluation {
namespace {

using ::entryexit::testing::FailsWith;
using ::entryexit::testing::IsOk;
using ::entryexit::testing::PlannedFaceEngine;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Pair;

class EvaluateTest : public ::testing::Test {
 protected:
  // People A (3 images), B and C (2 each); the content of an image is its name.
  EvaluateTest() {
    for (const char* name :
         {"A/1.jpg", "A/2.jpg", "A/3.jpg", "B/1.jpg", "B/2.jpg", "C/1.jpg", "C/2.jpg"}) {
      folder_.Write(name, name);
    }
    engine_.Plan("A/1.jpg", core::Embedding{0, 0});
    engine_.Plan("A/2.jpg", core::Embedding{3, 4});
    engine_.Plan("A/3.jpg", {core::QualityIssue::kTooDark, core::QualityIssue::kBlurred});
    engine_.Plan("B/1.jpg", core::Embedding{0, 10});
    engine_.Plan("B/2.jpg", core::Embedding{0, 12});
    engine_.Plan("C/1.jpg", core::Reason::kImageCorrupt);
    engine_.Plan("C/2.jpg", {core::QualityIssue::kBlurred});
    IdentityOptions options;
    options.dir = folder_.path();
    pairs_ = *ListIdentities(options);
  }

  ScratchFolder folder_;
  PlannedFaceEngine engine_;
  PairList pairs_;
};

TEST_F(EvaluateTest, MeasuresTheDistanceOfEveryPairWithTwoTemplates) {
  const auto result = Evaluate(engine_, pairs_, 3, nullptr);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->model.id, "planned-v1");
  std::vector<double> mated;
  for (const Comparison& comparison : result->comparisons.mated) {
    mated.push_back(comparison.distance);
    EXPECT_EQ(comparison.identity_a, comparison.identity_b);
  }
  EXPECT_THAT(mated, ElementsAre(5, 2));  // A1-A2, B1-B2
  ASSERT_EQ(result->comparisons.non_mated.size(), 4U);
  EXPECT_EQ(result->comparisons.non_mated[0].distance, 10);  // A1-B1
  EXPECT_NE(result->comparisons.non_mated[0].identity_a,
            result->comparisons.non_mated[0].identity_b);
}

TEST_F(EvaluateTest, CountsImagesWithoutATemplateAndThePairsLeftOut) {
  const auto result = Evaluate(engine_, pairs_, 2, nullptr);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->acquisition.failures.errors, 3U);
  EXPECT_EQ(result->acquisition.failures.trials, 7U);
  EXPECT_THAT(result->acquisition.by_quality_issue,
              ElementsAre(Pair("BLURRED", 2), Pair("TOO_DARK", 1)));
  EXPECT_THAT(result->acquisition.by_error, ElementsAre(Pair("IMAGE_CORRUPT", 1)));
  EXPECT_EQ(result->mated_left_out, 3U);                  // A1-A3, A2-A3, C1-C2
  EXPECT_EQ(result->non_mated_left_out, 6U + 6 + 4 - 4);  // AB, AC and BC, less the four made
}

TEST_F(EvaluateTest, EmbedsEachImageOnceWithAnyNumberOfThreads) {
  for (const int threads : {1, 4, 16}) {
    PlannedFaceEngine engine = {};
    for (const auto& image : pairs_.images) engine.Plan(image.path, core::Embedding{1});
    ASSERT_THAT(Evaluate(engine, pairs_, threads, nullptr), IsOk());
    EXPECT_EQ(engine.asked().size(), 7U);
    EXPECT_THAT(engine.asked(), Each(Pair(::testing::_, 1)));
  }
}

TEST_F(EvaluateTest, TellsProgressAfterEachImageInOrder) {
  std::vector<std::size_t> told;
  ASSERT_THAT(Evaluate(engine_, pairs_, 4,
                       [&](std::size_t done, std::size_t total) {
                         EXPECT_EQ(total, 7U);
                         told.push_back(done);
                       }),
              IsOk());
  EXPECT_THAT(told, ElementsAre(1, 2, 3, 4, 5, 6, 7));
}

TEST_F(EvaluateTest, EndsOnAnErrorThatIsNotTheImages) {
  engine_.Plan("B/1.jpg", core::Reason::kInternal);
  EXPECT_THAT(Evaluate(engine_, pairs_, 2, nullptr), FailsWith(core::Reason::kInternal));
}

TEST_F(EvaluateTest, EndsOnAnImageFileThatCannotBeRead) {
  std::filesystem::remove(folder_.path() / "B/1.jpg");
  EXPECT_THAT(Evaluate(engine_, pairs_, 2, nullptr), FailsWith(core::Reason::kInvalidField));
}

TEST_F(EvaluateTest, HandsAnEmptyFileToTheEngine) {
  folder_.Write("B/1.jpg", "");
  engine_.Plan("", core::Reason::kImageEmpty);
  const auto result = Evaluate(engine_, pairs_, 2, nullptr);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->acquisition.by_error.at("IMAGE_EMPTY"), 1U);
}

TEST_F(EvaluateTest, EndsOnADistanceThatIsNotANumber) {
  engine_.Plan("B/1.jpg", core::Embedding{std::numeric_limits<float>::quiet_NaN(), 0});
  EXPECT_THAT(Evaluate(engine_, pairs_, 2, nullptr), FailsWith(core::Reason::kInternal));
}

TEST_F(EvaluateTest, RefusesToRunWithoutThreads) {
  EXPECT_THAT(Evaluate(engine_, pairs_, 0, nullptr), FailsWith(core::Reason::kInvalidField));
}

}  // namespace
}  // namespace entryexit::evaluation
