#include "src/crypto/x509.h"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <utility>

#include "entryexit/core/reason.h"
#include "src/crypto/files.h"

namespace entryexit::crypto {
namespace {

using core::MakeError;
using core::Reason;

absl::StatusOr<PrivateKey> LoadKey(const std::filesystem::path& path) {
  const absl::StatusOr<std::string> pem = ReadSecretFile(path);
  if (!pem.ok()) return pem.status();
  PrivateKey key(PEM_read_bio_PrivateKey(ReadingBio(*pem).get(), nullptr, nullptr, nullptr));
  if (!key) {
    return MakeError(Reason::kConfigInvalid,
                     fmt::format("no private key in {}: {}", path.string(), LastError()));
  }
  return key;
}

}  // namespace

std::string Content(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

Bio ReadingBio(const std::string& content) {
  return Bio(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
}

absl::StatusOr<Certificate> LoadCertificate(const std::filesystem::path& path) {
  const Bio file(BIO_new_file(path.c_str(), "r"));
  Certificate certificate(file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr)
                               : nullptr);
  if (!certificate) {
    return MakeError(Reason::kConfigInvalid,
                     fmt::format("no certificate in {}: {}", path.string(), LastError()));
  }
  return certificate;
}

absl::StatusOr<Identity> LoadAuthority(const CertificateFiles& files) {
  absl::StatusOr<Certificate> certificate = LoadCertificate(files.certificate);
  if (!certificate.ok()) return certificate.status();
  absl::StatusOr<PrivateKey> key = LoadKey(files.key);
  if (!key.ok()) return key.status();
  if (X509_check_private_key(certificate->get(), key->get()) != 1) {
    return MakeError(Reason::kConfigInvalid,
                     fmt::format("{} is not the key of {}: {}", files.key.string(),
                                 files.certificate.string(), LastError()));
  }
  if (X509_check_ca(certificate->get()) != 1 ||
      X509_get0_subject_key_id(certificate->get()) == nullptr) {
    return MakeError(Reason::kConfigInvalid,
                     fmt::format("{} is no CA certificate (X.509 v3)", files.certificate.string()));
  }
  return Identity{*std::move(certificate), *std::move(key)};
}

}  // namespace entryexit::crypto
