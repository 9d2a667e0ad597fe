#include "src/face/landmarks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "entryexit/core/reason.h"
#include "entryexit/face/engine_config.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/face/by_dlib.h"
#include "tests/unit/face/face_fixtures.h"

namespace entryexit::face {
namespace {

using core::Reason;
using ::entryexit::testing::FailsWith;
using ::entryexit::testing::IsOk;

// As large, with its upper left corner up to half its size away, so that it often reaches past the
// picture's border.
cv::Rect Moved(const cv::Rect& box, cv::RNG& random) {
  return box + cv::Point(random.uniform(-box.width / 2, box.width / 2 + 1),
                         random.uniform(-box.height / 2, box.height / 2 + 1));
}

TEST(LandmarkFinder, PlacesThePointsOfEveryFaceWhereDlibDoes) {
  const std::filesystem::path file = EngineConfig().landmarks;
  const auto finder = LandmarkFinder::Load(file);
  ASSERT_THAT(finder, IsOk());
  const testing::LandmarksByDlib by_dlib(file);
  cv::RNG random(1);
  int faces = 0;
  for (const std::string& name : testing::CaptureNames(1)) {
    SCOPED_TRACE(name);
    const std::string image = testing::Capture(name);
    const auto observed = testing::SharedEngine().Observe(image, testing::InAMinute());
    ASSERT_THAT(observed, IsOk());
    ASSERT_TRUE(observed->face);
    const core::PixelBox& face = *observed->face;
    const cv::Rect box(face.left, face.top, face.width, face.height);
    const cv::Mat picture = testing::DecodePlainly(image);
    ASSERT_EQ((*finder)->Find(picture, box), by_dlib.Find(picture, box));
    const cv::Rect moved = Moved(box, random);
    ASSERT_EQ((*finder)->Find(picture, moved), by_dlib.Find(picture, moved));
    ++faces;
  }
  EXPECT_EQ(faces, 500);
}

TEST(LandmarkFinder, DoesWhatDlibDoesWithForestsOfAnySize) {
  cv::RNG random(2);
  const testing::TemporaryFolder folder;
  const cv::Mat picture = testing::DecodePlainly(testing::Capture("id_021/arrival_1.jpg"));
  for (const testing::ForestSize& size :
       {testing::ForestSize{.points = 5, .rounds = 1, .trees = 1, .depth = 0},
        testing::ForestSize{.points = 5, .rounds = 3, .trees = 7, .depth = 1},
        testing::ForestSize{.points = 68, .rounds = 2, .trees = 20, .depth = 3},
        testing::ForestSize{.points = 5, .rounds = 10, .trees = 100, .depth = 5}}) {
    SCOPED_TRACE(size.trees);
    const auto file =
        folder.Write("forest.dat", testing::RandomShapePredictor(size, size.depth, random));
    const auto finder = LandmarkFinder::Load(file);
    ASSERT_THAT(finder, IsOk());
    const testing::LandmarksByDlib by_dlib(file);
    for (int i = 0; i < 100; ++i) {
      const cv::Rect box = Moved({100, 100, 50 + 3 * i, 350 - 3 * i}, random);
      ASSERT_EQ((*finder)->Find(picture, box), by_dlib.Find(picture, box)) << box;
    }
  }
}

TEST(LandmarkFinder, RefusesAFileThatIsNoWholeShapePredictor) {
  cv::RNG random(3);
  const testing::TemporaryFolder folder;
  const auto load = [&folder](const std::string& content) {
    return LandmarkFinder::Load(folder.Write("forest.dat", content)).status();
  };
  const testing::ForestSize size{.points = 5, .rounds = 2, .trees = 4, .depth = 3};
  const std::string good = testing::RandomShapePredictor(size, size.depth, random);
  ASSERT_THAT(load(good), IsOk());
  EXPECT_THAT(load(""), FailsWith(Reason::kConfigInvalid));
  for (size_t length = 1; length < good.size(); length += 97) {
    EXPECT_THAT(load(good.substr(0, length)), FailsWith(Reason::kConfigInvalid)) << length;
  }
  EXPECT_THAT(LandmarkFinder::Load(folder.path() / "nonesuch").status(),
              FailsWith(Reason::kConfigInvalid));
}

TEST(LandmarkFinder, RefusesTreesOfDifferentDepthAndOtherNumbersOfPoints) {
  cv::RNG random(4);
  const testing::TemporaryFolder folder;
  const auto load = [&](const testing::ForestSize& size, int last_depth) {
    return LandmarkFinder::Load(
               folder.Write("forest.dat", testing::RandomShapePredictor(size, last_depth, random)))
        .status();
  };
  const testing::ForestSize size{.points = 5, .rounds = 2, .trees = 4, .depth = 3};
  ASSERT_THAT(load(size, 3), IsOk());
  EXPECT_THAT(load(size, 2), FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(load(size, 4), FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(load({.points = 6, .rounds = 2, .trees = 4, .depth = 3}, 3),
              FailsWith(Reason::kConfigInvalid));
}

// Nothing that a file says may be believed: counts and places of pixels, too, are off by one in
// turn.
TEST(LandmarkFinder, OutlivesAFileThatIsDamagedAnywhere) {
  cv::RNG random(5);
  const testing::TemporaryFolder folder;
  const cv::Mat picture(200, 200, CV_8UC3, cv::Scalar(10, 20, 30));
  const testing::ForestSize size{.points = 5, .rounds = 1, .trees = 2, .depth = 1};
  const std::string good = testing::RandomShapePredictor(size, size.depth, random);
  int refused = 0;
  for (size_t i = 0; i < good.size(); ++i) {
    std::string damaged = good;
    damaged[i] ^= 1;
    const auto finder = LandmarkFinder::Load(folder.Write("forest.dat", damaged));
    if (finder.ok()) {
      (*finder)->Find(picture, {20, 20, 150, 150});
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace entryexit::face
