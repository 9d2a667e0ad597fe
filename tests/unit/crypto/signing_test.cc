#include "entryexit/crypto/signing.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::crypto {
namespace {

using core::Reason;
using testing::FailsWith;
using testing::IsOk;
using testing::TempDir;

SigningKeyFiles FilesNamed(const TempDir& directory, const std::string& name) {
  return {directory.path() / (name + ".key"), directory.path() / (name + ".pub")};
}

TEST(SigningTest, WhatWasSignedIsVerifiedByThePublicHalfAlone) {
  const TempDir directory;
  const SigningKeyFiles files = FilesNamed(directory, "audit");
  ASSERT_THAT(WriteNewSigningKey(files), IsOk());
  const auto signer = OpenSigner(files.private_key);
  const auto key = PublicKey::Read(files.public_key);
  ASSERT_THAT(signer, IsOk());
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ((*signer)->key_id(), key->key_id());
  EXPECT_EQ(key->key_id().size(), 16U);
  const std::string signature = (*signer)->Sign("a checkpoint");
  EXPECT_EQ(signature.size(), 128U);
  EXPECT_TRUE(key->Verifies("a checkpoint", signature));
  EXPECT_FALSE(key->Verifies("a checkpoinT", signature));
  EXPECT_FALSE(key->Verifies("", signature));
  for (size_t i = 0; i < signature.size(); i += 9) {
    std::string forged = signature;
    forged[i] = forged[i] == '0' ? '1' : '0';
    EXPECT_FALSE(key->Verifies("a checkpoint", forged)) << i;
  }
  for (const std::string& no_signature :
       {std::string(), signature.substr(1), signature + "0", std::string(128, 'x')}) {
    EXPECT_FALSE(key->Verifies("a checkpoint", no_signature));
  }
}

TEST(SigningTest, AnotherKeyHasAnotherIdAndDoesNotVerify) {
  const TempDir directory;
  ASSERT_THAT(WriteNewSigningKey(FilesNamed(directory, "a")), IsOk());
  ASSERT_THAT(WriteNewSigningKey(FilesNamed(directory, "b")), IsOk());
  const auto signer = OpenSigner(FilesNamed(directory, "a").private_key);
  const auto other = PublicKey::Read(FilesNamed(directory, "b").public_key);
  ASSERT_THAT(signer, IsOk());
  ASSERT_THAT(other, IsOk());
  EXPECT_NE((*signer)->key_id(), other->key_id());
  EXPECT_FALSE(other->Verifies("x", (*signer)->Sign("x")));
}

TEST(SigningTest, KeysAreNeverOverwrittenAndReadByTheirOwnerAlone) {
  const TempDir directory;
  const SigningKeyFiles files = FilesNamed(directory, "audit");
  ASSERT_THAT(WriteNewSigningKey(files), IsOk());
  const std::string before = testing::ReadAll(files.private_key);
  EXPECT_THAT(WriteNewSigningKey(files), FailsWith(Reason::kConfigInvalid));
  EXPECT_EQ(testing::ReadAll(files.private_key), before);
  namespace fs = std::filesystem;
  fs::permissions(files.private_key, fs::perms::group_read, fs::perm_options::add);
  EXPECT_THAT(OpenSigner(files.private_key), FailsWith(Reason::kKeyUnavailable));
}

TEST(SigningTest, NoHalfOfAPairIsLeftBehind) {
  const TempDir directory;
  const SigningKeyFiles files = FilesNamed(directory, "audit");
  std::ofstream(files.public_key) << "somebody's";
  EXPECT_THAT(WriteNewSigningKey(files), FailsWith(Reason::kConfigInvalid));
  EXPECT_FALSE(std::filesystem::exists(files.private_key));
  EXPECT_EQ(testing::ReadAll(files.public_key), "somebody's");
  std::filesystem::remove(files.public_key);
  EXPECT_THAT(WriteNewSigningKey(files), IsOk());
}

TEST(SigningTest, WhatIsNoKeyIsRefused) {
  const TempDir directory;
  const SigningKeyFiles files = FilesNamed(directory, "audit");
  ASSERT_THAT(WriteNewSigningKey(files), IsOk());
  EXPECT_THAT(OpenSigner(directory.path() / "none"), FailsWith(Reason::kKeyUnavailable));
  EXPECT_THAT(PublicKey::Read(directory.path() / "none"), FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(PublicKey::Read(files.private_key), FailsWith(Reason::kConfigInvalid));
  std::ofstream(files.private_key) << testing::ReadAll(files.public_key);
  EXPECT_THAT(OpenSigner(files.private_key), FailsWith(Reason::kKeyUnavailable));
}

}  // namespace
}  // namespace entryexit::crypto
