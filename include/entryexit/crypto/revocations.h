#ifndef ENTRYEXIT_CRYPTO_REVOCATIONS_H_
#define ENTRYEXIT_CRYPTO_REVOCATIONS_H_

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "entryexit/core/clock.h"
#include "entryexit/core/mutex.h"
#include "entryexit/crypto/certificates.h"

// Certificates that their authority has taken back (certificate revocation lists, RFC 5280).
namespace entryexit::crypto {

// A file of one or more revocation lists as it was read. Thread-safe.
class RevocationList {
 public:
  // Reads a PEM file. Every list in it must be signed by an authority of the PEM file
  // `authorities`. A list that should have been replaced by a newer one (nextUpdate) still counts.
  // Errors: CONFIG_INVALID when there is none, and for one that no authority signed.
  static absl::StatusOr<std::shared_ptr<const RevocationList>> Read(
      const std::filesystem::path& file, const std::filesystem::path& authorities);

  virtual ~RevocationList() = default;

  // Whether the certificate, PEM, is on the list of its issuer. Errors: CONFIG_INVALID for what is
  // no certificate.
  virtual absl::StatusOr<bool> Contains(const std::string& certificate_pem) const = 0;
};

// The file in use: one that changes is read again within seconds, and one that cannot be read then
// leaves the list as it was. Thread-safe.
class Revocations {
 public:
  // `report` is told, once, when the file that has changed cannot be read, and when it can again.
  // Errors: as RevocationList::Read.
  static absl::StatusOr<std::unique_ptr<Revocations>> Watch(
      std::filesystem::path file, std::filesystem::path authorities,
      std::chrono::milliseconds look_every, std::function<void(const absl::Status&)> report);

  // OK when the certificate, PEM, was not taken back. Looks at the file when it has not done so for
  // `look_every`. Errors: CERTIFICATE_REVOKED, also for what is no certificate.
  absl::Status Check(const std::string& certificate_pem) EXCLUDES(mutex_);

 private:
  Revocations(std::filesystem::path file, std::filesystem::path authorities,
              std::chrono::milliseconds look_every, std::shared_ptr<const RevocationList> list,
              std::function<void(const absl::Status&)> report);

  // The list, read again if it is time to and the file is another one.
  std::shared_ptr<const RevocationList> Current() EXCLUDES(mutex_);

  const std::filesystem::path file_;
  const std::filesystem::path authorities_;
  const std::chrono::milliseconds look_every_;
  const std::function<void(const absl::Status&)> report_;
  core::Mutex mutex_;
  std::shared_ptr<const RevocationList> list_ GUARDED_BY(mutex_);
  core::Deadline next_look_ GUARDED_BY(mutex_);
  std::string version_ GUARDED_BY(mutex_);  // what tells one state of the file from another
  absl::Status told_ GUARDED_BY(mutex_);
};

// Puts a certificate on the authority's revocation list, which is made when `list` does not exist.
// One that is on it already is no error.
// Errors: CONFIG_INVALID for a file that is no list of this authority or cannot be written, and for
// a certificate that the authority did not issue; KEY_UNAVAILABLE.
absl::Status Revoke(const CertificateFiles& authority, const std::filesystem::path& certificate,
                    const std::filesystem::path& list);

}  // namespace entryexit::crypto

#endif  // ENTRYEXIT_CRYPTO_REVOCATIONS_H_
