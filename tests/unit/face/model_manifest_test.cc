#include "entryexit/face/model_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "entryexit/crypto/digest.h"
#include "tests/support/files.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/face/face_fixtures.h"

namespace entryexit::face {
namespace {

using core::Reason;
using ::entryexit::testing::FailsWith;
using ::entryexit::testing::IsOk;
using ::entryexit::testing::ReadAll;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

std::string OneModel(const std::string& digest) {
  return "# kept\nmodels:\n  - id: m1\n    architecture: dlib-resnet\n    file: m1.dat\n" + digest +
         "    alignment: dlib-150\n    dimension: 128\n    l2_normalised: false\n"
         "    licence: none\n    lineage: none\n";
}

std::string Sha256Line(const std::string& content) {
  return "    sha256: " + crypto::Sha256Hex(content) + "\n";
}

TEST(ModelManifest, TheBundledOneDescribesBothModels) {
  const auto manifest = ModelManifest::Load(testing::BundledConfig().manifest);
  ASSERT_THAT(manifest, IsOk());
  const auto bundled = manifest->Find("entryexit-resnet-v1");
  ASSERT_THAT(bundled, IsOk());
  EXPECT_THAT(bundled->warning, HasSubstr("not accurate enough for real travelers"));
  ASSERT_NE(bundled->CalibrationFor("matched"), nullptr);
  ASSERT_NE(bundled->CalibrationFor("random"), nullptr);
  EXPECT_DOUBLE_EQ(bundled->CalibrationFor("random")->calibration.DistanceAt(1e-3).value(), 1.1226);
  const auto state = InspectModel(*manifest, *bundled, {});
  ASSERT_THAT(state, IsOk());
  EXPECT_TRUE(state->digest_ok);

  const auto dlib = manifest->Find("dlib-resnet-v1");
  ASSERT_THAT(dlib, IsOk());
  EXPECT_EQ(dlib->CalibrationFor("matched"), nullptr);
  EXPECT_THAT(manifest->Find("m1"), FailsWith(Reason::kModelUnknown));
}

TEST(ModelManifest, FaultsAreReportedWithTheirLine) {
  const TemporaryFolder folder;
  const std::string good = OneModel(Sha256Line(""));
  const auto message = [&folder](const std::string& content) {
    const auto manifest = ModelManifest::Load(folder.Write("manifest.yaml", content));
    EXPECT_THAT(manifest, FailsWith(Reason::kConfigInvalid));
    return std::string(manifest.status().message());
  };
  ASSERT_THAT(ModelManifest::Load(folder.Write("manifest.yaml", good)), IsOk());
  EXPECT_THAT(message(good + "    colour: red\n"), HasSubstr("line 12: unknown key 'colour'"));
  EXPECT_THAT(message(OneModel("")), HasSubstr("sha256 or git_blob is required"));
  EXPECT_THAT(message(OneModel("    sha256: abc\n")), HasSubstr("line 6"));
  EXPECT_THAT(message(good + good.substr(good.find("  - id"))), HasSubstr("described twice"));
  EXPECT_THAT(message(good + "    golden: ../../etc/passwd\n"), HasSubstr("within the models"));
  EXPECT_THAT(message(good + "    calibration:\n      matched: {measured_on: x, points: []}\n"),
              HasSubstr("line 13"));
  EXPECT_THAT(message("models: [\n"), HasSubstr("line"));
  EXPECT_THAT(ModelManifest::Load(folder.path() / "none"), FailsWith(Reason::kConfigInvalid));
}

TEST(InstallModel, PutsTheFileInPlaceOnlyWhenItIsTheRightOne) {
  const TemporaryFolder folder;
  const auto manifest =
      ModelManifest::Load(folder.Write("manifest.yaml", OneModel(Sha256Line("weights"))));
  ASSERT_THAT(manifest, IsOk());
  const auto installed = folder.path() / "installed";
  const auto model = manifest->Find("m1").value();

  EXPECT_TRUE(InspectModel(*manifest, model, installed).value().path.empty());
  EXPECT_THAT(InstallModel(*manifest, "m1", folder.path() / "none", installed),
              FailsWith(Reason::kModelFileMissing));
  EXPECT_THAT(InstallModel(*manifest, "m1", folder.Write("wrong", "other"), installed),
              FailsWith(Reason::kModelDigestMismatch));
  EXPECT_TRUE(InspectModel(*manifest, model, installed).value().path.empty());

  EXPECT_THAT(InstallModel(*manifest, "m1", folder.Write("right", "weights"), installed), IsOk());
  const ModelState state = InspectModel(*manifest, model, installed).value();
  EXPECT_EQ(state.path, installed / "m1.dat");
  EXPECT_TRUE(state.digest_ok);
}

TEST(InstallModel, KnowsAFileByItsGitBlobId) {
  const TemporaryFolder folder;
  const auto manifest = ModelManifest::Load(folder.Write(
      "manifest.yaml", OneModel("    git_blob: " + crypto::GitBlobIdHex("weights") + "\n")));
  ASSERT_THAT(manifest, IsOk());
  EXPECT_THAT(InstallModel(*manifest, "m1", folder.Write("wrong", "other"), folder.path()),
              FailsWith(Reason::kModelDigestMismatch));
  EXPECT_THAT(InstallModel(*manifest, "m1", folder.Write("right", "weights"), folder.path()),
              IsOk());
}

core::Calibration Measured(const std::string& pairs, double first) {
  return core::Calibration::Create(pairs, {{1e-4, first}, {1e-2, 0.75}}).value();
}

TEST(WriteCalibration, AddsAndReplacesATableAndKeepsTheRest) {
  const TemporaryFolder folder;
  const auto path = folder.Write("manifest.yaml", OneModel(Sha256Line("")) + "\n# the end\n");
  ASSERT_THAT(WriteCalibration(path, "m1", Measured("matched", 0.3), "a set"), IsOk());
  ASSERT_THAT(WriteCalibration(path, "m1", Measured("random", 0.4), "it's another: set"), IsOk());
  ASSERT_THAT(WriteCalibration(path, "m1", Measured("matched", 0.5), "a later set"), IsOk());

  const auto model = ModelManifest::Load(path).value().Find("m1").value();
  EXPECT_EQ(model.CalibrationFor("matched")->calibration.DistanceAt(1e-4).value(), 0.5);
  EXPECT_EQ(model.CalibrationFor("matched")->measured_on, "a later set");
  EXPECT_EQ(model.CalibrationFor("random")->calibration.DistanceAt(1e-4).value(), 0.4);
  EXPECT_EQ(model.CalibrationFor("random")->measured_on, "it's another: set");
  const std::string text = ReadAll(path);
  EXPECT_THAT(text, ::testing::StartsWith("# kept\n"));
  EXPECT_THAT(text, ::testing::EndsWith("\n# the end\n"));
}

TEST(WriteCalibration, TellsModelsApartOfWhichOneNameStartsWithTheOther) {
  const TemporaryFolder folder;
  const std::string m1 = OneModel(Sha256Line(""));
  std::string m10 = m1;
  m10.replace(m10.find("id: m1"), 6, "id: m10");
  const auto path = folder.Write("manifest.yaml", m10 + m1.substr(m1.find("  - id")));
  ASSERT_THAT(WriteCalibration(path, "m1", Measured("matched", 0.3), "a set"), IsOk());
  const ModelManifest manifest = ModelManifest::Load(path).value();
  EXPECT_NE(manifest.Find("m1")->CalibrationFor("matched"), nullptr);
  EXPECT_EQ(manifest.Find("m10")->CalibrationFor("matched"), nullptr);
}

TEST(WriteCalibration, LeavesTheFileAloneWhenItCannotBeWritten) {
  const TemporaryFolder folder;
  const std::string flow =
      "models: [{id: m1, architecture: dlib-resnet, file: m1.dat, git_blob: "
      "ddb515897db3724ddeed593083d3f39818db1a54, alignment: dlib-150, dimension: 128, "
      "l2_normalised: false, licence: none, lineage: none}]\n";
  const auto path = folder.Write("manifest.yaml", flow);
  EXPECT_THAT(WriteCalibration(path, "m1", Measured("matched", 0.3), "a set"),
              FailsWith(Reason::kConfigInvalid));
  EXPECT_EQ(ReadAll(path), flow);
  EXPECT_THAT(WriteCalibration(path, "m2", Measured("matched", 0.3), "a set"),
              FailsWith(Reason::kModelUnknown));
}

}  // namespace
}  // namespace entryexit::face
