#include "src/face/alignment.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "entryexit/core/matching.h"
#include "entryexit/face/engine.h"
#include "src/face/files.h"
#include "src/face/network.h"
#include "tests/support/files.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/face/face_fixtures.h"

namespace entryexit::face {
namespace {

using ::entryexit::testing::IsOk;
using ::entryexit::testing::ReadAll;

const std::filesystem::path kParity =
    std::filesystem::path(ENTRYEXIT_SOURCE_DIR) / "tests/data/parity";

nlohmann::json ParityVectors() { return nlohmann::json::parse(ReadAll(kParity / "parity.json")); }

// "synthetic_faces/id_003/arrival_1.jpg" lies in tests/data/faces here.
std::string CaptureOf(const nlohmann::json& vector) {
  const std::string name = vector["capture"];
  return testing::Capture(name.substr(name.find('/') + 1));
}

TEST(Similarity, RecoversRotationScaleAndTranslation) {
  const std::array<cv::Point2d, 3> from{cv::Point2d(0, 0), {10, 0}, {3, 7}};
  const cv::Matx23d truth(0.6, -0.8, 5, 0.8, 0.6, -2);
  std::array<cv::Point2d, 3> to;
  for (size_t i = 0; i < from.size(); ++i) {
    to[i] = cv::Point2d(truth * cv::Vec3d(from[i].x, from[i].y, 1));
  }
  EXPECT_LT(cv::norm(SimilarityBetween(from, to) - truth), 1e-12);
}

TEST(Parity, CropGivesTheExpectedEmbedding) {
  const auto weights =
      ReadFile(testing::BundledConfig().manifest.parent_path() / "entryexit_resnet_v1.dat");
  ASSERT_THAT(weights, IsOk());
  const auto network = LoadEntryexitResnet(*weights);
  ASSERT_THAT(network, IsOk());
  for (const auto& vector : ParityVectors()) {
    const std::string name = vector["crop"];
    const cv::Mat crop = cv::imread((kParity / name).string());
    EXPECT_LT(testing::Distance(core::Normalised((*network)->Embed(crop)), vector["embedding"]),
              1e-4)
        << name;
  }
}

TEST(Parity, CutsTheSameCropFromTheCapture) {
  const auto landmarks = LandmarkFinder::Load(EngineConfig().landmarks);
  ASSERT_THAT(landmarks, IsOk());
  for (const auto& vector : ParityVectors()) {
    const cv::Mat picture = testing::DecodePlainly(CaptureOf(vector));
    const auto& box = vector["box"];
    const cv::Rect face(cv::Point(box[0], box[1]),
                        cv::Point(static_cast<int>(box[2]) + 1, static_cast<int>(box[3]) + 1));
    const cv::Mat crop = CutArcface112(picture, (*landmarks)->Find(picture, face));
    const std::string name = vector["crop"];
    EXPECT_LE(cv::norm(crop, cv::imread((kParity / name).string()), cv::NORM_INF), 1) << name;
  }
}

// The greatest distance of an embedding from the expected one.
double GreatestDrift(const ports::FaceEngine& engine) {
  double greatest = 0;
  for (const auto& vector : ParityVectors()) {
    const auto observation = engine.Observe(CaptureOf(vector), testing::InAMinute());
    EXPECT_THAT(observation, IsOk());
    EXPECT_TRUE(observation->usable()) << vector["capture"];
    greatest = std::max(greatest, testing::Distance(*observation->embedding, vector["embedding"]));
  }
  return greatest;
}

TEST(Parity, CaptureGivesTheExpectedEmbedding) {
  EXPECT_LT(GreatestDrift(testing::SharedEngine()), 0.05);
}

TEST(CutArcface112, WorksOnAFaceThatReachesPastTheBorder) {
  const cv::Mat picture(300, 200, CV_8UC3, cv::Scalar(10, 20, 30));
  Landmarks landmarks(68);
  for (size_t i = 0; i < landmarks.size(); ++i) {
    landmarks[i] = {-120.0 + 5.0 * static_cast<double>(i),
                    250.0 + 3.0 * static_cast<double>(i % 9)};
  }
  const cv::Mat crop = CutArcface112(picture, landmarks);
  EXPECT_EQ(crop.size(), cv::Size(112, 112));
  EXPECT_EQ(crop.at<cv::Vec3b>(60, 60), cv::Vec3b(10, 20, 30));
}

TEST(CutDlib150, GivesTheSizeThatTheNetworkWants) {
  const cv::Mat picture(400, 400, CV_8UC3, cv::Scalar(10, 20, 30));
  const Landmarks five{{250, 150}, {220, 150}, {150, 150}, {180, 150}, {200, 210}};
  EXPECT_EQ(CutDlib150(picture, five).size(), cv::Size(150, 150));
}

}  // namespace
}  // namespace entryexit::face
