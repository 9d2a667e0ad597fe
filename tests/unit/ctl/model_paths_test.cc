#include "ctl/model_paths.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "entryexit/config/config.h"
#include "tests/support/temp_dir.h"

namespace entryexit::ctl {
namespace {

// Runs in a folder of its own, since the defaults depend on where the command is run.
class ModelPathsTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::current_path(temp_dir_.path()); }
  void TearDown() override { std::filesystem::current_path(before_); }

  const std::filesystem::path before_ = std::filesystem::current_path();
  const entryexit::testing::TempDir temp_dir_;
  const config::FaceConfig daemon_{};
};

TEST_F(ModelPathsTest, AreWhereTheDaemonLooks) {
  ModelPaths paths;
  paths.FillDefaults();
  EXPECT_EQ(paths.manifest, daemon_.manifest);
  EXPECT_EQ(paths.installed, daemon_.installed_models);
}

TEST_F(ModelPathsTest, AreWhereTheDaemonLooksAlsoForAManifestThatIsNamed) {
  ModelPaths paths{.manifest = "elsewhere/manifest.yaml", .installed = {}};
  paths.FillDefaults();
  EXPECT_EQ(paths.manifest.string(), "elsewhere/manifest.yaml");
  EXPECT_EQ(paths.installed, daemon_.installed_models);
}

TEST_F(ModelPathsTest, AreThoseOfTheSourceTreeWithinIt) {
  std::filesystem::current_path(ENTRYEXIT_SOURCE_DIR);
  ModelPaths paths;
  paths.FillDefaults();
  EXPECT_EQ(paths.manifest.string(), "models/manifest.yaml");
  EXPECT_EQ(paths.installed.string(), "models/installed");
}

}  // namespace
}  // namespace entryexit::ctl
