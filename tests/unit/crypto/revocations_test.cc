#include "entryexit/crypto/revocations.h"

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

constexpr std::chrono::milliseconds kAlways{0};

void Ignore(const absl::Status&) {}

class RevocationsTest : public ::testing::Test {
 protected:
  RevocationsTest() { EXPECT_THAT(CreateAuthority(authority_, IfExists::kRefuse), IsOk()); }

  CertificateFiles FilesOf(const std::string& name) const {
    return {directory_.path() / (name + ".pem"), directory_.path() / (name + ".key")};
  }

  // The file of a new client's certificate.
  std::filesystem::path Issue(const std::string& name, const CertificateFiles& authority) const {
    EXPECT_THAT(IssueClientCertificate(authority, "entryexit://lane/" + name, 1, FilesOf(name),
                                       IfExists::kRefuse),
                IsOk());
    return FilesOf(name).certificate;
  }
  std::filesystem::path Issue(const std::string& name) const { return Issue(name, authority_); }

  bool IsListed(const std::filesystem::path& certificate) const {
    const auto list = RevocationList::Read(list_, authority_.certificate);
    EXPECT_THAT(list, IsOk());
    return (*list)->Contains(ReadAll(certificate)).value();
  }

  const testing::TempDir directory_;
  const CertificateFiles authority_ = FilesOf("ca");
  const std::filesystem::path list_ = directory_.path() / "revoked.pem";
};

TEST_F(RevocationsTest, ListsWhatWasRevokedAndNothingElse) {
  const auto a = Issue("a");
  const auto b = Issue("b");
  const auto c = Issue("c");
  ASSERT_THAT(Revoke(authority_, a, list_), IsOk());
  EXPECT_TRUE(IsListed(a));
  EXPECT_FALSE(IsListed(b));
  ASSERT_THAT(Revoke(authority_, b, list_), IsOk());
  EXPECT_TRUE(IsListed(a));
  EXPECT_TRUE(IsListed(b));
  EXPECT_FALSE(IsListed(c));
}

TEST_F(RevocationsTest, AnswersTheSameHoweverManyCertificatesAreAskedFor) {
  const std::string revoked = ReadAll(Issue("a"));
  const std::string other = ReadAll(Issue("b"));
  ASSERT_THAT(Revoke(authority_, FilesOf("a").certificate, list_), IsOk());
  const auto list = RevocationList::Read(list_, authority_.certificate);
  ASSERT_THAT(list, IsOk());
  // What comes before a certificate in a file makes it another text.
  for (int i = 0; i < 3000; ++i) {
    const std::string comment = std::to_string(i) + "\n";
    EXPECT_TRUE((*list)->Contains(comment + revoked).value());
    EXPECT_FALSE((*list)->Contains(comment + other).value());
    EXPECT_TRUE((*list)->Contains(revoked).value());
  }
}

TEST_F(RevocationsTest, RevokingTwiceChangesNothing) {
  const auto a = Issue("a");
  ASSERT_THAT(Revoke(authority_, a, list_), IsOk());
  const std::string before = ReadAll(list_);
  EXPECT_THAT(Revoke(authority_, a, list_), IsOk());
  EXPECT_EQ(ReadAll(list_), before);
}

TEST_F(RevocationsTest, OnlyTheAuthoritysOwnCertificatesCanBeRevoked) {
  const CertificateFiles other = FilesOf("other");
  ASSERT_THAT(CreateAuthority(other, IfExists::kRefuse), IsOk());
  const auto stranger = Issue("stranger", other);
  EXPECT_THAT(Revoke(authority_, stranger, list_), FailsWith(Reason::kConfigInvalid));
  EXPECT_FALSE(std::filesystem::exists(list_));
  ASSERT_THAT(Revoke(other, stranger, list_), IsOk());
  EXPECT_THAT(RevocationList::Read(list_, authority_.certificate),
              FailsWith(Reason::kConfigInvalid))
      << "another authority's list";
  EXPECT_THAT(Revoke(authority_, Issue("a"), list_), FailsWith(Reason::kConfigInvalid));
}

TEST_F(RevocationsTest, AListThatWasTamperedWithIsRefused) {
  ASSERT_THAT(Revoke(authority_, Issue("a"), list_), IsOk());
  std::string text = ReadAll(list_);
  char& c = text[text.size() / 2];
  c = c == 'A' ? 'B' : 'A';
  std::ofstream(list_) << text;
  EXPECT_THAT(RevocationList::Read(list_, authority_.certificate),
              FailsWith(Reason::kConfigInvalid));
  std::ofstream(list_) << "";
  EXPECT_THAT(RevocationList::Read(list_, authority_.certificate),
              FailsWith(Reason::kConfigInvalid));
}

TEST_F(RevocationsTest, AFileThatChangesIsReadAgainAndABrokenOneIsNot) {
  const auto a = Issue("a");
  const auto b = Issue("b");
  ASSERT_THAT(Revoke(authority_, a, list_), IsOk());
  std::vector<bool> told;
  const auto revocations =
      Revocations::Watch(list_, authority_.certificate, kAlways,
                         [&](const absl::Status& read) { told.push_back(read.ok()); });
  ASSERT_THAT(revocations, IsOk());
  EXPECT_THAT((*revocations)->Check(ReadAll(a)), FailsWith(Reason::kCertificateRevoked));
  EXPECT_THAT((*revocations)->Check(ReadAll(b)), IsOk());
  ASSERT_THAT(Revoke(authority_, b, list_), IsOk());
  EXPECT_THAT((*revocations)->Check(ReadAll(b)), FailsWith(Reason::kCertificateRevoked));
  std::ofstream(list_) << "damaged";
  EXPECT_THAT((*revocations)->Check(ReadAll(b)), FailsWith(Reason::kCertificateRevoked));
  std::filesystem::remove(list_);
  EXPECT_THAT((*revocations)->Check(ReadAll(b)), FailsWith(Reason::kCertificateRevoked));
  EXPECT_EQ(told, std::vector<bool>{false});
}

TEST_F(RevocationsTest, AFileOfWhichOneListIsDamagedIsRefusedAsAWhole) {
  ASSERT_THAT(Revoke(authority_, Issue("a"), list_), IsOk());
  const std::string text = ReadAll(list_);
  std::ofstream(list_) << text << text.substr(0, text.size() / 2);
  EXPECT_THAT(RevocationList::Read(list_, authority_.certificate),
              FailsWith(Reason::kConfigInvalid));
  std::ofstream(list_) << text << text;
  EXPECT_THAT(RevocationList::Read(list_, authority_.certificate), IsOk());
}

TEST_F(RevocationsTest, WhatIsNoCertificateIsRefused) {
  ASSERT_THAT(Revoke(authority_, Issue("a"), list_), IsOk());
  const auto revocations = Revocations::Watch(list_, authority_.certificate, kAlways, Ignore);
  ASSERT_THAT(revocations, IsOk());
  EXPECT_THAT((*revocations)->Check("not PEM"), FailsWith(Reason::kCertificateRevoked));
}

TEST_F(RevocationsTest, AMissingListIsAnErrorAtTheStart) {
  EXPECT_THAT(Revocations::Watch(list_, authority_.certificate, kAlways, Ignore),
              FailsWith(Reason::kConfigInvalid));
}

}  // namespace
}  // namespace entryexit::crypto
