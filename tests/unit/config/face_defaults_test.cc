#include <gtest/gtest.h>

#include "entryexit/config/config.h"
#include "entryexit/face/engine_config.h"

// The config module may not see the face module, so each states the defaults. They must agree, or
// the tools that run the engine without a configuration would judge captures as no daemon does.
namespace entryexit::config {
namespace {

// Unpacked in the order of the fields, so that a field that is added to one of them must come here.
TEST(FaceDefaults, JudgeCapturesAlike) {
  const auto& [face_px, inside, dark, bright, sharpness, roll, yaw, pitch, eyes, dominance] =
      QualityConfig();
  const auto& [engine_face_px, engine_inside, engine_dark, engine_bright, engine_sharpness,
               engine_roll, engine_yaw, engine_pitch, engine_eyes, engine_dominance] =
      face::QualityLimits();
  EXPECT_EQ(face_px, engine_face_px);
  EXPECT_EQ(inside, engine_inside);
  EXPECT_EQ(dark, engine_dark);
  EXPECT_EQ(bright, engine_bright);
  EXPECT_EQ(sharpness, engine_sharpness);
  EXPECT_EQ(roll, engine_roll);
  EXPECT_EQ(yaw, engine_yaw);
  EXPECT_EQ(pitch, engine_pitch);
  EXPECT_EQ(eyes, engine_eyes);
  EXPECT_EQ(dominance, engine_dominance);
}

TEST(FaceDefaults, TakeTheSameCapturesByTheSameModel) {
  const FaceConfig config;
  const face::EngineConfig engine;
  EXPECT_EQ(static_cast<size_t>(config.max_image_mib) << 20, engine.image.max_image_bytes);
  EXPECT_EQ(static_cast<uint64_t>(config.max_megapixels) * 1'000'000, engine.image.max_pixels);
  EXPECT_EQ(config.min_face_share, engine.min_face_share);
  EXPECT_EQ(config.model, engine.model);
  EXPECT_EQ(config.runtime, engine.runtime);
  EXPECT_EQ(config.landmarks, engine.landmarks);
  EXPECT_EQ(config.workers, engine.workers);
  EXPECT_EQ(MatchingConfig().calibration, engine.calibration_pairs);
}

}  // namespace
}  // namespace entryexit::config
