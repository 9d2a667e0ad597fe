#include "entryexit/crypto/digest.h"

#include <gtest/gtest.h>

#include <set>

#include "entryexit/core/ids.h"

namespace entryexit::crypto {
namespace {

TEST(Sha256Hex, GivesThePublishedVectors) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(GitBlobIdHex, GivesTheIdsThatGitGives) {
  EXPECT_EQ(GitBlobIdHex(""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  EXPECT_EQ(GitBlobIdHex("hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
}

TEST(NewUuid, IsACanonicalVersion4UuidThatDoesNotRepeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = NewUuid();
    EXPECT_TRUE(core::IsUuid(uuid)) << uuid;
    EXPECT_EQ(uuid[14], '4') << uuid;
    EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
    EXPECT_TRUE(seen.insert(uuid).second) << uuid;
  }
}

TEST(NewTimeOrderedUuid, IsACanonicalVersion7UuidThatBeginsWithTheTime) {
  using std::chrono::milliseconds;
  // The example of RFC 9562, A.6.
  const std::chrono::system_clock::time_point time(milliseconds(0x017F22E279B0));
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = NewTimeOrderedUuid(time);
    EXPECT_TRUE(core::IsUuid(uuid)) << uuid;
    EXPECT_EQ(uuid.substr(0, 15), "017f22e2-79b0-7") << uuid;
    EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
    EXPECT_TRUE(seen.insert(uuid).second) << uuid;
    EXPECT_LT(uuid, NewTimeOrderedUuid(time + milliseconds(1)));
  }
}

TEST(Sha256Stream, GivesTheDigestOfTheWholeHoweverItIsCut) {
  Sha256Stream stream;
  for (const char* piece : {"", "a", "", "bc"}) stream.Add(piece);
  EXPECT_EQ(stream.Hex(), Sha256Hex("abc"));
  EXPECT_EQ(Sha256Stream().Hex(), Sha256Hex(""));
}

TEST(DeterministicUuid, NeverChangesForAName) {
  // The first 16 bytes of the SHA-256 of "abc" with the version and variant bits put in. Stored
  // rows are found by these ids, so another result here means another algorithm and lost rows.
  EXPECT_EQ(DeterministicUuid("abc"), "ba7816bf-8f01-8fea-8141-40de5dae2223");
}

TEST(DeterministicUuid, DiffersBetweenNames) {
  EXPECT_NE(DeterministicUuid("UTO\x1fL898902C3"), DeterministicUuid("UTO\x1fL898902C4"));
  EXPECT_TRUE(core::IsUuid(DeterministicUuid("")));
}

}  // namespace
}  // namespace entryexit::crypto
