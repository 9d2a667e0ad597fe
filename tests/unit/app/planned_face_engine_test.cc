#include "tests/support/planned_face_engine.h"

#include "tests/support/face_engine_contract.h"

namespace entryexit::testing {
namespace {

FaceEngineUnderTest Planned() {
  auto engine = std::make_shared<PlannedFaceEngine>();
  engine->Plan("face", core::Embedding{0.0F, 0.0F});
  engine->Plan("same face", core::Embedding{0.3F, 0.0F});
  engine->Plan("other face", core::Embedding{1.5F, 0.0F});
  engine->Plan("dark picture", {core::QualityIssue::kTooDark});
  return {engine, "face", "same face", "other face", "dark picture"};
}

INSTANTIATE_TEST_SUITE_P(Planned, FaceEngineContract, ::testing::Values(&Planned));

}  // namespace
}  // namespace entryexit::testing
