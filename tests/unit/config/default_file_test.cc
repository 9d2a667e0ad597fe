#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "entryexit/config/config.h"
#include "tests/support/status_matchers.h"

// The file that is shipped documents the keys, so it must say what the code does.
namespace entryexit::config {
namespace {

using core::Direction;
using ::testing::HasSubstr;
using testing::IsOk;

const std::filesystem::path kFile =
    std::filesystem::path(ENTRYEXIT_SOURCE_DIR) / "config/entryexitd.yaml";

std::string Trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first);
}

// The comment right above each key of the file, on one line, by the key's full name.
std::map<std::string, std::string> CommentsByKey() {
  std::map<std::string, std::string> comments;
  std::vector<std::string> sections;
  std::string comment;
  std::ifstream file(kFile);
  for (std::string line; std::getline(file, line);) {
    const std::string text = Trimmed(line);
    if (text.starts_with("# ")) {
      comment += text.substr(1);
      continue;
    }
    if (const size_t colon = text.find(':'); colon != std::string::npos) {
      sections.resize((line.size() - text.size()) / 2);
      std::string name;
      for (const std::string& section : sections) name += section + ".";
      sections.push_back(text.substr(0, colon));
      comments[name + sections.back()] = comment;
    }
    comment.clear();
  }
  return comments;
}

TEST(DefaultFile, HoldsTheBuiltInDefaults) {
  auto config = LoadConfig(kFile, {});
  ASSERT_THAT(config, IsOk());
  config->ports.clear();
  EXPECT_TRUE(*config == Config{});
}

TEST(DefaultFile, HasEveryKeyWithACommentThatSaysWhatIsAllowed) {
  const auto comments = CommentsByKey();
  for (const KeyInfo& key : Keys()) {
    ASSERT_TRUE(comments.contains(key.name)) << key.name;
    EXPECT_THAT(comments.at(key.name), HasSubstr(key.allowed)) << key.name;
  }
}

TEST(DefaultFile, ListsTheExamplePorts) {
  const auto config = LoadConfig(kFile, {});
  ASSERT_THAT(config, IsOk());
  ASSERT_EQ(config->ports.size(), 3U);
  const PortConfig& jfk = config->ports[1];
  EXPECT_EQ(jfk.id, "JFK");
  EXPECT_EQ(jfk.time_zone, "America/New_York");
  EXPECT_EQ(jfk.lanes, (std::vector<LaneConfig>{{"JFK-A1", Direction::kArrival},
                                                {"JFK-A2", Direction::kArrival},
                                                {"JFK-D1", Direction::kDeparture}}));
  EXPECT_EQ(config->ports[2].lanes, (std::vector<LaneConfig>{{"ELP-B1", std::nullopt}}));
}

}  // namespace
}  // namespace entryexit::config
