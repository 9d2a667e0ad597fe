#include "src/face/network.h"

#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "tests/support/status_matchers.h"
#include "tests/unit/face/random_dlib_resnet.h"

namespace entryexit::face {
namespace {

using ::entryexit::testing::FailsWith;
using ::entryexit::testing::IsOk;

cv::Mat NoiseChip() {
  cv::Mat chip(150, 150, CV_8UC3);
  cv::RNG random(7);
  random.fill(chip, cv::RNG::UNIFORM, 0, 256);
  return chip;
}

TEST(DlibResnet, LoadsItsArchitectureAndEmbedsTheSameChipAlike) {
  const auto network = LoadDlibResnet(testing::RandomDlibResnet());
  ASSERT_THAT(network, IsOk());
  const core::Embedding first = (*network)->Embed(NoiseChip());
  EXPECT_EQ(first.size(), 128);
  EXPECT_NE(first, core::Embedding(128, first[0]));
  EXPECT_EQ((*network)->Embed(NoiseChip()), first);
}

TEST(DlibResnet, RefusesAFileOfAnotherArchitecture) {
  EXPECT_THAT(LoadEntryexitResnet(testing::RandomDlibResnet()),
              FailsWith(core::Reason::kModelFileInvalid));
}

TEST(EntryexitResnet, RefusesAnEmptyFileAndText) {
  EXPECT_THAT(LoadEntryexitResnet(""), FailsWith(core::Reason::kModelFileInvalid));
  EXPECT_THAT(LoadEntryexitResnet("no model"), FailsWith(core::Reason::kModelFileInvalid));
}

}  // namespace
}  // namespace entryexit::face
