#ifndef ENTRYEXIT_TESTS_SUPPORT_FACE_ENGINE_CONTRACT_H_
#define ENTRYEXIT_TESTS_SUPPORT_FACE_ENGINE_CONTRACT_H_

#include <functional>
#include <memory>
#include <string>

#include "entryexit/core/matching.h"
#include "entryexit/ports/face_engine.h"
#include "tests/support/status_matchers.h"

namespace entryexit::testing {

// A face engine and pictures of each kind for it.
struct FaceEngineUnderTest {
  std::shared_ptr<const ports::FaceEngine> engine;
  std::string usable_image;
  std::string same_face_image;  // nearer to `usable_image` than `other_face_image` is
  std::string other_face_image;
  std::string unfit_image;  // a sound picture that gives no template
};

// What every implementation of ports::FaceEngine keeps. Instantiate it with a factory.
class FaceEngineContract : public ::testing::TestWithParam<std::function<FaceEngineUnderTest()>> {
 protected:
  absl::StatusOr<core::FaceObservation> Observe(const std::string& image) const {
    return under_test_.engine->Observe(image,
                                       std::chrono::steady_clock::now() + std::chrono::minutes(1));
  }

  const FaceEngineUnderTest under_test_ = GetParam()();
};

TEST_P(FaceEngineContract, RefusesWhatIsNoPicture) {
  EXPECT_THAT(Observe(""), FailsWith(core::Reason::kImageEmpty));
  EXPECT_THAT(Observe("plain text"), FailsWith(core::Reason::kImageUnsupportedFormat));
}

TEST_P(FaceEngineContract, GivesEitherATemplateOrTheFindingsThatSpeakAgainstOne) {
  const auto usable = Observe(under_test_.usable_image);
  ASSERT_THAT(usable, IsOk());
  EXPECT_TRUE(usable->usable());
  EXPECT_TRUE(usable->findings.empty());

  const auto unfit = Observe(under_test_.unfit_image);
  ASSERT_THAT(unfit, IsOk());
  EXPECT_FALSE(unfit->usable());
  EXPECT_FALSE(unfit->findings.empty());
}

TEST_P(FaceEngineContract, GivesTheSameTemplateForTheSamePicture) {
  EXPECT_EQ(Observe(under_test_.usable_image)->embedding,
            Observe(under_test_.usable_image)->embedding);
}

TEST_P(FaceEngineContract, PutsTheSameFaceNearerThanAnother) {
  const core::Embedding face = *Observe(under_test_.usable_image)->embedding;
  EXPECT_LT(core::Distance(face, *Observe(under_test_.same_face_image)->embedding),
            core::Distance(face, *Observe(under_test_.other_face_image)->embedding));
}

TEST_P(FaceEngineContract, NamesItsModelAndItsErrorRates) {
  const ports::FaceEngine& engine = *under_test_.engine;
  EXPECT_FALSE(engine.model().id.empty());
  EXPECT_FALSE(engine.model().digest.empty());
  EXPECT_FALSE(engine.model().engine.empty());
  EXPECT_THAT(engine.calibration().DistanceAt(5e-4), IsOk());
  EXPECT_THAT(engine.calibration().DistanceAt(1e-2), IsOk());
}

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_SUPPORT_FACE_ENGINE_CONTRACT_H_
