#include "entryexit/config/config.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "entryexit/core/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::config {
namespace {

using core::Reason;
using ::testing::AllOf;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;
using testing::TempDir;
using namespace std::chrono_literals;

class ConfigTest : public ::testing::Test {
 protected:
  absl::StatusOr<Config> Load(const std::string& yaml, const Environment& environment = {}) {
    std::ofstream(file_) << yaml;
    return LoadConfig(file_, environment);
  }

  // Expects that `yaml` is refused with a message that has "file:line" and `words`.
  void ExpectRefused(const std::string& yaml, int line, const std::string& words) {
    const auto config = Load(yaml);
    EXPECT_THAT(config, FailsWith(Reason::kConfigInvalid)) << yaml;
    EXPECT_THAT(
        std::string(config.status().message()),
        AllOf(HasSubstr(file_.string() + ":" + std::to_string(line) + ": "), HasSubstr(words)))
        << yaml;
  }

  TempDir dir_;
  std::filesystem::path file_ = dir_.path() / "entryexitd.yaml";
};

TEST_F(ConfigTest, AnEmptyFileGivesTheDefaults) {
  for (const char* yaml : {"", "# nothing\n", "server:\nface:\n  quality:\n"}) {
    const auto config = Load(yaml);
    ASSERT_THAT(config, IsOk()) << yaml;
    EXPECT_TRUE(*config == Config{}) << yaml;
  }
}

TEST_F(ConfigTest, ReadsValuesOfEveryKind) {
  const auto config = Load(R"(
server: {listen: "[::1]:0", drain_ms: 0, request_threads: 256}
metrics: {listen: ""}
log: {format: json}
face: {min_face_share: 0.5, quality: {max_yaw_degrees: 12.5, min_luma: 0}}
matching: {fmr_match: 1e-3}
policy: {exempt_classes: [NATO-1], max_clock_skew_s: 5}
)");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->server.listen, "[::1]:0");
  EXPECT_EQ(config->server.drain, 0ms);
  EXPECT_EQ(config->server.request_threads, 256);
  EXPECT_EQ(config->metrics.listen, "");
  EXPECT_EQ(config->log.format, "json");
  EXPECT_EQ(config->face.min_face_share, 0.5);
  EXPECT_EQ(config->face.quality.max_yaw_degrees, 12.5);
  EXPECT_EQ(config->face.quality.min_luma, 0);
  EXPECT_EQ(config->matching.fmr_match, 1e-3);
  EXPECT_EQ(config->policy.exempt_classes, std::vector<std::string>{"NATO-1"});
  EXPECT_EQ(config->policy.max_clock_skew, 5s);
}

TEST_F(ConfigTest, CountsRequestThreadsByFaceWorkersUnlessToldHowMany) {
  EXPECT_EQ(RequestThreadsOf(Config()), 24);
  const auto more_workers = Load("face: {workers: 16}\n");
  ASSERT_THAT(more_workers, IsOk());
  EXPECT_EQ(RequestThreadsOf(*more_workers), 192);
  const auto told = Load("server: {request_threads: 5}\nface: {workers: 16}\n");
  ASSERT_THAT(told, IsOk());
  EXPECT_EQ(RequestThreadsOf(*told), 5);
}

TEST_F(ConfigTest, RefusesUnknownKeysWithTheLine) {
  ExpectRefused("server:\n  listen: a:1\n  lisen: b:2\n", 3, "unknown key 'server.lisen'");
  ExpectRefused("log:\n  level: info\nfaces:\n  workers: 1\n", 3, "unknown key 'faces'");
  ExpectRefused("log:\n  level: info\nfaces:\nface:\n", 3, "unknown key 'faces'");
  ExpectRefused("face:\n  quality:\n    min_lumen: 1\n", 3, "'face.quality.min_lumen'");
  ExpectRefused("face.workers: 2\n", 1, "unknown key 'face.workers'");
  ExpectRefused("server:\n  ports: []\n", 2, "unknown key 'server.ports'");
  ExpectRefused("ports:\n  - id: SEA\n    zone: UTC\n", 3, "unknown key 'ports.zone'");
  ExpectRefused("ports:\n  - lanes:\n    - id: A\n      way: both\n", 4, "'ports.lanes.way'");
}

TEST_F(ConfigTest, RefusesRepeatedKeysWithTheLine) {
  ExpectRefused("log:\n  level: info\n  level: warn\n", 3, "'log.level' is there twice");
  ExpectRefused("log:\n  level: info\nserver:\nlog:\n", 4, "'log' is there twice");
}

TEST_F(ConfigTest, RefusesValuesOutOfRangeWithWhatIsAllowed) {
  for (const char* value : {"1025", "-1", "8.5", "eight", "99999999999999999999", "8 8", "''"}) {
    ExpectRefused("server:\n  request_threads: " + std::string(value) + "\n", 2,
                  "is not a whole number from 0 to 1024");
  }
  for (const char* value : {"0.01", "0.91", ".nan", "nan", "inf", "high"}) {
    ExpectRefused("face:\n  min_face_share: " + std::string(value) + "\n", 2,
                  "is not a number from 0.02 to 0.9");
  }
  ExpectRefused("server:\n  drain_ms: 600001\n", 2, "server.drain_ms: '600001' is not");
  // Whatever the operator wants, no more than one impostor in a thousand is to be matched.
  for (const char* value : {"0.00101", "0.01", "0.5", "1", "0", "-0.0005", "nan"}) {
    ExpectRefused("matching:\n  fmr_match: " + std::string(value) + "\n", 2,
                  "is not a number from 1e-06 to 0.001");
  }
  ExpectRefused("log:\n  level: loud\n", 2, "one of trace, debug, info, warn");
  ExpectRefused("face:\n  quality:\n    max_roll_degrees: 91\n", 3, "a number from 0 to 90");
  ExpectRefused("policy:\n  exempt_classes: [A-1, 'b 2']\n", 2, "a list of codes");
  ExpectRefused("policy:\n  operating_state: USAA\n", 2, "1 to 3 capital letters");
  for (const char* value : {"7443", "':7443'", "'host:'", "host:65536", "host:-1", "'::1:80'"}) {
    ExpectRefused("server:\n  listen: " + std::string(value) + "\n", 2, "is not host:port");
  }
}

TEST_F(ConfigTest, RefusesValuesThatCannotGoTogether) {
  ExpectRefused("matching:\n  fmr_no_match: 0.0003\n  fmr_match: 0.0004\n", 3,
                "matching.fmr_match (0.0004) must be below matching.fmr_no_match (0.0003)");
  ExpectRefused("matching:\n  fmr_no_match: 0.0005\n", 2, "must be below");
  ExpectRefused("face:\n  quality:\n    min_luma: 240\n", 3,
                "face.quality.min_luma (240) must be below face.quality.max_luma (232)");
  ExpectRefused("face:\n  quality:\n    max_luma: 40\n", 3, "must be below");
  ExpectRefused("server:\n  max_message_mib: 8\n", 2,
                "face.max_image_mib (8) must be below server.max_message_mib (8)");
  ExpectRefused("face:\n  max_image_mib: 12\n", 2, "must be below");
  EXPECT_THAT(Load("face: {max_image_mib: 60}\nserver: {max_message_mib: 64}\n"), IsOk());
}

TEST_F(ConfigTest, TakesACommandForKeysByItsWholePathAlone) {
  const auto config = Load("encryption:\n  key_command: [/usr/bin/kms, get, \"a key, b\"]\n");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->encryption.key_command,
            (std::vector<std::string>{"/usr/bin/kms", "get", "a key, b"}));
  ExpectRefused("encryption:\n  key_command: [kms, get]\n", 2, "a path from the root on");
  ExpectRefused("encryption:\n  key_command: ['']\n", 2, "a path from the root on");
}

TEST_F(ConfigTest, NamesTheVariableOfAValueThatCannotGoTogether) {
  const auto config =
      Load("matching:\n  fmr_no_match: 0.0005\n", {{"ENTRYEXIT_MATCHING_FMR_MATCH", "0.001"}});
  EXPECT_THAT(config, FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(std::string(config.status().message()), HasSubstr("ENTRYEXIT_MATCHING_FMR_MATCH: "));
}

TEST_F(ConfigTest, RefusesValuesOfTheWrongType) {
  ExpectRefused("server: 7\n", 1, "server: '7' is not a map of keys");
  ExpectRefused("- server\n", 1, "the file: this is not a map of keys");
  ExpectRefused("log:\n  level: [info]\n", 2, "log.level");
  ExpectRefused("log:\n  level:\nserver:\n", 2, "log.level");
  ExpectRefused("face:\n  quality:\n    min_luma:\n", 3, "face.quality.min_luma");
  ExpectRefused("policy:\n  exempt_classes: A-1\n", 2, "a list of codes");
  ExpectRefused("policy:\n  exempt_classes: [A-1, [A-2]]\n", 2, "a list of codes");
  ExpectRefused("server:\n  tls_ca: ''\n", 2, "a path");
  ExpectRefused("ports: SEA\n", 1, "ports: 'SEA' is not a list");
}

TEST_F(ConfigTest, RefusesWhatIsNotYamlWithTheLine) {
  ExpectRefused("log:\n  level: [info\n", 3, "end of");
  EXPECT_THAT(Load("log: {}\n---\nlog: {}\n"), FailsWith(Reason::kConfigInvalid));
}

TEST_F(ConfigTest, SaysWhichFileIsMissing) {
  const auto absent = LoadConfig(dir_.path() / "absent.yaml", {});
  EXPECT_THAT(absent, FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(absent.status().ToString(),
              AllOf(HasSubstr("absent.yaml"), HasSubstr("No such file")));
  const auto directory = LoadConfig(dir_.path(), {});
  EXPECT_THAT(directory, FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(directory.status().ToString(), HasSubstr("Is a directory"));
}

// The library's own function for all documents of a file never comes back from these.
TEST_F(ConfigTest, RefusesABracketThatNothingOpened) {
  for (const char* const yaml :
       {"}\n", "]\n", "server:\n  drain_ms: 5\n}\n", ", rule: fixed_date}\n  - {from: 200}\n"}) {
    EXPECT_THAT(Load(yaml), FailsWith(Reason::kConfigInvalid)) << yaml;
  }
}

TEST_F(ConfigTest, PathsCountFromTheFile) {
  const auto config = Load(
      "server: {tls_ca: ../ca.pem, tls_key: /k.pem}\n"
      "policy: {admission_policy: stays.yaml, retention_policy: kept.yaml, purpose_policy: why}\n");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->server.tls_ca, dir_.path().parent_path() / "ca.pem");
  EXPECT_EQ(config->server.tls_key, "/k.pem");
  EXPECT_EQ(config->policy.admission_policy, dir_.path() / "stays.yaml");
  EXPECT_EQ(config->policy.retention_policy, dir_.path() / "kept.yaml");
  EXPECT_EQ(config->policy.purpose_policy, dir_.path() / "why");
}

TEST_F(ConfigTest, EnvironmentGoesBeforeTheFile) {
  const auto config = Load("database: {dsn: from-file, pool_size: 3}\n",
                           {{"ENTRYEXIT_DATABASE_DSN", "host=/run dbname=x"},
                            {"ENTRYEXIT_FACE_QUALITY_MIN_LUMA", "33"},
                            {"ENTRYEXIT_POLICY_EXEMPT_CLASSES", "A-1,G-4"},
                            {"ENTRYEXIT_SERVER_TLS_CA", "tls/ca.pem"}});
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->database.dsn, "host=/run dbname=x");
  EXPECT_EQ(config->database.pool_size, 3);
  EXPECT_EQ(config->face.quality.min_luma, 33);
  EXPECT_EQ(config->policy.exempt_classes, (std::vector<std::string>{"A-1", "G-4"}));
  EXPECT_EQ(config->server.tls_ca, "tls/ca.pem");
}

TEST_F(ConfigTest, AnEmptyVariableEmptiesAListOrATextThatMayBeEmpty) {
  const auto config = Load("database: {dsn: x}\n", {{"ENTRYEXIT_DATABASE_DSN", ""},
                                                    {"ENTRYEXIT_POLICY_EXEMPT_CLASSES", ""}});
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->database.dsn, "");
  EXPECT_TRUE(config->policy.exempt_classes.empty());
}

TEST_F(ConfigTest, RefusesUnknownVariablesAndBadValuesInThem) {
  const auto unknown = Load("", {{"ENTRYEXIT_DATABASE_DNS", "x"}});
  EXPECT_THAT(unknown, FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(unknown.status().ToString(), HasSubstr("ENTRYEXIT_DATABASE_DNS"));
  const auto bad = Load("", {{"ENTRYEXIT_FACE_WORKERS", "none"}});
  EXPECT_THAT(bad, FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(bad.status().ToString(),
              AllOf(HasSubstr("ENTRYEXIT_FACE_WORKERS"), HasSubstr("from 1 to 64")));
}

TEST_F(ConfigTest, PassesOverVariablesThatAreNotForIt) {
  EXPECT_THAT(
      Load("", {{"ENTRYEXIT_CONFIG", "x"}, {"ENTRYEXIT_TEST_DATABASE", "x"}, {"HOME", "x"}}),
      IsOk());
}

TEST_F(ConfigTest, ProcessEnvironmentHoldsOurVariablesAlone) {
  ASSERT_EQ(setenv("ENTRYEXIT_TEST_OF_CONFIG", "a=b", 1), 0);
  ASSERT_EQ(setenv("OTHER_TEST_OF_CONFIG", "x", 1), 0);
  const Environment environment = ProcessEnvironment();
  ASSERT_TRUE(environment.contains("ENTRYEXIT_TEST_OF_CONFIG"));
  EXPECT_EQ(environment.at("ENTRYEXIT_TEST_OF_CONFIG"), "a=b");
  EXPECT_FALSE(environment.contains("OTHER_TEST_OF_CONFIG"));
}

TEST_F(ConfigTest, NeverRepeatsTheConnectionString) {
  const auto config = Load("database: {dsn: [password=secret]}\n");
  EXPECT_THAT(config, FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(config.status().ToString(), Not(HasSubstr("secret")));
}

TEST_F(ConfigTest, ReadsPortsAndLanes) {
  const auto config = Load(R"(
ports:
  - id: ELP
    name: El Paso
    time_zone: America/Denver
    lanes: [{id: ELP-B1, direction: both}, {id: ELP-D1, direction: departure}]
  - {id: SEA, time_zone: America/Los_Angeles}
)");
  ASSERT_THAT(config, IsOk());
  const PortConfig elp{"ELP",
                       "El Paso",
                       "America/Denver",
                       {{"ELP-B1", std::nullopt}, {"ELP-D1", core::Direction::kDeparture}}};
  EXPECT_TRUE(config->ports ==
              (std::vector<PortConfig>{elp, {"SEA", "", "America/Los_Angeles", {}}}));
}

TEST_F(ConfigTest, RefusesPortsThatAreNotSound) {
  const std::string sea =
      "ports:\n- {id: SEA, time_zone: UTC, lanes: [{id: A, direction: both}]}\n";
  ASSERT_THAT(Load(sea), IsOk());
  ExpectRefused(sea + "- {id: SEA, time_zone: UTC}\n", 3, "ports.id: 'SEA' is there twice");
  ExpectRefused(sea + "- {id: B, time_zone: UTC, lanes: [{id: A, direction: both}]}\n", 3,
                "ports.lanes.id: 'A' is there twice");
  ExpectRefused(sea + "- {id: B}\n", 3, "at least id and time_zone");
  ExpectRefused(sea + "- {time_zone: UTC}\n", 3, "at least id and time_zone");
  ExpectRefused(sea + "- {id: B, time_zone: UTC, lanes: [{id: C}]}\n", 3, "id and direction");
  ExpectRefused(sea + "- {id: B, time_zone: UTC, lanes: [{id: C, direction: in}]}\n", 3,
                "one of arrival, departure, both");
  for (const char* id : {"sea", "-A", "''", "A_B", "ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567"}) {
    ExpectRefused(sea + "- {id: " + id + ", time_zone: UTC}\n", 3, "1 to 32 capital letters");
  }
  for (const char* zone :
       {"Mars/Olympus", "America", "../zoneinfo/UTC", "/etc/hostname", "''", "zone.tab", "[UTC]"}) {
    ExpectRefused(sea + "- {id: B, time_zone: " + zone + "}\n", 3, "IANA time zone");
  }
}

}  // namespace
}  // namespace entryexit::config
