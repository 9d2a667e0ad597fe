#include "entryexit/evaluation/pairs.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>

#include "tests/support/status_matchers.h"
#include "tests/unit/evaluation/scratch_folder.h"

namespace entryexit::evaluation {
namespace {

using ::entryexit::testing::FailsWith;
using ::entryexit::testing::IsOk;
using ::testing::HasSubstr;

std::set<std::pair<std::string, std::string>> Names(const PairList& list,
                                                    const std::vector<PairList::Pair>& pairs) {
  std::set<std::pair<std::string, std::string>> names;
  for (const auto& [a, b] : pairs) names.emplace(list.images[a].path, list.images[b].path);
  return names;
}

class ReadPairsTest : public ::testing::Test {
 protected:
  ReadPairsTest() {
    for (const char* name : {"a.jpg", "b.jpg", "c.jpg", "sub/d e.jpg"}) {
      folder_.Write(std::string("images/") + name, name);
    }
    folder_.Write("secret.jpg", "outside");
  }

  absl::StatusOr<PairList> Read(const std::string& text) {
    return ReadPairs(folder_.Write("pairs.tsv", text), folder_.path() / "images");
  }

  ScratchFolder folder_;
};

TEST_F(ReadPairsTest, ReadsPairsPastCommentsBlankLinesAndCrLf) {
  const auto list = Read(
      "# a comment\r\n\r\nsame\ta.jpg\tb.jpg\r\n"
      "different\ta.jpg\tsub/d e.jpg\ndifferent\tc.jpg\t./b.jpg");
  ASSERT_THAT(list, IsOk());
  EXPECT_EQ(list->images.size(), 4U);
  EXPECT_EQ(list->identities, 3U);
  EXPECT_EQ(list->non_mated_kind, "listed");
  using Expected = std::set<std::pair<std::string, std::string>>;
  EXPECT_EQ(Names(*list, list->mated), (Expected{{"a.jpg", "b.jpg"}}));
  EXPECT_EQ(Names(*list, list->non_mated),
            (Expected{{"a.jpg", "sub/d e.jpg"}, {"c.jpg", "b.jpg"}}));
  EXPECT_EQ(list->images[0].identity, list->images[1].identity);
}

TEST_F(ReadPairsTest, NamesTheLineOfEachError) {
  std::filesystem::create_symlink("../secret.jpg", folder_.path() / "images/link.jpg");
  const struct {
    const char* line;
    const char* message;
  } cases[] = {
      {"same a.jpg b.jpg", "expected same|different"},
      {"Same\ta.jpg\tb.jpg", "expected same|different"},
      {"same\ta.jpg", "expected same|different"},
      {"same\ta.jpg\tb.jpg\tc.jpg", "expected same|different"},
      {"same\t\tb.jpg", "expected same|different"},
      {"same\ta.jpg\tnone.jpg", "no file none.jpg"},
      {"same\ta.jpg\tsub", "no file sub"},
      {"same\ta.jpg\t../secret.jpg", "outside"},
      {"same\ta.jpg\tsub/../../secret.jpg", "outside"},
      {"same\ta.jpg\t/etc/passwd", "outside"},
      {"same\ta.jpg\tlink.jpg", "outside"},
      {"same\ta.jpg\tsub/../a.jpg", "paired with itself"},
      {"same\tc.jpg\tb.jpg", "repeats the pair of line 1"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.line);
    const auto list = Read(std::string("different\tb.jpg\tc.jpg\n# comment\n") + c.line + "\n");
    EXPECT_THAT(list, FailsWith(core::Reason::kInvalidField));
    EXPECT_THAT(std::string(list.status().message()), HasSubstr("pairs.tsv line 3: "));
    EXPECT_THAT(std::string(list.status().message()), HasSubstr(c.message));
  }
}

TEST_F(ReadPairsTest, KnowsAnImageUnderEachOfItsNames) {
  std::filesystem::create_symlink("a.jpg", folder_.path() / "images/alias.jpg");
  const auto list = Read("same\ta.jpg\tb.jpg\ndifferent\talias.jpg\tc.jpg\n");
  ASSERT_THAT(list, IsOk());
  EXPECT_EQ(list->images.size(), 3U);
  EXPECT_THAT(Read("same\ta.jpg\tb.jpg\nsame\tb.jpg\talias.jpg\n"),
              FailsWith(core::Reason::kInvalidField));
}

TEST_F(ReadPairsTest, RefusesADifferentPairThatSameLinesContradict) {
  const auto list = Read("different\ta.jpg\tc.jpg\nsame\ta.jpg\tb.jpg\nsame\tb.jpg\tc.jpg\n");
  EXPECT_THAT(list, FailsWith(core::Reason::kInvalidField));
  EXPECT_THAT(std::string(list.status().message()), HasSubstr("line 1: "));
}

TEST_F(ReadPairsTest, RefusesMissingFilesAndFolders) {
  EXPECT_THAT(ReadPairs(folder_.path() / "none.tsv", folder_.path()),
              FailsWith(core::Reason::kInvalidField));
  const auto file = folder_.Write("pairs.tsv", "same\ta.jpg\tb.jpg\n");
  EXPECT_THAT(ReadPairs(file, folder_.path() / "none"), FailsWith(core::Reason::kInvalidField));
}

class ListIdentitiesTest : public ::testing::Test {
 protected:
  // Six people in two groups, three images each, and what must be skipped.
  ListIdentitiesTest() {
    std::string groups = "file,identity,group,notes\r\n";
    for (int person = 0; person < 6; ++person) {
      const std::string name = fmt::format("p{}", person);
      for (const char* file : {"1.jpg", "2.PNG", "3.webp"}) {
        folder_.Write("people/" + name + "/" + file, name);
      }
      groups += name + "/1.jpg," + name + (person < 3 ? ",F" : ",M") + ",\"a, b\"\r\n";
    }
    folder_.Write("people/p0/notes.txt", "no image");
    folder_.Write("people/bad/1.jpg", "no person");
    folder_.Write("people/README.md", "no folder");
    groups_file_ = folder_.Write("groups.csv", groups);
    options_.dir = folder_.path() / "people";
    options_.exclude = {"bad"};
  }

  ScratchFolder folder_;
  std::filesystem::path groups_file_;
  IdentityOptions options_;
};

TEST_F(ListIdentitiesTest, ListsEveryPairWhenThereAreFewerThanAskedFor) {
  const auto list = ListIdentities(options_);
  ASSERT_THAT(list, IsOk());
  EXPECT_EQ(list->identities, 6U);
  EXPECT_EQ(list->images.size(), 18U);
  EXPECT_EQ(Names(*list, list->mated).size(), 6U * 3);
  EXPECT_EQ(Names(*list, list->non_mated).size(), 15U * 9);
  EXPECT_EQ(list->mated.size(), 6U * 3);
  EXPECT_EQ(list->non_mated.size(), 15U * 9);
  EXPECT_EQ(list->non_mated_kind, "random");
}

TEST_F(ListIdentitiesTest, SamplesDistinctPairsOfTwoPeople) {
  options_.non_mated_pairs = 40;
  const auto list = ListIdentities(options_);
  ASSERT_THAT(list, IsOk());
  EXPECT_EQ(Names(*list, list->non_mated).size(), 40U);
  for (const auto& [a, b] : list->non_mated) {
    EXPECT_NE(list->images[a].identity, list->images[b].identity);
  }
  for (const auto& [a, b] : list->mated) {
    EXPECT_NE(a, b);
    EXPECT_EQ(list->images[a].identity, list->images[b].identity);
  }
}

TEST_F(ListIdentitiesTest, SamplesTheSamePairsForTheSameSeedOnly) {
  options_.non_mated_pairs = 40;
  const auto sample = [this](std::uint64_t seed) {
    options_.seed = seed;
    const auto list = ListIdentities(options_);
    return Names(*list, list->non_mated);
  };
  EXPECT_EQ(sample(5), sample(5));
  EXPECT_NE(sample(5), sample(6));
}

TEST_F(ListIdentitiesTest, SamplesEveryPairAboutEquallyOften) {
  options_.non_mated_pairs = 27;  // of 135: each pair in a fifth of the samples
  std::map<std::pair<std::string, std::string>, int> times;
  for (options_.seed = 1; options_.seed <= 500; ++options_.seed) {
    const auto list = ListIdentities(options_);
    ASSERT_THAT(list, IsOk());
    for (const auto& pair : Names(*list, list->non_mated)) ++times[pair];
  }
  ASSERT_EQ(times.size(), 135U);
  for (const auto& [pair, count] : times) EXPECT_NEAR(count, 100, 45) << pair.first;  // 5 sigma
}

TEST_F(ListIdentitiesTest, MatchesNonMatedPairsByGroup) {
  options_.groups_file = groups_file_;
  const auto list = ListIdentities(options_);
  ASSERT_THAT(list, IsOk());
  EXPECT_EQ(list->non_mated.size(), 2U * 3 * 9);
  EXPECT_EQ(list->non_mated_kind, "matched");
  for (const auto& [a, b] : list->non_mated) {
    EXPECT_EQ(list->images[a].path < "p3", list->images[b].path < "p3");
  }
}

TEST_F(ListIdentitiesTest, RefusesAnIdentityWithoutAGroupOrWithTwo) {
  options_.groups_file = folder_.Write("one.csv", "identity,group\np0,F\n");
  EXPECT_THAT(ListIdentities(options_), FailsWith(core::Reason::kInvalidField));
  options_.groups_file = folder_.Write("two.csv", "identity,group\np0,F\np0,M\n");
  const auto list = ListIdentities(options_);
  EXPECT_THAT(list, FailsWith(core::Reason::kInvalidField));
  EXPECT_THAT(std::string(list.status().message()), HasSubstr("two.csv line 3"));
}

TEST_F(ListIdentitiesTest, RefusesAGroupsFileThatItCannotRead) {
  for (const char* text :
       {"", "identity,notes\np0,F\n", "identity,group\np0\n", "identity,group\n\"p0\",F\n"}) {
    SCOPED_TRACE(text);
    options_.groups_file = folder_.Write("groups.csv", text);
    EXPECT_THAT(ListIdentities(options_), FailsWith(core::Reason::kInvalidField));
  }
}

TEST_F(ListIdentitiesTest, RefusesAMisspeltExclusionAndAnEmptyFolder) {
  options_.exclude = {"bda"};
  EXPECT_THAT(ListIdentities(options_), FailsWith(core::Reason::kInvalidField));
  options_.exclude = {};
  options_.dir = folder_.path() / "people/p0";
  EXPECT_THAT(ListIdentities(options_), FailsWith(core::Reason::kInvalidField));
  options_.dir = folder_.path() / "none";
  EXPECT_THAT(ListIdentities(options_), FailsWith(core::Reason::kInvalidField));
}

TEST(BundledFaces, AreListedWithoutTheBadCaptures) {
  const std::filesystem::path faces =
      std::filesystem::path(ENTRYEXIT_SOURCE_DIR) / "tests/data/faces";
  IdentityOptions options;
  options.dir = faces;
  options.exclude = {"bad"};
  options.groups_file = faces / "manifest.csv";
  const auto list = ListIdentities(options);
  ASSERT_THAT(list, IsOk());
  EXPECT_EQ(list->identities, 125U);
  EXPECT_EQ(list->images.size(), 500U);
  EXPECT_EQ(list->mated.size(), 750U);
}

}  // namespace
}  // namespace entryexit::evaluation
