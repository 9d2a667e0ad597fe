#include "src/face/face_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "entryexit/core/face.h"
#include "entryexit/face/engine.h"
#include "src/face/gray.h"
#include "src/face/pyramid.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/face/by_dlib.h"
#include "tests/unit/face/face_fixtures.h"

namespace entryexit::face {
namespace {

using ::entryexit::testing::IsOk;

cv::Mat Gray(const std::string& image) {
  cv::Mat gray;
  cv::cvtColor(testing::DecodePlainly(image), gray, cv::COLOR_BGR2GRAY);
  return gray;
}

void ExpectSame(const std::vector<DetectedFace>& faces, const std::vector<DetectedFace>& expected) {
  ASSERT_EQ(faces.size(), expected.size());
  for (size_t i = 0; i < faces.size(); ++i) {
    EXPECT_EQ(faces[i].box, expected[i].box);
    // A sum of 3100 floats, taken in another order.
    EXPECT_NEAR(faces[i].confidence, expected[i].confidence, 1e-5);
  }
}

TEST(GrayOf, EqualsTheOneOfOpenCvPixelByPixel) {
  cv::RNG random(6);
  for (const cv::Size& size : {cv::Size(1280, 720), cv::Size(641, 31), cv::Size(25, 9),
                               cv::Size(22, 3), cv::Size(11, 3), cv::Size(6, 5), cv::Size(1, 1)}) {
    SCOPED_TRACE(size);
    // A part of a wider picture, up to its end: its rows do not follow one another, and what is
    // read behind the last is the heap's.
    cv::Mat wider(size + cv::Size(3, 0), CV_8UC3);
    random.fill(wider, cv::RNG::UNIFORM, 0, 256);
    const cv::Mat bgr = wider.colRange(3, 3 + size.width);
    cv::Mat expected;
    cv::cvtColor(bgr, expected, cv::COLOR_BGR2GRAY);
    const cv::Mat ours = GrayOf(bgr);
    ASSERT_EQ(ours.size(), size);
    EXPECT_EQ(cv::countNonZero(ours != expected), 0);
  }
}

TEST(NextLevel, EqualsTheOneOfDlibPixelByPixel) {
  cv::RNG random(5);
  for (const cv::Size& size : {cv::Size(1920, 1080), cv::Size(640, 480), cv::Size(641, 479),
                               cv::Size(97, 33), cv::Size(16, 200), cv::Size(27, 8)}) {
    cv::Mat ours(size, CV_8UC1);
    random.fill(ours, cv::RNG::UNIFORM, 0, 256);
    while (ours.cols >= 16 && ours.rows >= 2) {
      SCOPED_TRACE(ours.size());
      const cv::Mat expected = testing::NextLevelByDlib(ours);
      ours = NextLevel(ours);
      ASSERT_EQ(ours.size(), expected.size());
      ASSERT_EQ(cv::countNonZero(ours != expected), 0);
    }
  }
}

// A PNG may be so wide. What is written behind the row that is asked for is the heap's.
TEST(NextLevel, StaysWithinTheRowHoweverWideThePictureIs) {
  for (int columns = 1000; columns <= 1'000'000; columns = columns * 5 / 4 + 1) {
    const cv::Mat wide(2, columns, CV_8UC1, cv::Scalar(77));
    const cv::Mat next = NextLevel(wide);
    ASSERT_EQ(next.size(), cv::Size(columns * 5 / 6, 1));
    // The last ones are cut, not rounded, as dlib does.
    EXPECT_LE(cv::norm(next, cv::Mat(next.size(), CV_8UC1, cv::Scalar(77)), cv::NORM_INF), 1)
        << columns;
  }
}

// Of the whole pyramid but for its finest levels.
std::vector<DetectedFace> Detect(FaceDetector& detector, const cv::Mat& gray, int skipped_levels,
                                 double threshold) {
  detector.Load(gray, skipped_levels);
  for (int level = skipped_levels; level < detector.levels(); ++level) {
    detector.Search(level, threshold);
  }
  return detector.Faces();
}

TEST(FaceDetector, FindsExactlyWhatDlibFinds) {
  FaceDetector detector;
  for (const std::string& name : testing::CaptureNames(50)) {
    SCOPED_TRACE(name);
    const cv::Mat gray = Gray(testing::Capture(name));
    ExpectSame(Detect(detector, gray, 0, -0.3), testing::DetectByDlib(gray, -0.3));
  }
}

// Sizes whose sides leave every remainder of a cell, down to hardly a window, at a threshold that
// noise reaches.
TEST(FaceDetector, FindsExactlyWhatDlibFindsInPicturesOfAnySize) {
  FaceDetector detector;
  const cv::Mat face = Gray(testing::Capture("id_021/arrival_1.jpg"));
  for (int i = 0; i < 24; ++i) {
    cv::Mat picture;
    cv::resize(face, picture, cv::Size(20 + 7 * i, 30 + 13 * i), 0, 0, cv::INTER_AREA);
    SCOPED_TRACE(picture.size());
    ExpectSame(Detect(detector, picture, 0, -2), testing::DetectByDlib(picture, -2));
  }
}

TEST(FaceDetector, FindsTheSameFaceHoweverManyFinerLevelsAreSkipped) {
  FaceDetector detector;
  for (const std::string& name : testing::CaptureNames(50)) {
    const cv::Mat gray = Gray(testing::Capture(name));
    const std::vector<DetectedFace> whole = Detect(detector, gray, 0, 0);
    for (const int skipped : {1, 2, 3}) {
      SCOPED_TRACE(name + " without " + std::to_string(skipped));
      ExpectSame(Detect(detector, gray, skipped, 0), whole);
    }
  }
}

// The configured share decides how fine the search is, never what a template looks like.
TEST(FaceSearch, TheShareOfTheNarrowestFaceDoesNotMoveAnEmbedding) {
  EngineConfig config = testing::BundledConfig();
  config.min_face_share = 0.1;
  const auto fine = CreateFaceEngine(config);
  ASSERT_THAT(fine, IsOk());
  for (const std::string& name : testing::CaptureNames(25)) {
    const std::string image = testing::Capture(name);
    const auto expected = (*fine)->Observe(image, testing::InAMinute());
    const auto observed = testing::SharedEngine().Observe(image, testing::InAMinute());
    ASSERT_THAT(expected, IsOk());
    ASSERT_THAT(observed, IsOk());
    EXPECT_EQ(observed->face, expected->face) << name;
    EXPECT_EQ(observed->embedding, expected->embedding) << name;
  }
}

// A search that ends early must not end with another face than one over all levels, which a limit
// of dominance that every face misses makes it.
TEST(FaceSearch, EndsWithTheFaceThatTheWholeSearchChooses) {
  EngineConfig config = testing::BundledConfig();
  config.quality.min_dominance = 100;
  const auto whole = CreateFaceEngine(config);
  ASSERT_THAT(whole, IsOk());
  int found = 0;
  for (const std::string& name : testing::CaptureNames(25)) {
    const cv::Mat capture = testing::DecodePlainly(testing::Capture(name));
    for (const double scale : {0.4, 0.6, 0.8, 1.1}) {
      cv::Mat wall(720, 960, CV_8UC3, cv::Scalar(120, 130, 140));
      cv::Mat resized;
      cv::resize(capture, resized, cv::Size(), scale, scale, cv::INTER_AREA);
      resized = resized(cv::Rect(0, 0, resized.cols, std::min(resized.rows, wall.rows)));
      resized.copyTo(wall(cv::Rect(300, wall.rows - resized.rows, resized.cols, resized.rows)));
      const std::string image = testing::Encode(".png", wall);
      const auto expected = (*whole)->Observe(image, testing::InAMinute());
      const auto observed = testing::SharedEngine().Observe(image, testing::InAMinute());
      ASSERT_THAT(expected, IsOk());
      ASSERT_THAT(observed, IsOk());
      EXPECT_EQ(observed->face, expected->face) << name << " at " << scale;
      found += observed->face ? 1 : 0;
    }
  }
  EXPECT_EQ(found, 80);
}

// Draws a capture so that the face in it is so wide and has its centre there, over what it covers.
void Draw(cv::Mat& wall, const std::string& capture, double width, const cv::Point2d& centre) {
  const auto alone = testing::SharedEngine().Observe(capture, testing::InAMinute());
  ASSERT_THAT(alone, IsOk());
  ASSERT_TRUE(alone->face);
  const double scale = width / alone->face->width;
  const double left = centre.x - scale * (alone->face->left + alone->face->width / 2.0);
  const double top = centre.y - scale * (alone->face->top + alone->face->height / 2.0);
  const cv::Matx23d place(scale, 0, left, 0, scale, top);
  cv::warpAffine(testing::DecodePlainly(capture), wall, place, wall.size(), cv::INTER_LINEAR,
                 cv::BORDER_TRANSPARENT);
}

// The width of the face taken over that of the next one; infinite when that is not found.
double DominanceIn(const core::FaceObservation& observation) {
  for (const core::QualityFinding& finding : observation.findings) {
    if (finding.issue == core::QualityIssue::kSeveralFaces) return finding.measured;
  }
  return std::numeric_limits<double>::infinity();
}

struct TwoFaces {
  const char* what;
  double wide_x;
  double narrow_x;
  double most_ratio;  // of their widths
};
constexpr TwoFaces kTwoFaces[] = {{"the wide one central", 900, 1480, 3},
                                  // Beyond that the narrow one is below the configured share.
                                  {"the narrow one central", 155, 900, 1.6},
                                  {"neither central", 155, 1650, 3}};

cv::Mat WallWith(const TwoFaces& places, double ratio, const std::string& wide,
                 const std::string& narrow) {
  constexpr double kWide = 300;
  cv::Mat wall(720, 1800, CV_8UC3, cv::Scalar(120, 130, 140));
  Draw(wall, narrow, kWide / ratio, {places.narrow_x, 300});
  Draw(wall, wide, kWide, {places.wide_x, 300});
  return wall;
}

// The same where there are two people: the same face, and several faces found exactly where it does
// not dominate what the whole search finds beside it.
TEST(FaceSearch, EndsWithTheFaceAndTheRivalThatTheWholeSearchFinds) {
  constexpr double kNoRival = std::numeric_limits<double>::infinity();
  EngineConfig config = testing::BundledConfig();
  const double min_dominance = config.quality.min_dominance;
  config.quality.min_dominance = 100;
  const auto whole = CreateFaceEngine(config);
  ASSERT_THAT(whole, IsOk());
  int dominant = 0;
  int rivalled = 0;
  const std::vector<std::string> names = testing::CaptureNames(100);
  for (size_t i = 0; i < names.size(); ++i) {
    for (const TwoFaces& places : kTwoFaces) {
      for (const double ratio : {1.2, 1.35, 1.6, 2.0, 3.0}) {
        if (ratio > places.most_ratio) continue;
        SCOPED_TRACE(names[i] + ", " + places.what + ", " + std::to_string(ratio));
        const std::string image =
            testing::Encode(".png", WallWith(places, ratio, testing::Capture(names[i]),
                                             testing::Capture(names[(i + 1) % names.size()])));
        const auto expected = (*whole)->Observe(image, testing::InAMinute());
        const auto observed = testing::SharedEngine().Observe(image, testing::InAMinute());
        ASSERT_THAT(expected, IsOk());
        ASSERT_THAT(observed, IsOk());
        EXPECT_EQ(observed->face, expected->face);
        const double dominance = DominanceIn(*expected);
        ASSERT_NE(dominance, kNoRival);
        const bool dominates = dominance >= min_dominance;
        EXPECT_EQ(DominanceIn(*observed), dominates ? kNoRival : dominance);
        ++(dominates ? dominant : rivalled);
      }
    }
  }
  EXPECT_GE(dominant, 20);
  EXPECT_GE(rivalled, 30);
}

bool AllDoubtful(const std::vector<DetectedFace>& faces) {
  return !faces.empty() &&
         std::ranges::all_of(faces, [](const DetectedFace& face) { return face.confidence < 0; });
}

// What a person looks at the camera before must not be taken for the person.
TEST(FaceSearch, LooksThoroughlyForTheDoubtfulOnlyWhenThereIsNothingSurer) {
  FaceSearch search;
  const cv::Mat face = Gray(testing::Capture("id_021/arrival_1.jpg"));
  cv::Mat wall(700, 1000, CV_8UC1, cv::Scalar(128));
  for (int blur = 4; blur < 30 && !AllDoubtful(search.FindThoroughly(wall)); ++blur) {
    cv::GaussianBlur(face, wall(cv::Rect(20, 50, face.cols, face.rows)), cv::Size(), blur);
  }
  ASSERT_TRUE(AllDoubtful(search.FindThoroughly(wall)));
  cv::Mat small;
  cv::resize(face, small, cv::Size(), 0.4, 0.4, cv::INTER_AREA);
  small.copyTo(wall(cv::Rect(700, 200, small.cols, small.rows)));
  const std::vector<DetectedFace> faces = search.FindThoroughly(wall);
  ASSERT_EQ(faces.size(), 1);
  EXPECT_GT(faces[0].box.x, 700);
}

// How much two boxes share of what they cover together.
double Overlap(const cv::Rect2d& a, const cv::Rect2d& b) {
  const double both = (a & b).area();
  return both / (a.area() + b.area() - both);
}

struct BadLight {
  const char* what;
  double contrast;
  double veil;
};
constexpr BadLight kBadLights[] = {{"a twentieth of the light", 0.05, 0},
                                   {"against the light", 0.05, 150}};

// A dozen of greys are left of the face, at which the detector alone is mostly at a loss.
TEST(FaceSearch, LooksThoroughlyInBadLightToo) {
  FaceSearch search;
  int missed = 0;
  for (const std::string& name : testing::CaptureNames(25)) {
    const cv::Mat capture = testing::DecodePlainly(testing::Capture(name));
    const auto narrowest = [&](const auto&) { return 0.2 * capture.rows; };
    const std::vector<DetectedFace> lit = search.Find(Gray(testing::Capture(name)), narrowest);
    ASSERT_FALSE(lit.empty()) << name;
    for (const BadLight& light : kBadLights) {
      SCOPED_TRACE(name + " in " + light.what);
      const cv::Mat bad = capture * light.contrast + cv::Scalar::all(light.veil);
      const cv::Mat gray = Gray(testing::Encode(".jpg", bad));
      missed += search.Find(gray, narrowest).empty() ? 1 : 0;
      const std::vector<DetectedFace> faces = search.FindThoroughly(gray);
      ASSERT_EQ(faces.size(), 1);
      EXPECT_GE(faces[0].confidence, 0);
      EXPECT_GT(Overlap(faces[0].box, lit[0].box), 0.6);
    }
  }
  EXPECT_GE(missed, 20);
}

// Both pictures are made smaller for the search. In the first it finds what fills dlib's window on
// the whole picture, and less than a template may be made of (quality.min_face_px).
TEST(FaceSearch, LooksThoroughlyForNarrowFacesInLargePictures) {
  FaceSearch search;
  for (const auto& [size, width] :
       {std::pair(cv::Size(1920, 1080), 80), std::pair(cv::Size(3840, 2160), 173)}) {
    for (const std::string& name : testing::CaptureNames(50)) {
      SCOPED_TRACE(name + " in a picture as wide as " + std::to_string(size.width));
      const cv::Point2d centre(1000, 400);
      cv::Mat wall(size, CV_8UC3, cv::Scalar(120, 130, 140));
      Draw(wall, testing::Capture(name), width, centre);
      const std::vector<DetectedFace> faces =
          search.FindThoroughly(Gray(testing::Encode(".jpg", wall)));
      ASSERT_FALSE(faces.empty());
      EXPECT_TRUE(faces[0].box.contains(centre));
      EXPECT_NEAR(faces[0].box.width, width, 0.3 * width);
    }
  }
}

// Contrast that is spread must not make faces of what has none: noise, and captures without their
// face, in the light and in the dark.
TEST(FaceSearch, FindsNoFaceThoroughlyWhereThereIsNone) {
  FaceSearch search;
  cv::RNG random(7);
  for (int i = 1; i < 30; i += 4) {
    cv::Mat noise(480, 640, CV_8UC1);
    random.fill(noise, cv::RNG::NORMAL, 128, i);
    EXPECT_TRUE(search.FindThoroughly(noise).empty()) << i;
    cv::GaussianBlur(noise, noise, cv::Size(), i);
    EXPECT_TRUE(search.FindThoroughly(noise).empty()) << "blurred " << i;
  }
  for (const std::string& name : testing::CaptureNames(25)) {
    SCOPED_TRACE(name);
    const cv::Mat gray = Gray(testing::Capture(name));
    const auto faces = search.Find(gray, [&](const auto&) { return 0.2 * gray.rows; });
    ASSERT_FALSE(faces.empty());
    const cv::Rect2d& box = faces[0].box;
    const cv::Rect2d head(box.x - 0.25 * box.width, box.y - 0.5 * box.height, 1.5 * box.width,
                          1.65 * box.height);
    cv::rectangle(gray, head, cv::mean(gray), cv::FILLED);
    EXPECT_TRUE(search.FindThoroughly(gray).empty());
    EXPECT_TRUE(search.FindThoroughly(gray * 0.1).empty());
  }
}

TEST(LevelsToSkip, LetTheNarrowestFaceFillTheWindow) {
  for (const double narrowest : {80.0, 120.0, 150.0, 180.0, 270.0, 540.0}) {
    const int levels = LevelsToSkip(cv::Size(1920, 1080), narrowest);
    EXPECT_GE(narrowest * std::pow(5.0 / 6, levels), 80 - 1e-9) << narrowest;
    EXPECT_LT(narrowest * std::pow(5.0 / 6, levels + 1), 80) << narrowest;
  }
  EXPECT_EQ(LevelsToSkip(cv::Size(320, 240), 60), 0);
}

TEST(LevelsToSkip, BoundThePixelsOfAPictureFarWiderThanHigh) {
  const cv::Size wide(78'000, 320);
  const double scale = std::pow(5.0 / 6, LevelsToSkip(wide, 80));
  EXPECT_LT(scale * scale * wide.width * wide.height, 2.4e6);
}

TEST(DropDoubtful, KeepsTheDoubtfulWhenThereIsNothingSurer) {
  const DetectedFace doubtful{cv::Rect2d(0, 0, 200, 200), -0.2};
  const DetectedFace sure{cv::Rect2d(300, 0, 100, 100), 0.0};
  std::vector<DetectedFace> faces{sure, doubtful};
  DropDoubtful(faces);
  ASSERT_EQ(faces.size(), 1);
  EXPECT_EQ(faces[0].box, sure.box);
  faces = {doubtful};
  DropDoubtful(faces);
  EXPECT_EQ(faces.size(), 1);
}

}  // namespace
}  // namespace entryexit::face
