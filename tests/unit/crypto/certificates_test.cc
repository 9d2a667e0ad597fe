#include "entryexit/crypto/certificates.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <sstream>

#include "entryexit/core/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace entryexit::crypto {
namespace {

using core::Reason;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::TempDir;

using CertificatePtr = std::unique_ptr<X509, decltype(&X509_free)>;

constexpr char kLaneUri[] = "entryexit://lane/SEA-A12";

CertificatePtr Load(const std::filesystem::path& path) {
  BIO* const file = BIO_new_file(path.c_str(), "r");
  X509* const certificate = PEM_read_bio_X509(file, nullptr, nullptr, nullptr);
  BIO_free(file);
  return CertificatePtr(certificate, X509_free);
}

// X509_V_OK, or why OpenSSL does not trust `leaf` for `purpose` when it trusts `authority`.
int Verify(const std::filesystem::path& authority, const std::filesystem::path& leaf, int purpose) {
  const CertificatePtr root = Load(authority);
  const CertificatePtr certificate = Load(leaf);
  X509_STORE* const store = X509_STORE_new();
  X509_STORE_add_cert(store, root.get());
  X509_STORE_CTX* const context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, certificate.get(), nullptr);
  X509_STORE_CTX_set_purpose(context, purpose);
  X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT);
  const int verified = X509_verify_cert(context);
  const int error = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  EXPECT_EQ(verified == 1, error == X509_V_OK);
  return error;
}

std::string Content(const std::filesystem::path& path) {
  std::ostringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

class CertificatesTest : public ::testing::Test {
 protected:
  CertificatesTest() { EXPECT_THAT(CreateAuthority(authority_, IfExists::kRefuse), IsOk()); }

  CertificateFiles Files(const std::string& name) const {
    return {dir_.path() / "certs" / (name + ".pem"), dir_.path() / "certs" / (name + ".key")};
  }

  absl::Status IssueServer(const ServerNames& names, int days = 30) const {
    return IssueServerCertificate(authority_, names, days, server_, IfExists::kRefuse);
  }

  absl::Status IssueLane(int days = 30, IfExists if_exists = IfExists::kRefuse) const {
    return IssueClientCertificate(authority_, kLaneUri, days, lane_, if_exists);
  }

  TempDir dir_;
  CertificateFiles authority_ = Files("ca");
  CertificateFiles server_ = Files("server");
  CertificateFiles lane_ = Files("lane");
};

TEST_F(CertificatesTest, AServerCertificateVerifiesForServersOnly) {
  ASSERT_THAT(IssueServer({.dns_names = {"localhost"}, .ip_addresses = {"127.0.0.1", "::1"}}),
              IsOk());
  EXPECT_EQ(Verify(authority_.certificate, server_.certificate, X509_PURPOSE_SSL_SERVER),
            X509_V_OK);
  EXPECT_EQ(Verify(authority_.certificate, server_.certificate, X509_PURPOSE_SSL_CLIENT),
            X509_V_ERR_INVALID_PURPOSE);
}

TEST_F(CertificatesTest, AServerCertificateNamesItsHosts) {
  ASSERT_THAT(IssueServer({.dns_names = {"localhost", "*.entry.test"},
                           .ip_addresses = {"127.0.0.1", "::1"}}),
              IsOk());
  const CertificatePtr server = Load(server_.certificate);
  for (const char* host : {"localhost", "node1.entry.test"}) {
    EXPECT_EQ(X509_check_host(server.get(), host, 0, 0, nullptr), 1) << host;
  }
  EXPECT_EQ(X509_check_host(server.get(), "elsewhere.test", 0, 0, nullptr), 0);
  for (const char* address : {"127.0.0.1", "::1"}) {
    EXPECT_EQ(X509_check_ip_asc(server.get(), address, 0), 1) << address;
  }
  EXPECT_EQ(X509_check_ip_asc(server.get(), "127.0.0.2", 0), 0);
}

TEST_F(CertificatesTest, AClientCertificateVerifiesForClientsOnly) {
  ASSERT_THAT(IssueLane(), IsOk());
  EXPECT_EQ(Verify(authority_.certificate, lane_.certificate, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
  EXPECT_EQ(Verify(authority_.certificate, lane_.certificate, X509_PURPOSE_SSL_SERVER),
            X509_V_ERR_INVALID_PURPOSE);
}

TEST_F(CertificatesTest, AnotherAuthorityDoesNotVouchForIt) {
  const CertificateFiles other = Files("other-ca");
  ASSERT_THAT(CreateAuthority(other, IfExists::kRefuse), IsOk());
  ASSERT_THAT(IssueLane(), IsOk());
  EXPECT_NE(Verify(other.certificate, lane_.certificate, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
}

TEST_F(CertificatesTest, ALeafCannotActAsAnAuthority) {
  ASSERT_THAT(IssueLane(), IsOk());
  EXPECT_THAT(IssueClientCertificate(lane_, kLaneUri, 30, Files("forged"), IfExists::kRefuse),
              FailsWith(Reason::kConfigInvalid));
}

TEST_F(CertificatesTest, ReadsBackTheClientsNameAndValidity) {
  ASSERT_THAT(IssueLane(7), IsOk());
  const auto info = ReadCertificate(lane_.certificate);
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->subject, "CN=lane/SEA-A12");
  EXPECT_EQ(info->uri, kLaneUri);
  const core::Timestamp now = core::SystemClock().Now();
  EXPECT_LT(info->not_before, now);
  EXPECT_GT(info->not_after, now + std::chrono::days(6));
  EXPECT_LE(info->not_after, now + std::chrono::days(7));
}

TEST_F(CertificatesTest, TheAuthorityIsValidForTenYearsAndHasNoUri) {
  const auto info = ReadCertificate(authority_.certificate);
  ASSERT_THAT(info, IsOk());
  EXPECT_EQ(info->subject, "CN=Entryexit throw-away CA");
  EXPECT_EQ(info->uri, std::nullopt);
  EXPECT_GT(info->not_after, core::SystemClock().Now() + std::chrono::days(3649));
}

TEST_F(CertificatesTest, SerialsDiffer) {
  ASSERT_THAT(IssueLane(), IsOk());
  const auto first = ReadCertificate(lane_.certificate);
  ASSERT_THAT(IssueLane(30, IfExists::kReplace), IsOk());
  const auto second = ReadCertificate(lane_.certificate);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(first->serial.size(), 40U);
  EXPECT_NE(first->serial, second->serial);
}

TEST_F(CertificatesTest, KeysAndDirectoriesAreForTheOwnerAlone) {
  using std::filesystem::perms;
  ASSERT_THAT(IssueLane(), IsOk());
  for (const auto& key : {authority_.key, lane_.key}) {
    EXPECT_EQ(std::filesystem::status(key).permissions(), perms::owner_read | perms::owner_write);
  }
  EXPECT_EQ(std::filesystem::status(lane_.key.parent_path()).permissions(), perms::owner_all);
}

TEST_F(CertificatesTest, DoesNotOverwriteUnlessTold) {
  ASSERT_THAT(IssueLane(), IsOk());
  const std::string key = Content(lane_.key);
  const std::string certificate = Content(lane_.certificate);
  EXPECT_THAT(IssueLane(), FailsWith(Reason::kConfigInvalid));
  std::filesystem::remove(lane_.key);
  EXPECT_THAT(IssueLane(), FailsWith(Reason::kConfigInvalid)) << "with the certificate alone there";
  EXPECT_FALSE(std::filesystem::exists(lane_.key));
  EXPECT_EQ(Content(lane_.certificate), certificate);

  EXPECT_THAT(IssueLane(30, IfExists::kReplace), IsOk());
  EXPECT_NE(Content(lane_.key), key);
  EXPECT_NE(Content(lane_.certificate), certificate);
  EXPECT_EQ(Verify(authority_.certificate, lane_.certificate, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
}

TEST_F(CertificatesTest, RefusesNamesThatAreNone) {
  EXPECT_THAT(IssueServer({}), FailsWith(Reason::kConfigInvalid));
  for (const char* name : {"", "a,DNS:b", "a b", "*"}) {
    EXPECT_THAT(IssueServer({.dns_names = {name}, .ip_addresses = {}}),
                FailsWith(Reason::kConfigInvalid))
        << name;
  }
  for (const char* address : {"", "localhost", "127.0.0.256"}) {
    EXPECT_THAT(IssueServer({.dns_names = {}, .ip_addresses = {address}}),
                FailsWith(Reason::kConfigInvalid))
        << address;
  }
  for (const std::string& uri :
       {std::string("https://lane/SEA"), std::string("entryexit://lane"),
        std::string("entryexit://lane/"), std::string("entryexit:///SEA"),
        std::string("entryexit://lane/a/b"), std::string("entryexit://lane/a b"),
        "entryexit://lane/" + std::string(60, 'a')}) {
    EXPECT_THAT(IssueClientCertificate(authority_, uri, 30, lane_, IfExists::kRefuse),
                FailsWith(Reason::kConfigInvalid))
        << uri;
  }
}

TEST_F(CertificatesTest, RefusesAValidityOutOfRange) {
  for (const int days : {-1, 0, kMaxValidityDays + 1}) {
    EXPECT_THAT(IssueLane(days), FailsWith(Reason::kConfigInvalid)) << days;
  }
  EXPECT_THAT(IssueLane(kMaxValidityDays), IsOk());
}

TEST_F(CertificatesTest, RefusesAnAuthorityWhoseKeyOthersMayRead) {
  std::filesystem::permissions(authority_.key, std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  const absl::Status status = IssueLane();
  EXPECT_THAT(status, FailsWith(Reason::kKeyUnavailable));
  EXPECT_THAT(status.ToString(), HasSubstr(authority_.key.string()));
}

TEST_F(CertificatesTest, RefusesAnAuthorityWithAnothersKey) {
  const CertificateFiles other = Files("other-ca");
  ASSERT_THAT(CreateAuthority(other, IfExists::kRefuse), IsOk());
  const CertificateFiles mixed{authority_.certificate, other.key};
  EXPECT_THAT(IssueClientCertificate(mixed, kLaneUri, 30, lane_, IfExists::kRefuse),
              FailsWith(Reason::kConfigInvalid));
}

TEST_F(CertificatesTest, RefusesToReadWhatIsNoCertificate) {
  EXPECT_THAT(ReadCertificate(dir_.path() / "absent"), FailsWith(Reason::kConfigInvalid));
  EXPECT_THAT(ReadCertificate(authority_.key), FailsWith(Reason::kConfigInvalid));
}

}  // namespace
}  // namespace entryexit::crypto
