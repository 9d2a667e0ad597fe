#include "entryexit/crypto/tls_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/pem.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "entryexit/base/files.h"
#include "entryexit/core/reason.h"
#include "src/crypto/x509.h"

namespace entryexit::crypto {
namespace {

using core::MakeError;
using core::Reason;

// A file without a place on any disk, which has one path for this process however often its content
// is replaced.
class MemoryFile {
 public:
  MemoryFile() = default;
  ~MemoryFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  // Whoever opens the path finds the old content or the new one.
  absl::Status Replace(const std::string& content) {
    const int fresh = memfd_create("entryexit tls", MFD_CLOEXEC);
    bool done = fresh >= 0 && write(fresh, content.data(), content.size()) ==
                                  static_cast<ssize_t>(content.size());
    if (done && descriptor_ < 0) {
      descriptor_ = fresh;
      return absl::OkStatus();
    }
    done = done && dup3(fresh, descriptor_, O_CLOEXEC) >= 0;
    const int error = errno;
    if (fresh >= 0) close(fresh);
    if (done) return absl::OkStatus();
    return MakeError(Reason::kConfigInvalid, "cannot keep certificates in memory: " +
                                                 std::generic_category().message(error));
  }

  std::string path() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

 private:
  int descriptor_ = -1;
};

absl::Status CheckKeyOf(const CertificateFiles& files, const std::string& certificate_pem,
                        const std::string& key_pem) {
  const Certificate certificate(
      PEM_read_bio_X509(ReadingBio(certificate_pem).get(), nullptr, nullptr, nullptr));
  if (!certificate) {
    return MakeError(Reason::kConfigInvalid,
                     fmt::format("no certificate in {}", files.certificate.string()));
  }
  const PrivateKey key(
      PEM_read_bio_PrivateKey(ReadingBio(key_pem).get(), nullptr, nullptr, nullptr));
  if (!key || X509_check_private_key(certificate.get(), key.get()) != 1) {
    return MakeError(
        Reason::kConfigInvalid,
        fmt::format("{} is not the key of {}", files.key.string(), files.certificate.string()));
  }
  return absl::OkStatus();
}

class TlsFilesImpl final : public TlsFiles {
 public:
  TlsFilesImpl(CertificateFiles identity, std::filesystem::path authorities)
      : files_(std::move(identity)), authorities_file_(std::move(authorities)) {}

  absl::StatusOr<bool> Refresh() override {
    const absl::StatusOr<std::string> certificate = base::ReadFile(files_.certificate);
    if (!certificate.ok()) return certificate.status();
    const absl::StatusOr<std::string> key = base::ReadFile(files_.key);
    if (!key.ok()) return key.status();
    const absl::StatusOr<std::string> authorities = base::ReadFile(authorities_file_);
    if (!authorities.ok()) return authorities.status();
    const std::string identity = *certificate + "\n" + *key;
    if (identity == identity_ && *authorities == authorities_) return false;

    if (absl::Status status = CheckKeyOf(files_, *certificate, *key); !status.ok()) return status;
    const Certificate authority(
        PEM_read_bio_X509(ReadingBio(*authorities).get(), nullptr, nullptr, nullptr));
    if (!authority) {
      return MakeError(Reason::kConfigInvalid,
                       fmt::format("no certificate in {}", authorities_file_.string()));
    }
    absl::Status status = served_identity_.Replace(identity);
    if (status.ok()) status = served_authorities_.Replace(*authorities);
    if (!status.ok()) return status;
    identity_ = identity;
    authorities_ = *authorities;
    return true;
  }

  std::string identity_path() const override { return served_identity_.path(); }
  std::string authorities_path() const override { return served_authorities_.path(); }

 private:
  const CertificateFiles files_;
  const std::filesystem::path authorities_file_;
  std::string identity_;
  std::string authorities_;
  MemoryFile served_identity_;
  MemoryFile served_authorities_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TlsFiles>> TlsFiles::Open(CertificateFiles identity,
                                                         std::filesystem::path authorities) {
  auto files = std::make_unique<TlsFilesImpl>(std::move(identity), std::move(authorities));
  const absl::StatusOr<bool> read = files->Refresh();
  if (!read.ok()) return read.status();
  return files;
}

}  // namespace entryexit::crypto
