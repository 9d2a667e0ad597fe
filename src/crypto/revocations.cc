#include "entryexit/crypto/revocations.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <optional>
#include <unordered_map>
#include <utility>

#include "entryexit/core/reason.h"
#include "src/crypto/files.h"
#include "src/crypto/x509.h"

namespace entryexit::crypto {
namespace {

using core::MakeError;
using core::Reason;

using Crl = Owned<X509_CRL, X509_CRL_free>;

constexpr int kListMode = 0644;
constexpr long kListValiditySeconds = 30L * 86400;

// All objects of a kind in a PEM file; none when one of them is damaged or there is no file.
template <typename Object, typename Read>
std::vector<Object> ReadAllPem(const std::filesystem::path& path, Read read) {
  ERR_clear_error();
  std::vector<Object> all;
  const Bio file(BIO_new_file(path.c_str(), "r"));
  while (file) {
    Object one(read(file.get(), nullptr, nullptr, nullptr));
    if (!one) break;
    all.push_back(std::move(one));
  }
  // After the last one the reader misses the beginning of another.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return at_end ? std::move(all) : std::vector<Object>();
}

bool IsSignedByOneOf(const std::vector<Certificate>& authorities, X509_CRL* crl) {
  return std::ranges::any_of(authorities, [&](const Certificate& authority) {
    return X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(authority.get())) == 0 &&
           X509_CRL_verify(crl, X509_get0_pubkey(authority.get())) == 1;
  });
}

bool Lists(X509_CRL* crl, X509* certificate) {
  X509_REVOKED* entry = nullptr;
  return X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(certificate)) == 0 &&
         X509_CRL_get0_by_cert(crl, &entry, certificate) == 1;
}

class ListImpl final : public RevocationList {
 public:
  explicit ListImpl(std::vector<Crl> lists) : lists_(std::move(lists)) {}

  absl::StatusOr<bool> Contains(const std::string& certificate_pem) const override {
    if (const std::optional<bool> known = Recall(certificate_pem)) return *known;
    const Certificate certificate(
        PEM_read_bio_X509(ReadingBio(certificate_pem).get(), nullptr, nullptr, nullptr));
    if (!certificate) return MakeError(Reason::kConfigInvalid, "not a certificate");
    const bool contains = std::ranges::any_of(
        lists_, [&](const Crl& crl) { return Lists(crl.get(), certificate.get()); });
    Remember(certificate_pem, contains);
    return contains;
  }

 private:
  // Of so many certificates, some kilobytes each, the answer is kept.
  static constexpr std::size_t kMostKnown = 1024;

  std::optional<bool> Recall(const std::string& certificate_pem) const EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    const auto found = known_.find(certificate_pem);
    if (found == known_.end()) return std::nullopt;
    return found->second;
  }

  void Remember(const std::string& certificate_pem, bool contains) const EXCLUDES(mutex_) {
    const core::MutexLock lock(mutex_);
    if (known_.size() >= kMostKnown) known_.clear();
    known_.emplace(certificate_pem, contains);
  }

  const std::vector<Crl> lists_;
  mutable core::Mutex mutex_;
  // The lists do not change, and every call asks anew: to read a certificate takes 0.1 to 0.3 ms.
  mutable std::unordered_map<std::string, bool> known_ GUARDED_BY(mutex_);
};

// Another inode, size or time of change is another state of the file.
std::string VersionOf(const std::filesystem::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return "";
  return fmt::format("{} {} {}.{}", status.st_ino, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec);
}

// The list in `file`, or a new one when there is no file.
absl::StatusOr<Crl> ListToAddTo(const std::filesystem::path& file, const Identity& authority) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    Crl made(X509_CRL_new());
    OrDie(X509_CRL_set_version(made.get(), X509_CRL_VERSION_2));
    OrDie(X509_CRL_set_issuer_name(made.get(), X509_get_subject_name(authority.certificate.get())));
    return made;
  }
  std::vector<Crl> lists = ReadAllPem<Crl>(file, PEM_read_bio_X509_CRL);
  if (lists.size() != 1 || X509_CRL_verify(lists.front().get(), authority.key.get()) != 1) {
    return MakeError(Reason::kConfigInvalid,
                     fmt::format("{} is not a revocation list of this authority", file.string()));
  }
  return std::move(lists.front());
}

void Add(X509_CRL* crl, const X509* certificate) {
  Owned<X509_REVOKED, X509_REVOKED_free> entry(X509_REVOKED_new());
  const Owned<ASN1_TIME, ASN1_TIME_free> now(X509_gmtime_adj(nullptr, 0));
  OrDie(X509_REVOKED_set_serialNumber(
      entry.get(), const_cast<ASN1_INTEGER*>(X509_get0_serialNumber(certificate))));
  OrDie(X509_REVOKED_set_revocationDate(entry.get(), now.get()));
  OrDie(X509_CRL_add0_revoked(crl, entry.release()));
}

// Dates the list anew, gives it the next number and signs it.
void Finish(X509_CRL* crl, const Identity& authority) {
  const Owned<ASN1_TIME, ASN1_TIME_free> now(X509_gmtime_adj(nullptr, 0));
  const Owned<ASN1_TIME, ASN1_TIME_free> next(X509_gmtime_adj(nullptr, kListValiditySeconds));
  OrDie(X509_CRL_set1_lastUpdate(crl, now.get()));
  OrDie(X509_CRL_set1_nextUpdate(crl, next.get()));
  const Owned<ASN1_INTEGER, ASN1_INTEGER_free> last(
      static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(crl, NID_crl_number, nullptr, nullptr)));
  const Owned<ASN1_INTEGER, ASN1_INTEGER_free> number(ASN1_INTEGER_new());
  OrDie(ASN1_INTEGER_set(number.get(), last ? ASN1_INTEGER_get(last.get()) + 1 : 1));
  OrDie(X509_CRL_add1_ext_i2d(crl, NID_crl_number, number.get(), 0, X509V3_ADD_REPLACE));
  OrDie(X509_CRL_sort(crl));
  OrDie(X509_CRL_sign(crl, authority.key.get(), EVP_sha256()) > 0);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const RevocationList>> RevocationList::Read(
    const std::filesystem::path& file, const std::filesystem::path& authorities) {
  std::vector<Crl> lists = ReadAllPem<Crl>(file, PEM_read_bio_X509_CRL);
  if (lists.empty()) {
    return MakeError(Reason::kConfigInvalid,
                     fmt::format("no certificate revocation list in {}", file.string()));
  }
  const auto signers = ReadAllPem<Certificate>(authorities, PEM_read_bio_X509);
  for (const Crl& crl : lists) {
    if (!IsSignedByOneOf(signers, crl.get())) {
      return MakeError(Reason::kConfigInvalid,
                       fmt::format("a revocation list in {} is not signed by an authority of {}",
                                   file.string(), authorities.string()));
    }
  }
  return std::make_shared<const ListImpl>(std::move(lists));
}

absl::StatusOr<std::unique_ptr<Revocations>> Revocations::Watch(
    std::filesystem::path file, std::filesystem::path authorities,
    std::chrono::milliseconds look_every, std::function<void(const absl::Status&)> report) {
  auto list = RevocationList::Read(file, authorities);
  if (!list.ok()) return list.status();
  return std::unique_ptr<Revocations>(new Revocations(
      std::move(file), std::move(authorities), look_every, *std::move(list), std::move(report)));
}

Revocations::Revocations(std::filesystem::path file, std::filesystem::path authorities,
                         std::chrono::milliseconds look_every,
                         std::shared_ptr<const RevocationList> list,
                         std::function<void(const absl::Status&)> report)
    : file_(std::move(file)),
      authorities_(std::move(authorities)),
      look_every_(look_every),
      report_(std::move(report)),
      list_(std::move(list)) {}

absl::Status Revocations::Check(const std::string& certificate_pem) {
  const absl::StatusOr<bool> revoked = Current()->Contains(certificate_pem);
  if (revoked.ok() && !*revoked) return absl::OkStatus();
  return MakeError(Reason::kCertificateRevoked,
                   revoked.ok() ? "the client's certificate was revoked"
                                : "the client's certificate cannot be looked up in the list of "
                                  "those revoked");
}

std::shared_ptr<const RevocationList> Revocations::Current() {
  const core::Deadline now = std::chrono::steady_clock::now();
  const core::MutexLock lock(mutex_);
  if (now < next_look_) return list_;
  next_look_ = now + look_every_;
  const std::string version = VersionOf(file_);
  if (version == version_) return list_;
  const auto read = RevocationList::Read(file_, authorities_);
  if (read.ok()) {
    list_ = *read;
    version_ = version;
  }
  if (read.status() != told_) report_(read.status());
  told_ = read.status();
  return list_;
}

absl::Status Revoke(const CertificateFiles& authority_files,
                    const std::filesystem::path& certificate_file,
                    const std::filesystem::path& list) {
  const absl::StatusOr<Identity> authority = LoadAuthority(authority_files);
  if (!authority.ok()) return authority.status();
  const absl::StatusOr<Certificate> certificate = LoadCertificate(certificate_file);
  if (!certificate.ok()) return certificate.status();
  if (X509_verify(certificate->get(), authority->key.get()) != 1) {
    return MakeError(Reason::kConfigInvalid,
                     fmt::format("{} was not issued by this authority", certificate_file.string()));
  }
  const absl::StatusOr<Crl> crl = ListToAddTo(list, *authority);
  if (!crl.ok()) return crl.status();
  if (Lists(crl->get(), certificate->get())) return absl::OkStatus();
  Add(crl->get(), certificate->get());
  Finish(crl->get(), *authority);
  const Bio pem(BIO_new(BIO_s_mem()));
  OrDie(PEM_write_bio_X509_CRL(pem.get(), crl->get()));
  return ReplaceFile(list, Content(pem.get()), kListMode);
}

}  // namespace entryexit::crypto
