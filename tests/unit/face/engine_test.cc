#include "entryexit/face/engine.h"

#include <absl/strings/match.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <latch>
#include <opencv2/imgproc.hpp>
#include <string>
#include <thread>

#include "tests/support/files.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/face/face_fixtures.h"

namespace entryexit::face {
namespace {

using core::QualityFinding;
using core::QualityIssue;
using core::Reason;
using ::entryexit::testing::FailsWith;
using ::entryexit::testing::IsOk;
using testing::Capture;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

absl::StatusOr<core::FaceObservation> Observe(const std::string& image) {
  return testing::SharedEngine().Observe(image, testing::InAMinute());
}

TEST(Observe, FindsEveryGoodCaptureUsable) {
  std::ifstream manifest(testing::CapturePath("manifest.csv"));
  int captures = 0;
  for (std::string line; std::getline(manifest, line);) {
    if (!line.starts_with("id_")) continue;
    const std::string name = line.substr(0, line.find(','));
    const auto observation = Observe(Capture(name));
    ASSERT_THAT(observation, IsOk()) << name;
    EXPECT_THAT(observation->findings, IsEmpty()) << name;
    EXPECT_EQ(observation->embedding.value_or(core::Embedding()).size(), 128) << name;
    ++captures;
  }
  EXPECT_EQ(captures, 500);
}

TEST(Observe, NamesWhatIsWrongWithEachBadCapture) {
  const std::vector<std::pair<std::string, QualityIssue>> expected{
      {"no_face", QualityIssue::kNoFace},
      {"two_faces", QualityIssue::kSeveralFaces},
      {"face_too_small", QualityIssue::kFaceTooSmall},
      {"face_cut_off", QualityIssue::kFaceCutOff},
      {"very_dark", QualityIssue::kTooDark},
      {"over_exposed", QualityIssue::kTooBright},
      {"motion_blur", QualityIssue::kBlurred},
      {"strong_yaw", QualityIssue::kYaw},
      {"eyes_covered", QualityIssue::kEyesNotVisible},
  };
  for (const auto& [name, issue] : expected) {
    const auto observation = Observe(Capture("bad/" + name + ".jpg"));
    ASSERT_THAT(observation, IsOk()) << name;
    EXPECT_THAT(observation->findings, ElementsAre(Field(&QualityFinding::issue, issue))) << name;
    EXPECT_FALSE(observation->usable()) << name;
  }
}

TEST(Observe, SaysOfAFaceInTheDarkThatItIsTooDark) {
  for (const char* name :
       {"id_010/arrival_1.jpg", "id_021/arrival_1.jpg", "id_047/arrival_1.jpg"}) {
    const cv::Mat dark = testing::DecodePlainly(Capture(name)) * 0.05;
    const auto observation = Observe(testing::Encode(".jpg", dark));
    ASSERT_THAT(observation, IsOk()) << name;
    EXPECT_THAT(observation->findings,
                Contains(Field(&QualityFinding::issue, QualityIssue::kTooDark)))
        << name;
    EXPECT_FALSE(observation->usable()) << name;
  }
}

TEST(Observe, RefusesWhatIsNoSoundImage) {
  EXPECT_THAT(Observe(Capture("bad/truncated.jpg")), FailsWith(Reason::kImageCorrupt));
  EXPECT_THAT(Observe(Capture("bad/text_file.jpg")), FailsWith(Reason::kImageUnsupportedFormat));
  EXPECT_THAT(Observe(""), FailsWith(Reason::kImageEmpty));
}

TEST(Observe, RotatedHeadIsReported) {
  const cv::Mat upright = testing::DecodePlainly(Capture("id_021/arrival_1.jpg"));
  const cv::Point2f centre(240, 300);
  cv::Mat turned;
  cv::warpAffine(upright, turned, cv::getRotationMatrix2D(centre, -28, 1), upright.size(),
                 cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  const auto observation = Observe(testing::Encode(".jpg", turned));
  ASSERT_THAT(observation, IsOk());
  ASSERT_THAT(observation->findings,
              ElementsAre(Field(&QualityFinding::issue, QualityIssue::kRoll)));
  EXPECT_GT(observation->findings[0].measured, 20);
}

TEST(Observe, TakesTheDominantFaceAmongSeveral) {
  const cv::Mat near = testing::DecodePlainly(Capture("id_021/arrival_1.jpg"));
  cv::Mat far;
  cv::resize(testing::DecodePlainly(Capture("id_076/arrival_1.jpg")), far, cv::Size(), 0.5, 0.5,
             cv::INTER_AREA);
  cv::Mat both(600, 900, CV_8UC3, cv::Scalar(128, 128, 128));
  near.copyTo(both(cv::Rect(180, 0, near.cols, near.rows)));
  far.copyTo(both(cv::Rect(660, 0, far.cols, far.rows)));
  EngineConfig config = testing::BundledConfig();
  config.min_face_share = 0.14;
  const auto engine = CreateFaceEngine(config);
  ASSERT_THAT(engine, IsOk());
  const auto taken = (*engine)->Observe(testing::Encode(".png", both), testing::InAMinute());
  ASSERT_THAT(taken, IsOk());
  ASSERT_TRUE(taken->usable());
  EXPECT_LT(taken->face->left + taken->face->width, 660);

  config.quality.min_dominance = 5;
  const auto strict = CreateFaceEngine(config);
  ASSERT_THAT(strict, IsOk());
  const auto refused = (*strict)->Observe(testing::Encode(".png", both), testing::InAMinute());
  ASSERT_THAT(refused, IsOk());
  EXPECT_THAT(refused->findings,
              ElementsAre(Field(&QualityFinding::issue, QualityIssue::kSeveralFaces)));
}

// Puts `capture` onto a wall, so large that its face is `share` of the wall's height wide.
void Place(const std::string& capture, double share, int centre_x, cv::Mat& wall) {
  const std::string image = Capture(capture);
  const core::PixelBox face = Observe(image)->face.value();
  const double scale = share * wall.rows / face.width;
  const cv::Matx23d placed(scale, 0, centre_x - scale * (face.left + face.width / 2.0), 0, scale,
                           wall.rows / 2.0 - scale * (face.top + face.height / 2.0));
  cv::warpAffine(testing::DecodePlainly(image), wall, placed, wall.size(), cv::INTER_LINEAR,
                 cv::BORDER_TRANSPARENT);
}

// The second face is below the share that is looked for at first, but too wide to be dominated.
TEST(Observe, NoticesARivalTooNarrowToHaveBeenLookedFor) {
  cv::Mat wall(1200, 2000, CV_8UC3, cv::Scalar::all(128));
  Place("id_021/arrival_1.jpg", 0.28, 600, wall);
  Place("id_076/arrival_1.jpg", 0.20, 1500, wall);
  const auto two = Observe(testing::Encode(".png", wall));
  ASSERT_THAT(two, IsOk());
  ASSERT_THAT(two->findings,
              ElementsAre(Field(&QualityFinding::issue, QualityIssue::kSeveralFaces)));
  EXPECT_NEAR(two->findings[0].measured, 1.4, 0.15);
}

TEST(Observe, SmallFacesBelowTheFastPathsShareAreStillUsed) {
  cv::Mat wide(1200, 1600, CV_8UC3, cv::Scalar(128, 128, 128));
  const cv::Mat capture = testing::DecodePlainly(Capture("id_021/arrival_1.jpg"));
  capture.copyTo(wide(cv::Rect(500, 400, capture.cols, capture.rows)));
  const auto observation = Observe(testing::Encode(".jpg", wide));
  ASSERT_THAT(observation, IsOk());
  EXPECT_TRUE(observation->usable());
}

TEST(Observe, GivesTheSameResultFromSeveralThreads) {
  const std::string image = Capture("id_010/arrival_1.jpg");
  const auto alone = Observe(image);
  ASSERT_THAT(alone, IsOk());
  constexpr int kThreads = 3;  // of four, two workers may embed two at once
  std::vector<absl::StatusOr<core::FaceObservation>> results(kThreads, absl::UnknownError("none"));
  {
    std::vector<std::jthread> threads;
    for (auto& result : results) threads.emplace_back([&] { result = Observe(image); });
  }
  for (const auto& result : results) {
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->embedding, alone->embedding);
    EXPECT_EQ(result->face, alone->face);
  }
}

TEST(Observe, EmbedsFacesTogetherWhenManyWaitAndGivesThemAlikeButForRounding) {
  constexpr double kRounding = 2e-6;
  constexpr int kLanes = 24;  // each worker could fill the largest batch
  constexpr int kCapturesEach = 3;
  const std::vector<std::string> captures{
      Capture("id_003/arrival_1.jpg"), Capture("id_010/arrival_1.jpg"),
      Capture("id_021/arrival_1.jpg"), Capture("id_047/arrival_1.jpg")};
  std::vector<core::Embedding> alone;
  for (const std::string& capture : captures) alone.push_back(*Observe(capture)->embedding);

  EngineConfig config = testing::BundledConfig();
  config.embed_patience = std::chrono::minutes(1);
  ASSERT_THAT(config.embed_together, ElementsAre(8, 4, 2));
  std::array<std::atomic<int>, 8 + 1> together{};  // faces, by the size of their batch
  config.on_stages = [&](const StageTimes& times) {
    EXPECT_GT(times.embed.count(), 0);
    ++together.at(times.together);
  };
  const auto engine = CreateFaceEngine(config);
  ASSERT_THAT(engine, IsOk());
  const core::Deadline deadline = std::chrono::steady_clock::now() + std::chrono::minutes(5);
  {
    std::vector<std::jthread> lanes;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      lanes.emplace_back([&, lane] {
        const size_t own = lane % captures.size();
        for (int i = 0; i < kCapturesEach; ++i) {
          const auto seen = (*engine)->Observe(captures[own], deadline);
          ASSERT_THAT(seen, IsOk());
          ASSERT_TRUE(seen->usable());
          EXPECT_LE(testing::Distance(*seen->embedding, alone[own]), kRounding);
        }
      });
    }
  }
  EXPECT_GE(together[8], 8);
  EXPECT_EQ(together[8] % 8, 0);
  EXPECT_EQ(together[4] % 4, 0);
  EXPECT_EQ(together[2] % 2, 0);
  EXPECT_EQ(together[1] + together[2] + together[4] + together[8], kLanes * kCapturesEach);
}

TEST(Observe, ADeadlineInThePastGetsNoWorker) {
  EXPECT_THAT(testing::SharedEngine().Observe(Capture("id_003/arrival_1.jpg"),
                                              std::chrono::steady_clock::now()),
              FailsWith(Reason::kDeadlineExceeded));
}

TEST(Observe, GivesUpWhenNoWorkerComesFreeInTime) {
  // The stage callback runs after the worker is back, so the worker is kept busy by images that
  // need the slow search; one of two callers with no time to wait must lose.
  const std::string slow = Capture("bad/no_face.jpg");
  const auto engine = CreateFaceEngine(testing::BundledConfig());
  ASSERT_THAT(engine, IsOk());
  constexpr int kCallers = 4;
  std::atomic<int> gave_up = 0;
  std::latch together(kCallers);
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < kCallers; ++i) {
      callers.emplace_back([&] {
        together.arrive_and_wait();
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
        const auto observation = (*engine)->Observe(slow, deadline);
        if (core::ReasonOf(observation.status()) == Reason::kDeadlineExceeded) ++gave_up;
      });
    }
  }
  EXPECT_GE(gave_up, 1);
  EXPECT_THAT((*engine)->Observe(slow, testing::InAMinute()), IsOk());
}

TEST(Observe, StopsBetweenStagesOnceTheDeadlineHasPassed) {
  const ports::FaceEngine& engine = testing::SharedEngine();
  // Decoding alone takes many times as long.
  const std::string slow =
      testing::Encode(".png", cv::Mat(4000, 4000, CV_8UC3, cv::Scalar::all(128)));
  // On a busy machine the worker may get no core before the deadline: then it is given more time.
  std::string message;
  for (auto time = std::chrono::milliseconds(10); !absl::StrContains(message, "being observed");
       time *= 2) {
    const auto observation = engine.Observe(slow, std::chrono::steady_clock::now() + time);
    ASSERT_THAT(observation, FailsWith(Reason::kDeadlineExceeded))
        << "in " << time.count() << " ms";
    message = std::string(observation.status().message());
  }
}

// OpenCV, OpenBLAS and oneDNN would each start a thread a core.
TEST(Observe, IsDoneByTheWorkersThreadsAlone) {
  const auto threads = [] {
    return std::ranges::distance(std::filesystem::directory_iterator("/proc/self/task"));
  };
  const std::string capture = Capture("id_003/arrival_1.jpg");
  const auto before = threads();  // once: those of an engine that is gone stay listed for a moment
  for (const char* const runtime : {"onednn", "dlib"}) {
    SCOPED_TRACE(runtime);
    EngineConfig config = testing::BundledConfig();
    config.runtime = runtime;
    config.workers = 3;
    const auto engine = CreateFaceEngine(config);
    ASSERT_THAT(engine, IsOk());
    ASSERT_THAT((*engine)->Observe(capture, testing::InAMinute()), IsOk());
    EXPECT_EQ(threads(), before + config.workers);
  }
}

TEST(Observe, ReportsTheTimeOfEachStage) {
  EngineConfig config = testing::BundledConfig();
  StageTimes seen;
  config.on_stages = [&seen](const StageTimes& times) { seen = times; };
  const auto engine = CreateFaceEngine(config);
  ASSERT_THAT(engine, IsOk());
  ASSERT_THAT((*engine)->Observe(Capture("id_003/arrival_1.jpg"), testing::InAMinute()), IsOk());
  for (const auto stage :
       {seen.decode, seen.detect, seen.landmarks, seen.align, seen.quality, seen.embed}) {
    EXPECT_GT(stage.count(), 0);
  }
  EXPECT_EQ(seen.together, 1);
}

TEST(CreateFaceEngine, NamesModelDigestAndCalibration) {
  const ports::FaceEngine& engine = testing::SharedEngine();
  EXPECT_EQ(engine.model().id, "entryexit-resnet-v1");
  EXPECT_EQ(engine.model().digest,
            "8c89d601042f613626a403694130b95f0ce8abcb047f9f41c097534713f5e15a");
  EXPECT_EQ(engine.calibration().pairs(), "matched");
  EXPECT_DOUBLE_EQ(engine.calibration().DistanceAt(5e-4).value(), 1.0076);
}

TEST(CreateFaceEngine, NamesTheLibraryThatRunsTheNetwork) {
  EXPECT_THAT(testing::SharedEngine().model().engine, ::testing::StartsWith("onednn-"));
  EngineConfig config = testing::BundledConfig();
  config.runtime = "dlib";
  const auto engine = CreateFaceEngine(config);
  ASSERT_THAT(engine, IsOk());
  EXPECT_THAT((*engine)->model().engine, ::testing::StartsWith("dlib-"));
}

TEST(CreateFaceEngine, RefusesWrongSettings) {
  EngineConfig config = testing::BundledConfig();
  config.workers = 0;
  EXPECT_THAT(CreateFaceEngine(config), FailsWith(Reason::kConfigInvalid));
  using Sizes = std::vector<size_t>;
  for (const Sizes& together : {Sizes{1}, Sizes{33}, Sizes{8, 8}, Sizes{4, 8}}) {
    config = testing::BundledConfig();
    config.embed_together = together;
    EXPECT_THAT(CreateFaceEngine(config), FailsWith(Reason::kConfigInvalid))
        << ::testing::PrintToString(together);
  }
  config = testing::BundledConfig();
  config.min_face_share = 0;
  EXPECT_THAT(CreateFaceEngine(config), FailsWith(Reason::kConfigInvalid));
  config = testing::BundledConfig();
  config.landmarks = testing::CapturePath("README.md");
  EXPECT_THAT(CreateFaceEngine(config), FailsWith(Reason::kConfigInvalid));
  config = testing::BundledConfig();
  config.runtime = "abacus";
  EXPECT_THAT(CreateFaceEngine(config), FailsWith(Reason::kConfigInvalid));
  config = testing::BundledConfig();
  config.calibration_pairs = "siblings";
  EXPECT_THAT(CreateFaceEngine(config), FailsWith(Reason::kConfigInvalid));
}

TEST(CreateFaceEngine, SaysThatAModelIsUnknownMissingOrUncalibrated) {
  EngineConfig config = testing::BundledConfig();
  config.model = "nonesuch";
  EXPECT_THAT(CreateFaceEngine(config), FailsWith(Reason::kModelUnknown));
  config.model = "dlib-resnet-v1";
  EXPECT_THAT(CreateFaceEngine(config), FailsWith(Reason::kConfigInvalid));
  config.calibration_pairs = "";
  const auto missing = CreateFaceEngine(config);
  EXPECT_THAT(missing, FailsWith(Reason::kModelFileMissing));
  EXPECT_THAT(std::string(missing.status().message()),
              ::testing::HasSubstr("entryexitctl models install"));
}

TEST(CreateFaceEngine, RefusesAFileWithAnotherDigest) {
  const testing::TemporaryFolder folder;
  EngineConfig config = testing::BundledConfig();
  config.installed_models = folder.path();
  for (const std::string content : {"other weights", ""}) {
    folder.Write("entryexit_resnet_v1.dat", content);
    EXPECT_THAT(CreateFaceEngine(config), FailsWith(Reason::kModelDigestMismatch)) << content;
  }
}

TEST(CreateFaceEngine, SaysThatAModelFileCannotBeRead) {
  const testing::TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "entryexit_resnet_v1.dat");
  EngineConfig config = testing::BundledConfig();
  config.installed_models = folder.path();
  EXPECT_THAT(CreateFaceEngine(config), FailsWith(Reason::kModelFileInvalid));
}

TEST(CreateFaceEngine, RefusesAModelThatGivesAnotherDimensionThanItsManifestSays) {
  const testing::TemporaryFolder folder;
  EngineConfig config = testing::BundledConfig();
  std::filesystem::copy(config.manifest.parent_path(), folder.path(),
                        std::filesystem::copy_options::recursive);
  std::string manifest = ::entryexit::testing::ReadAll(config.manifest);
  const std::string dimension = "dimension: 128";
  manifest.replace(manifest.find(dimension), dimension.size(), "dimension: 256");
  config.manifest = folder.Write("manifest.yaml", manifest);
  const auto engine = CreateFaceEngine(config);
  EXPECT_THAT(engine, FailsWith(Reason::kModelFileInvalid));
  EXPECT_THAT(std::string(engine.status().message()), ::testing::HasSubstr("256"));
}

TEST(CreateFaceEngine, RefusesToServeWhenAGoldenCaptureDrifts) {
  const testing::TemporaryFolder folder;
  const EngineConfig bundled = testing::BundledConfig();
  const std::filesystem::path models = bundled.manifest.parent_path();
  std::filesystem::copy(models, folder.path(), std::filesystem::copy_options::recursive);
  // The other capture under the first one's name: a sound image, but not the recorded embedding.
  std::filesystem::copy_file(models / "golden/id_010_departure_2.jpg",
                             folder.path() / "golden/id_003_arrival_1.jpg",
                             std::filesystem::copy_options::overwrite_existing);
  EngineConfig config = bundled;
  config.manifest = folder.path() / "manifest.yaml";
  EXPECT_THAT(CreateFaceEngine(config), FailsWith(Reason::kGoldenDrift));
}

}  // namespace
}  // namespace entryexit::face
