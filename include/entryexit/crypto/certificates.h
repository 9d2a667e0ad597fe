#ifndef ENTRYEXIT_CRYPTO_CERTIFICATES_H_
#define ENTRYEXIT_CRYPTO_CERTIFICATES_H_

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "entryexit/core/clock.h"

// A throw-away certificate authority for demos, tests and first installations: EC P-256 keys that
// lie unencrypted on disk. All functions are thread-safe for different files and block on the disk.
namespace entryexit::crypto {

// A certificate and its private key as PEM files.
struct CertificateFiles {
  std::filesystem::path certificate;  // written with mode 0644
  std::filesystem::path key;          // written with mode 0600, PKCS #8
};

enum class IfExists {
  kRefuse,   // an error when either file exists; nothing is changed
  kReplace,  // each file is replaced in one step
};

constexpr int kMaxValidityDays = 3650;  // the authority's own, and the most for what it issues

// Makes a self-signed authority, CN "Entryexit throw-away CA", valid for ten years.
// This and both Issue functions make missing directories (mode 0700).
// Errors: CONFIG_INVALID when a file exists or cannot be written.
absl::Status CreateAuthority(const CertificateFiles& authority, IfExists if_exists);

struct ServerNames {
  std::vector<std::string> dns_names;     // "localhost", "*.example.org"
  std::vector<std::string> ip_addresses;  // "127.0.0.1", "::1"
};

// Issues a certificate for TLS servers.
// Requires: at least one name, all of them well formed; 1 <= days <= kMaxValidityDays.
// Errors: CONFIG_INVALID as above, for what is required, and for an authority whose files are not
// a CA certificate and its key; KEY_UNAVAILABLE when the authority's key is missing or others than
// its owner have rights to it.
absl::Status IssueServerCertificate(const CertificateFiles& authority, const ServerNames& names,
                                    int days, const CertificateFiles& issued, IfExists if_exists);

// Issues a certificate for TLS clients whose one subject alternative name is `uri`.
// Requires: `uri` is "entryexit://<role>/<name>", the part behind the scheme 3 to 64 of the
// characters A-Z a-z 0-9 . _ - with one slash inside; 1 <= days <= kMaxValidityDays.
// Errors: as IssueServerCertificate.
absl::Status IssueClientCertificate(const CertificateFiles& authority, const std::string& uri,
                                    int days, const CertificateFiles& issued, IfExists if_exists);

struct CertificateInfo {
  std::string subject;             // RFC 2253, e.g. "CN=lane/SEA-A12"
  std::string serial;              // upper-case hex
  std::optional<std::string> uri;  // the first URI among its subject alternative names
  core::Timestamp not_before;
  core::Timestamp not_after;
};

// Reads the first certificate of a PEM file.
// Errors: CONFIG_INVALID when there is none.
absl::StatusOr<CertificateInfo> ReadCertificate(const std::filesystem::path& file);

}  // namespace entryexit::crypto

#endif  // ENTRYEXIT_CRYPTO_CERTIFICATES_H_
