// Client certificates that are looked up, and revocation lists that are read. An input is taken as
// both, and the authority is one that the target makes at its start.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "entryexit/crypto/certificates.h"
#include "entryexit/crypto/revocations.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/require.h"
#include "tests/support/temp_dir.h"

namespace entryexit::fuzz {
namespace {

// An authority with one certificate that it has taken back.
class Authority {
 public:
  Authority() {
    const crypto::CertificateFiles authority = FilesOf("ca");
    const crypto::CertificateFiles revoked = FilesOf("revoked");
    Require(crypto::CreateAuthority(authority, crypto::IfExists::kRefuse).ok() &&
                crypto::IssueClientCertificate(authority, "entryexit://lane/L", 1, revoked,
                                               crypto::IfExists::kRefuse)
                    .ok() &&
                crypto::Revoke(authority, revoked.certificate, list_file()).ok(),
            "an authority can be made");
    const auto list = crypto::RevocationList::Read(list_file(), authorities());
    Require(list.ok(), "its list can be read");
    list_ = *list;
  }

  std::filesystem::path authorities() const { return FilesOf("ca").certificate; }
  const crypto::RevocationList& list() const { return *list_; }

 private:
  crypto::CertificateFiles FilesOf(const std::string& name) const {
    return {directory_.path() / (name + ".pem"), directory_.path() / (name + ".key")};
  }
  std::filesystem::path list_file() const { return directory_.path() / "revoked.crl"; }

  const testing::TempDir directory_;
  std::shared_ptr<const crypto::RevocationList> list_;
};

}  // namespace
}  // namespace entryexit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fuzz = entryexit::fuzz;
  static const fuzz::Authority kAuthority;
  static const fuzz::MemoryFile kFile;
  const std::string_view text = fuzz::TextOf(data, size);
  const auto revoked = kAuthority.list().Contains(std::string(text));
  fuzz::RequireReason(revoked.status());
  fuzz::Require(!revoked.ok() || !*revoked, "no other authority's certificate is on the list");
  kFile.Write(text);
  const auto list = entryexit::crypto::RevocationList::Read(kFile.path(), kAuthority.authorities());
  fuzz::RequireReason(list.status());
  fuzz::Require(!list.ok(), "no other authority's list is taken");
  return 0;
}
