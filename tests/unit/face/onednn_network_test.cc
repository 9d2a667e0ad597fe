#include "src/face/onednn_network.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <dnnl.hpp>
#include <exception>
#include <limits>
#include <opencv2/imgcodecs.hpp>
#include <thread>
#include <utility>

#include "entryexit/core/matching.h"
#include "entryexit/face/engine.h"
#include "src/face/files.h"
#include "src/face/onednn_graph.h"
#include "src/face/resnet_weights.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/face/face_fixtures.h"
#include "tests/unit/face/random_dlib_resnet.h"

namespace entryexit::face {
namespace {

using ::entryexit::testing::FailsWith;
using ::entryexit::testing::IsOk;

constexpr double kTolerance = 1e-3;
const BatchSizes kBatches = {8, 4, 2};

constexpr std::array<std::pair<Convolutions, const char*>, 3> kAllConvolutions{
    {{Convolutions::kFastest, "fastest"},
     {Convolutions::kOurWinograd, "our_winograd"},
     {Convolutions::kDirect, "direct"}}};

std::string Weights() {
  return ReadFile(testing::BundledConfig().manifest.parent_path() / "entryexit_resnet_v1.dat")
      .value();
}

void AppendNoise(int count, int side, std::vector<cv::Mat>& crops) {
  cv::RNG random(11);
  for (int i = 0; i < count; ++i) {
    crops.emplace_back(side, side, CV_8UC3);
    random.fill(crops.back(), cv::RNG::UNIFORM, 0, 256);
  }
}

// The bundled aligned faces, then noise, then the extremes.
std::vector<cv::Mat> Crops() {
  std::vector<cv::Mat> crops;
  for (int i = 1; i <= 6; ++i) {
    crops.push_back(cv::imread(std::string(ENTRYEXIT_SOURCE_DIR) + "/tests/data/parity/crop_" +
                               std::to_string(i) + ".png"));
  }
  AppendNoise(20, 112, crops);
  crops.emplace_back(112, 112, CV_8UC3, cv::Scalar::all(0));
  crops.emplace_back(112, 112, CV_8UC3, cv::Scalar::all(255));
  return crops;
}

// As many at once as there are graphs for, of 13 eight, four and one; then one by one.
std::vector<core::Embedding> EmbedInAllBatches(EmbeddingNetwork& network) {
  std::vector<cv::Mat> crops = Crops();
  crops.resize(13);
  std::vector<core::Embedding> embeddings = network.EmbedAll(crops);
  for (const cv::Mat& crop : crops) embeddings.push_back(network.Embed(crop));
  return embeddings;
}

// The greatest distance between normalised embeddings of `crops`: one by one by `reference`, one by
// one and several at once by `network`.
double GreatestDistance(EmbeddingNetwork& network, EmbeddingNetwork& reference,
                        const std::vector<cv::Mat>& crops) {
  const std::vector<core::Embedding> together = network.EmbedAll(crops);
  if (together.size() != crops.size()) return std::numeric_limits<double>::infinity();
  double greatest = 0;
  for (size_t i = 0; i < crops.size(); ++i) {
    const core::Embedding expected = core::Normalised(reference.Embed(crops[i]));
    for (const core::Embedding& embedding : {network.Embed(crops[i]), together[i]}) {
      const double distance = testing::Distance(core::Normalised(embedding), expected);
      if (!std::isfinite(distance)) return std::numeric_limits<double>::infinity();
      greatest = std::max(greatest, distance);
    }
  }
  return greatest;
}

TEST(OnednnNetwork, AgreesWithDlibOnFacesAndNoise) {
  const auto reference = LoadEntryexitResnet(Weights());
  ASSERT_THAT(reference, IsOk());
  for (const auto& [convolutions, name] : kAllConvolutions) {
    const auto network = LoadEntryexitResnetIntoOnednn(Weights(), kBatches, convolutions);
    ASSERT_THAT(network, IsOk());
    const double greatest = GreatestDistance(**network, **reference, Crops());
    RecordProperty(name, std::to_string(greatest));
    EXPECT_LE(greatest, kTolerance);
  }
}

TEST(OnednnNetwork, AgreesWithDlibOnANetworkOfDlibsArchitecture) {
  const std::string weights = testing::RandomDlibResnet();
  const auto reference = LoadDlibResnet(weights);
  ASSERT_THAT(reference, IsOk());
  std::vector<cv::Mat> crops;
  AppendNoise(12, 150, crops);
  crops.emplace_back(150, 150, CV_8UC3, cv::Scalar::all(0));
  for (const auto& [convolutions, name] : kAllConvolutions) {
    const auto network = LoadDlibResnetIntoOnednn(weights, kBatches, convolutions);
    ASSERT_THAT(network, IsOk());
    const double greatest = GreatestDistance(**network, **reference, crops);
    RecordProperty(name, std::to_string(greatest));
    EXPECT_LE(greatest, kTolerance);
  }
}

TEST(OnednnNetwork, EmbedsSeveralAtOnceAsOneByOneButForRounding) {
  constexpr double kRounding = 2e-6;
  for (const BatchSizes& batches : {BatchSizes{2}, BatchSizes{4}, BatchSizes{8}, kBatches}) {
    const auto network = LoadEntryexitResnetIntoOnednn(Weights(), batches);
    ASSERT_THAT(network, IsOk());
    const double greatest = GreatestDistance(**network, **network, Crops());
    RecordProperty(fmt::format("batches_{}", fmt::join(batches, "_")), std::to_string(greatest));
    EXPECT_GT(greatest, 0) << "the batch is not what was tried";
    EXPECT_LE(greatest, kRounding);
  }
}

TEST(OnednnNetwork, AgreesWithDlibOnEveryBundledCapture) {
  EngineConfig config = testing::BundledConfig();
  config.runtime = "dlib";
  const auto reference = CreateFaceEngine(config);
  ASSERT_THAT(reference, IsOk());
  const std::vector<std::string> names = testing::CaptureNames(1);
  EXPECT_EQ(names.size(), 500);
  for (const std::string& name : names) {
    const std::string image = testing::Capture(name);
    const auto ours = testing::SharedEngine().Observe(image, testing::InAMinute());
    const auto expected = (*reference)->Observe(image, testing::InAMinute());
    ASSERT_THAT(ours, IsOk()) << name;
    ASSERT_THAT(expected, IsOk()) << name;
    EXPECT_LE(testing::Distance(*ours->embedding, *expected->embedding), kTolerance) << name;
  }
}

TEST(OnednnNetwork, EmbedsAlikeAgainInAnotherNetworkAndBesideAnotherThread) {
  for (const auto& [convolutions, name] : kAllConvolutions) {
    const auto one = LoadEntryexitResnetIntoOnednn(Weights(), kBatches, convolutions);
    ASSERT_THAT(one, IsOk());
    const std::unique_ptr<EmbeddingNetwork> other = (*one)->Another();
    const std::vector<core::Embedding> alone = EmbedInAllBatches(**one);
    std::vector<core::Embedding> by_one;
    std::vector<core::Embedding> by_other;
    {
      const std::jthread first([&] { by_one = EmbedInAllBatches(**one); });
      const std::jthread second([&] { by_other = EmbedInAllBatches(*other); });
    }
    EXPECT_EQ(by_one, alone) << name;
    EXPECT_EQ(by_other, alone) << name;
  }
}

TEST(OnednnNetwork, RefusesFilesOfAnotherArchitectureAndText) {
  EXPECT_THAT(LoadEntryexitResnetIntoOnednn(testing::RandomDlibResnet(), kBatches),
              FailsWith(core::Reason::kModelFileInvalid));
  EXPECT_THAT(LoadEntryexitResnetIntoOnednn("no model", kBatches),
              FailsWith(core::Reason::kModelFileInvalid));
  EXPECT_THAT(LoadDlibResnetIntoOnednn(Weights(), kBatches),
              FailsWith(core::Reason::kModelFileInvalid));
}

// A layer that our own code could take, of the wrong size in one way or another.
std::vector<ConvolutionWeights> Misfits(const ConvolutionWeights& layer) {
  std::vector<ConvolutionWeights> misfits(3, layer);
  misfits[0].filters.pop_back();
  misfits[1].inputs *= 2;
  misfits[1].filters.resize(2 * layer.filters.size());
  misfits[2].outputs *= 2;
  misfits[2].filters.resize(2 * layer.filters.size());
  misfits[2].biases.resize(2 * layer.biases.size());
  return misfits;
}

TEST(OnednnGraph, RefusesWeightsThatFitNoNetwork) {
  ResnetWeights weights = ReadEntryexitResnet(Weights()).value();
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  constexpr size_t kStrideOne = 2;
  for (const ConvolutionWeights& misfit : Misfits(weights.convolutions.at(kStrideOne))) {
    weights.convolutions.at(kStrideOne) = misfit;
    for (const auto& [convolutions, name] : kAllConvolutions) {
      EXPECT_THROW(OnednnGraph(weights, 1, convolutions, engine, nullptr), std::exception) << name;
    }
  }
}

TEST(OnednnNetwork, RefusesACropOfAnotherSize) {
  const auto network = LoadEntryexitResnetIntoOnednn(Weights(), kBatches);
  ASSERT_THAT(network, IsOk());
  EXPECT_THROW((*network)->Embed(cv::Mat(150, 150, CV_8UC3, cv::Scalar::all(0))),
               std::invalid_argument);
}

}  // namespace
}  // namespace entryexit::face
