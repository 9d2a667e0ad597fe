#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "ctl/command_line.h"
#include "entryexit/base/files.h"
#include "tests/support/temp_dir.h"

namespace entryexit::ctl {
namespace {

namespace fs = std::filesystem;

// Six bundled people and a manifest of our own.
class Evaluate : public ::testing::Test {
 protected:
  Evaluate() {
    fs::create_directory(In("people"));
    for (int person = 1; person <= 6; ++person) {
      const std::string name = fmt::format("id_{:03}", person);
      fs::create_directory_symlink(Source("tests/data/faces") / name, In("people") / name);
    }
    fs::create_directory(In("models"));
    fs::copy_file(Source("models/manifest.yaml"), In("models/manifest.yaml"));
    for (const char* name : {"golden", "entryexit_resnet_v1.dat"}) {
      fs::create_symlink(Source("models") / name, In("models") / name);
    }
  }

  static fs::path Source(const std::string& name) { return fs::path(ENTRYEXIT_SOURCE_DIR) / name; }
  fs::path In(const std::string& name) const { return temp_dir_.path() / name; }

  ExitCode Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "evaluate");
    arguments.insert(arguments.end(), {"--manifest", In("models/manifest.yaml").string()});
    Context context{.out = out_, .err = err_};
    return RunCommandLine(std::move(arguments), context);
  }

  std::ostringstream out_;
  std::ostringstream err_;

 private:
  const entryexit::testing::TempDir temp_dir_;
};

TEST_F(Evaluate, WritesJsonTheDetCurveAndACalibrationNamedAfterTheFolder) {
  ASSERT_EQ(
      Run({"--identities", In("people").string() + "/", "--json", "--json-file",
           In("figures.json").string(), "--det", In("det.svg").string(), "--write-calibration"}),
      ExitCode::kOk)
      << err_.str();
  const auto json = nlohmann::json::parse(out_.str());
  EXPECT_EQ(json["identities"], 6);
  EXPECT_EQ(json, nlohmann::json::parse(*base::ReadFile(In("figures.json"))));
  EXPECT_NE(base::ReadFile(In("det.svg"))->find("<svg"), std::string::npos);
  EXPECT_NE(base::ReadFile(In("models/manifest.yaml"))->find("measured_on: 'people, 6 people,"),
            std::string::npos);
}

}  // namespace
}  // namespace entryexit::ctl
