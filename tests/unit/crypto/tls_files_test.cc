#include "entryexit/crypto/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "entryexit/core/reason.h"
#include "tests/support/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::crypto {
namespace {

using core::Reason;
using testing::FailsWith;
using testing::IsOk;
using testing::ReadAll;

class TlsFilesTest : public ::testing::Test {
 protected:
  TlsFilesTest() {
    EXPECT_THAT(CreateAuthority(FilesOf("ca"), IfExists::kRefuse), IsOk());
    IssueServer("server");
  }

  CertificateFiles FilesOf(const std::string& name) const {
    return {directory_.path() / (name + ".pem"), directory_.path() / (name + ".key")};
  }
  void IssueServer(const std::string& name) const {
    EXPECT_THAT(IssueServerCertificate(FilesOf("ca"), {{"localhost"}, {}}, 1, FilesOf(name),
                                       IfExists::kReplace),
                IsOk());
  }
  absl::StatusOr<std::unique_ptr<TlsFiles>> Open() const {
    return TlsFiles::Open(FilesOf("server"), FilesOf("ca").certificate);
  }
  std::string ServerPem() const {
    return ReadAll(FilesOf("server").certificate) + "\n" + ReadAll(FilesOf("server").key);
  }

  const testing::TempDir directory_;
};

TEST_F(TlsFilesTest, HandOnWhatIsInTheFiles) {
  const auto files = Open();
  ASSERT_THAT(files, IsOk());
  EXPECT_EQ(ReadAll((*files)->identity_path()), ServerPem());
  EXPECT_EQ(ReadAll((*files)->authorities_path()), ReadAll(FilesOf("ca").certificate));
  const auto changed = (*files)->Refresh();
  ASSERT_THAT(changed, IsOk());
  EXPECT_FALSE(*changed);
}

TEST_F(TlsFilesTest, HandOnWhatIsNewUnderTheSamePath) {
  const auto files = Open();
  ASSERT_THAT(files, IsOk());
  const std::string path = (*files)->identity_path();
  IssueServer("server");
  const auto changed = (*files)->Refresh();
  ASSERT_THAT(changed, IsOk());
  EXPECT_TRUE(*changed);
  EXPECT_EQ((*files)->identity_path(), path);
  EXPECT_EQ(ReadAll(path), ServerPem());
}

TEST_F(TlsFilesTest, KeepWhatFitsUntilAllOfTheNewFits) {
  const auto files = Open();
  ASSERT_THAT(files, IsOk());
  const std::string before = ServerPem();
  IssueServer("next");
  std::filesystem::copy_file(FilesOf("next").certificate, FilesOf("server").certificate,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT((*files)->Refresh(), FailsWith(Reason::kConfigInvalid));
  EXPECT_EQ(ReadAll((*files)->identity_path()), before);
  std::filesystem::copy_file(FilesOf("next").key, FilesOf("server").key,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT((*files)->Refresh(), IsOk());
  EXPECT_EQ(ReadAll((*files)->identity_path()), ServerPem());
  std::ofstream(FilesOf("ca").certificate) << "";
  EXPECT_THAT((*files)->Refresh(), FailsWith(Reason::kConfigInvalid));
  EXPECT_NE(ReadAll((*files)->authorities_path()), "");
}

TEST_F(TlsFilesTest, AreRefusedWhenTheyAreMissingOrDoNotFit) {
  IssueServer("other");
  EXPECT_THAT(TlsFiles::Open({FilesOf("server").certificate, FilesOf("other").key},
                             FilesOf("ca").certificate),
              FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(TlsFiles::Open(FilesOf("server"), FilesOf("ca").key),
              FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(TlsFiles::Open(FilesOf("none"), FilesOf("ca").certificate),
              FailsWith(Reason::kConfigInvalid));
}

}  // namespace
}  // namespace entryexit::crypto
