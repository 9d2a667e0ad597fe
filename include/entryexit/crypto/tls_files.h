#ifndef ENTRYEXIT_CRYPTO_TLS_FILES_H_
#define ENTRYEXIT_CRYPTO_TLS_FILES_H_

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "entryexit/crypto/certificates.h"

namespace entryexit::crypto {

// What a TLS server shows and trusts, as it was last found to fit together. A server that watches
// files on its own could find a new certificate beside an old key; this reads them, and hands on
// only what fits, in files in memory that change as a whole. Not thread-safe.
class TlsFiles {
 public:
  // Errors: CONFIG_INVALID for a file that cannot be read, a key that is not the certificate's, and
  // authorities without a certificate.
  static absl::StatusOr<std::unique_ptr<TlsFiles>> Open(CertificateFiles identity,
                                                        std::filesystem::path authorities);

  virtual ~TlsFiles() = default;

  // Reads the files again. Whether they had changed; on an error, which is that of Open, what was
  // read before stays.
  virtual absl::StatusOr<bool> Refresh() = 0;

  // Where this process finds the certificate with its chain, followed by its key, and the
  // authorities; PEM. The paths hold as long as this object.
  virtual std::string identity_path() const = 0;
  virtual std::string authorities_path() const = 0;
};

}  // namespace entryexit::crypto

#endif  // ENTRYEXIT_CRYPTO_TLS_FILES_H_
