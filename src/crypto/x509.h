#ifndef ENTRYEXIT_SRC_CRYPTO_X509_H_
#define ENTRYEXIT_SRC_CRYPTO_X509_H_

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "entryexit/crypto/certificates.h"
#include "src/crypto/openssl.h"

// Certificates and their keys in OpenSSL's hands; private to the crypto module.
namespace entryexit::crypto {

using Bio = Owned<BIO, BIO_free_all>;
using Certificate = Owned<X509, X509_free>;
using PrivateKey = Owned<EVP_PKEY, EVP_PKEY_free>;

struct Identity {
  Certificate certificate;
  PrivateKey key;
};

// What was written to a memory BIO.
std::string Content(BIO* bio);
// `content` must outlive what is returned.
Bio ReadingBio(const std::string& content);

// The first certificate of a PEM file. Errors: CONFIG_INVALID.
absl::StatusOr<Certificate> LoadCertificate(const std::filesystem::path& path);
// Errors: CONFIG_INVALID for what is not a CA certificate and its key; KEY_UNAVAILABLE.
absl::StatusOr<Identity> LoadAuthority(const CertificateFiles& files);

}  // namespace entryexit::crypto

#endif  // ENTRYEXIT_SRC_CRYPTO_X509_H_
