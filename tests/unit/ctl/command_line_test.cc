#include "ctl/command_line.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/temp_dir.h"

namespace entryexit::ctl {
namespace {

const std::string kManifest = ENTRYEXIT_SOURCE_DIR "/models/manifest.yaml";
const std::string kWeights = ENTRYEXIT_SOURCE_DIR "/models/entryexit_resnet_v1.dat";

class CommandLine : public ::testing::Test {
 protected:
  ExitCode Run(std::vector<std::string> arguments) {
    out_.str("");
    err_.str("");
    Context context{.out = out_, .err = err_};
    return RunCommandLine(std::move(arguments), context);
  }

  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }
  std::string In(const std::string& name) const { return (temp_dir_.path() / name).string(); }

  const entryexit::testing::TempDir temp_dir_;

 private:
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(CommandLine, HelpOfEveryCommandGoesToTheOutputAndSucceeds) {
  const std::vector<std::vector<std::string>> commands = {{},
                                                          {"arrive"},
                                                          {"depart"},
                                                          {"assess"},
                                                          {"backlog"},
                                                          {"traveler"},
                                                          {"crossings"},
                                                          {"allowance"},
                                                          {"admission-change"},
                                                          {"correct-crossing"},
                                                          {"move-document"},
                                                          {"capture"},
                                                          {"replay"},
                                                          {"cases"},
                                                          {"cases", "list"},
                                                          {"cases", "show"},
                                                          {"cases", "decide"},
                                                          {"cases", "watch"},
                                                          {"subject"},
                                                          {"subject", "request"},
                                                          {"subject", "requests"},
                                                          {"overstays"},
                                                          {"report"},
                                                          {"report", "summary"},
                                                          {"report", "nightly"},
                                                          {"health"},
                                                          {"migrate"},
                                                          {"certs"},
                                                          {"certs", "init"},
                                                          {"certs", "issue"},
                                                          {"certs", "list"},
                                                          {"certs", "revoke"},
                                                          {"keys"},
                                                          {"keys", "init"},
                                                          {"models"},
                                                          {"models", "list"},
                                                          {"models", "install"},
                                                          {"evaluate"}};
  for (auto command : commands) {
    const std::string name = command.empty() ? "" : command.back();
    command.emplace_back("--help");
    EXPECT_EQ(Run(command), ExitCode::kOk) << name;
    EXPECT_NE(out().find(name), std::string::npos);
    EXPECT_TRUE(name.empty() || out().find("\n  entryexitctl ") != std::string::npos) << name;
    EXPECT_EQ(err(), "") << name;
  }
}

TEST_F(CommandLine, WrongUseIsToldFromFailure) {
  EXPECT_EQ(Run({}), ExitCode::kUsage);
  EXPECT_EQ(Run({"frobnicate"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"cases"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"cases", "list", "--kind", "nonsense"}), ExitCode::kUsage);
  EXPECT_NE(err().find("identity-no-match"), std::string::npos) << "it lists the choices";
  EXPECT_EQ(Run({"overstays", "--as-of", "2026-02-30"}), ExitCode::kUsage);
  EXPECT_NE(err().find("2026-02-30"), std::string::npos);
  EXPECT_EQ(Run({"cases", "decide", "c", "--etag", "1", "--reason", "r"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"cases", "decide", "c", "--etag", "1", "--reason", "r", "--uphold", "--dismiss"}),
            ExitCode::kUsage);
  EXPECT_EQ(out(), "");
}

TEST_F(CommandLine, ASummaryNeedsOnePeriodAndOneFormat) {
  unsetenv("ENTRYEXITCTL_CERTS");
  const auto run = [this](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"report", "summary"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(Run(arguments), ExitCode::kUsage);
    return err();
  };
  const std::string all_is_well_but = "no client certificate";
  EXPECT_NE(run({"--fiscal-year", "2024"}).find(all_is_well_but), std::string::npos) << err();
  EXPECT_NE(run({"--from", "2026-01-01", "--to", "2026-03-31", "--format", "json", "--json"})
                .find(all_is_well_but),
            std::string::npos)
      << err();

  EXPECT_NE(run({}).find("--fiscal-year"), std::string::npos) << err();
  EXPECT_NE(run({"--from", "2026-01-01"}).find("--to"), std::string::npos) << err();
  EXPECT_EQ(run({"--from", "2026-01-01", "--to", "2026-03-31", "--fiscal-year", "2024"})
                .find(all_is_well_but),
            std::string::npos);
  EXPECT_NE(run({"--fiscal-year", "2024", "--least-cell", "1"}).find("--least-cell"),
            std::string::npos)
      << err();
  EXPECT_NE(run({"--fiscal-year", "2024", "--format", "pdf"}).find("html"), std::string::npos)
      << "it lists the choices";
  EXPECT_NE(run({"--fiscal-year", "2024", "--format", "csv", "--json"}).find("contradict"),
            std::string::npos)
      << err();
  EXPECT_EQ(Run({"overstays", "--as-of", "2026-05-01", "--format", "html"}), ExitCode::kUsage);
}

TEST_F(CommandLine, ANightlyReportIsOfADayThatIsOverAndGoesIntoAFolderThatIsThere) {
  EXPECT_EQ(Run({"report", "nightly"}), ExitCode::kUsage);
  EXPECT_NE(err().find("--out"), std::string::npos) << err();
  EXPECT_EQ(Run({"report", "nightly", "--date", "9000-01-01", "--out", In("")}), ExitCode::kUsage);
  EXPECT_NE(err().find("9000-01-01 is not over at every port"), std::string::npos) << err();
  EXPECT_EQ(Run({"report", "nightly", "--date", "2026-01-01", "--out", In("none")}),
            ExitCode::kUsage);
  EXPECT_NE(err().find(In("none") + ": there is no such folder"), std::string::npos) << err();
}

TEST_F(CommandLine, ACorrectionVoidsOrChanges) {
  unsetenv("ENTRYEXITCTL_CERTS");
  const auto run = [this](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"correct-crossing", "c", "--reason", "r"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(Run(arguments), ExitCode::kUsage);
    return err();
  };
  const std::string all_is_well_but = "no client certificate";
  EXPECT_NE(run({"--revision", "1", "--void"}).find(all_is_well_but), std::string::npos) << err();
  EXPECT_NE(run({"--revision", "2"}).find(all_is_well_but), std::string::npos) << err();
  EXPECT_NE(run({"--revision", "1", "--captured-at", "2026-05-01T09:30:00Z", "--class", "B-2",
                 "--authorized-until", "2026-10-31"})
                .find(all_is_well_but),
            std::string::npos)
      << err();

  EXPECT_NE(run({"--void"}).find("--revision"), std::string::npos) << err();
  EXPECT_NE(run({"--revision", "0", "--void"}).find("--revision"), std::string::npos) << err();
  EXPECT_NE(
      run({"--revision", "1", "--void", "--captured-at", "2026-05-01T09:30:00Z"}).find("excludes"),
      std::string::npos)
      << err();
  EXPECT_NE(run({"--revision", "1", "--void", "--class", "B-2"}).find("excludes"),
            std::string::npos)
      << err();
  EXPECT_NE(run({"--revision", "1", "--authorized-until", "2026-10-31"}).find("need --class"),
            std::string::npos)
      << err();
  EXPECT_NE(
      run({"--revision", "1", "--class", "B-2", "--authorized-until", "2026-10-31", "--days", "9"})
          .find("at most one"),
      std::string::npos)
      << err();
}

TEST_F(CommandLine, AnAdmissionChangeNeedsWhatMakesOneAndNoMore) {
  unsetenv("ENTRYEXITCTL_CERTS");
  const auto run = [this](std::vector<std::string> more) {
    std::vector<std::string> arguments = {
        "admission-change", "t",         "--application", "N1",
        "--kind",           "extension", "--filed",       "2026-04-20"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(Run(arguments), ExitCode::kUsage);
    return err();
  };
  const std::string all_is_well_but = "no client certificate";
  EXPECT_NE(run({}).find(all_is_well_but), std::string::npos) << err();
  EXPECT_NE(run({"--granted", "2026-05-02", "--class", "B-2", "--until", "2026-10-31"})
                .find(all_is_well_but),
            std::string::npos)
      << err();
  EXPECT_NE(run({"--denied", "2026-05-02"}).find(all_is_well_but), std::string::npos) << err();

  EXPECT_NE(run({"--granted", "2026-05-02"}).find("--class"), std::string::npos) << err();
  EXPECT_NE(run({"--class", "B-2"}).find("--granted"), std::string::npos) << err();
  EXPECT_NE(run({"--denied", "2026-05-02", "--until", "2026-10-31"}).find("--granted"),
            std::string::npos)
      << err();
  EXPECT_EQ(run({"--granted", "2026-05-02", "--denied", "2026-05-02"}).find(all_is_well_but),
            std::string::npos);
  EXPECT_EQ(run({"--granted", "2026-05-02", "--class", "F-1", "--until", "2026-10-31",
                 "--duration-of-status"})
                .find(all_is_well_but),
            std::string::npos);

  EXPECT_EQ(Run({"admission-change", "t", "--kind", "nonsense"}), ExitCode::kUsage);
  EXPECT_NE(err().find("change-of-status"), std::string::npos) << "it lists the choices";
  EXPECT_EQ(Run({"admission-change", "t", "--application", "N1", "--kind", "extension"}),
            ExitCode::kUsage);
  EXPECT_NE(err().find("--filed"), std::string::npos) << err();
  EXPECT_EQ(Run({"allowance", "t"}), ExitCode::kUsage);
  EXPECT_NE(err().find("--on"), std::string::npos) << err();
}

TEST_F(CommandLine, AsksForCertificatesBeforeItCalls) {
  unsetenv("ENTRYEXITCTL_CERTS");
  EXPECT_EQ(Run({"health"}), ExitCode::kUsage);
  EXPECT_NE(err().find("--certs"), std::string::npos);
  EXPECT_EQ(Run({"health", "--certs", In("nowhere")}), ExitCode::kUsage);
  EXPECT_NE(err().find(In("nowhere/ca.pem")), std::string::npos);
}

TEST_F(CommandLine, MakesAnAuthorityAndAClientThatCanBeUsed) {
  ASSERT_EQ(Run({"certs", "init", "--server-name", "a.example", "--server-name", "b.example",
                 In("certs")}),
            ExitCode::kOk)
      << err();
  ASSERT_EQ(Run({"certs", "issue", In("certs"), "lane/SEA-A1"}), ExitCode::kOk) << err();
  EXPECT_NE(out().find(In("certs/lane/SEA-A1")), std::string::npos);
  ASSERT_EQ(Run({"certs", "list", In("certs")}), ExitCode::kOk) << err();
  EXPECT_NE(out().find("entryexit://lane/SEA-A1"), std::string::npos);
  // Port 1 of this machine: nobody listens there.
  EXPECT_EQ(Run({"health", "--server", "127.0.0.1:1", "--certs", In("certs/lane/SEA-A1")}),
            ExitCode::kUnavailable);
  EXPECT_NE(err().find("127.0.0.1:1"), std::string::npos);
}

TEST_F(CommandLine, NeverOverwritesCertificatesUnasked) {
  ASSERT_EQ(Run({"certs", "init", In("certs")}), ExitCode::kOk);
  EXPECT_EQ(Run({"certs", "init", In("certs")}), ExitCode::kUsage);
  ASSERT_EQ(Run({"certs", "issue", In("certs"), "officer/4711", "--out", In("o")}), ExitCode::kOk);
  EXPECT_EQ(Run({"certs", "issue", In("certs"), "officer/4711", "--out", In("o")}),
            ExitCode::kUsage);
  EXPECT_EQ(Run({"certs", "issue", In("certs"), "officer/4711", "--out", In("o"), "--replace"}),
            ExitCode::kOk);
}

TEST_F(CommandLine, RefusesAPrincipalWithoutRole) {
  ASSERT_EQ(Run({"certs", "init", In("certs")}), ExitCode::kOk);
  EXPECT_EQ(Run({"certs", "issue", In("certs"), "SEA-A1"}), ExitCode::kUsage);
}

TEST_F(CommandLine, ARevokedCertificateIsListedAsRevoked) {
  ASSERT_EQ(Run({"certs", "init", In("certs")}), ExitCode::kOk);
  ASSERT_EQ(Run({"certs", "issue", In("certs"), "lane/SEA-A1"}), ExitCode::kOk);
  ASSERT_EQ(Run({"certs", "issue", In("certs"), "lane/SEA-A2"}), ExitCode::kOk);
  EXPECT_EQ(Run({"certs", "revoke", In("certs"), "lane/SEA-A3"}), ExitCode::kUsage);
  ASSERT_EQ(Run({"certs", "revoke", In("certs"), "lane/SEA-A1"}), ExitCode::kOk) << err();
  EXPECT_NE(out().find(In("certs/revoked.pem")), std::string::npos);
  ASSERT_EQ(Run({"certs", "list", In("certs")}), ExitCode::kOk) << err();
  EXPECT_EQ(out().find("(revoked)"), out().rfind("(revoked)"));
  EXPECT_NE(out().find("(revoked)"), std::string::npos);
}

TEST_F(CommandLine, NeverOverwritesKeys) {
  EXPECT_EQ(Run({"keys", "init", In("vault.keys")}), ExitCode::kOk) << err();
  EXPECT_TRUE(std::filesystem::exists(In("vault.keys")));
  EXPECT_EQ(Run({"keys", "init", In("vault.keys")}), ExitCode::kUsage);
}

TEST_F(CommandLine, AddsAKeyToAKeyFileThatIsThere) {
  EXPECT_NE(Run({"keys", "add", In("vault.keys")}), ExitCode::kOk);
  ASSERT_EQ(Run({"keys", "init", In("vault.keys")}), ExitCode::kOk) << err();
  EXPECT_EQ(Run({"keys", "add", In("vault.keys")}), ExitCode::kOk) << err();
  EXPECT_NE(out().find("keys rotate"), std::string::npos);
}

TEST_F(CommandLine, MigrateSaysHowToNameTheDatabase) {
  unsetenv("ENTRYEXIT_DATABASE_DSN");
  EXPECT_EQ(Run({"migrate"}), ExitCode::kUsage);
  EXPECT_NE(err().find("--dsn"), std::string::npos);
}

TEST_F(CommandLine, ListsTheBundledModel) {
  EXPECT_EQ(Run({"models", "list", "--manifest", kManifest}), ExitCode::kOk) << err();
  EXPECT_NE(out().find("entryexit-resnet-v1"), std::string::npos);
  EXPECT_NE(out().find("ready"), std::string::npos);
}

TEST_F(CommandLine, ModelsThatAreNotWhatTheManifestMeansAreNotInstalled) {
  EXPECT_EQ(Run({"models", "install", "dlib-resnet-v1", kWeights, "--manifest", kManifest,
                 "--installed", In("installed")}),
            ExitCode::kFailed);
}

TEST_F(CommandLine, SaysWhereAModelCannotBeInstalled) {
  std::ofstream(In("file")) << "no folder";
  EXPECT_EQ(Run({"models", "install", "dlib-resnet-v1", In("none"), "--manifest", kManifest,
                 "--installed", In("file/models")}),
            ExitCode::kUsage);
  EXPECT_NE(err().find("cannot write to the folder " + In("file/models")), std::string::npos);
}

// A link to itself is what the filesystem can neither find nor deny.
TEST_F(CommandLine, LooksForModelsWhereNothingCanBeLookedAt) {
  const auto before = std::filesystem::current_path();
  std::filesystem::create_symlink("models", In("models"));
  std::filesystem::current_path(temp_dir_.path());
  EXPECT_NE(Run({"models", "list"}), ExitCode::kOk);
  std::filesystem::current_path(before);
  EXPECT_NE(err().find("/usr/share/entryexit/models/manifest.yaml"), std::string::npos) << err();
}

TEST_F(CommandLine, AnExceptionIsAFailureInWords) {
  struct : std::streambuf {
  } full;  // takes nothing
  std::ostream out(&full);
  out.exceptions(std::ios::badbit);
  std::ostringstream err;
  Context context{.out = out, .err = err};
  EXPECT_EQ(RunCommandLine({"keys", "init", In("k")}, context), ExitCode::kFailed);
  EXPECT_EQ(err.str().find("entryexitctl: "), 0U) << err.str();
}

// Every command that makes or shows something without the service.
TEST_F(CommandLine, SpeaksJsonEverywhere) {
  const auto run = [this](std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    EXPECT_EQ(Run(arguments), ExitCode::kOk) << err();
    return nlohmann::json::parse(out().substr(0, out().find('\n')));
  };
  EXPECT_EQ(run({"certs", "init", In("certs")})["server"], In("certs/server.pem"));
  EXPECT_EQ(run({"certs", "issue", In("certs"), "lane/SEA-A1"})["directory"],
            In("certs/lane/SEA-A1"));
  const auto certificate = run({"certs", "list", In("certs")});
  EXPECT_EQ(certificate["file"], "ca.pem");
  EXPECT_EQ(certificate["expired"], false);
  EXPECT_EQ(run({"keys", "init", In("vault.keys")})["file"], In("vault.keys"));
  EXPECT_EQ(run({"models", "list", "--manifest", kManifest}).value("state", ""), "ready");
  EXPECT_EQ(run({"models", "install", "entryexit-resnet-v1", kWeights, "--manifest", kManifest,
                 "--installed", In("installed")})
                .value("installed", ""),
            In("installed"));
}

TEST_F(CommandLine, EvaluateChecksItsOutputsBeforeItsInputs) {
  for (const char* option : {"--json-file", "--det"}) {
    EXPECT_EQ(Run({"evaluate", "--identities", In("nobody"), option, In("no/folder/file")}),
              ExitCode::kUsage);
    EXPECT_EQ(err(), "entryexitctl: cannot write " + In("no/folder/file") + "\n") << option;
  }
}

TEST_F(CommandLine, EvaluateWantsOneSourceOfPairs) {
  EXPECT_EQ(Run({"evaluate"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"evaluate", "--pairs", "p"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"evaluate", "--pairs", "p", "--images", "i", "--write-calibration"}),
            ExitCode::kUsage);
}

TEST_F(CommandLine, AnOutputThatCannotBeWrittenIsAFailure) {
  std::ostringstream out;
  std::ostringstream err;
  out.setstate(std::ios::badbit);
  Context context{.out = out, .err = err};
  EXPECT_EQ(RunCommandLine({"keys", "init", In("k")}, context), ExitCode::kFailed);
}

}  // namespace
}  // namespace entryexit::ctl
