#include "entryexit/crypto/certificates.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>
#include <utility>

#include "entryexit/core/ids.h"
#include "entryexit/core/reason.h"
#include "src/crypto/files.h"
#include "src/crypto/openssl.h"
#include "src/crypto/x509.h"

namespace entryexit::crypto {
namespace {

using core::MakeError;
using core::Reason;

using GeneralNames = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;

constexpr char kAuthorityName[] = "Entryexit throw-away CA";
constexpr char kServerName[] = "entryexitd";
constexpr std::string_view kUriScheme = "entryexit://";
constexpr size_t kMaxCommonName = 64;  // RFC 5280, ub-common-name
constexpr int kPemCertificateMode = 0644;
constexpr int kPemKeyMode = 0600;
// The clocks of lanes may lag a little behind the one that issues.
constexpr long kBackdateSeconds = 300;
constexpr long kSecondsPerDay = 86400;

struct Extension {
  int nid;
  const char* value;  // in the words of openssl's x509v3_config(5)
};

constexpr std::array kAuthorityExtensions = {
    Extension{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
    Extension{NID_key_usage, "critical,keyCertSign,cRLSign"},
    Extension{NID_subject_key_identifier, "hash"},
};
constexpr std::array kLeafExtensions = {
    Extension{NID_basic_constraints, "critical,CA:FALSE"},
    Extension{NID_key_usage, "critical,digitalSignature"},
    Extension{NID_subject_key_identifier, "hash"},
    Extension{NID_authority_key_identifier, "keyid:always"},
};

void AddExtension(X509* certificate, X509* issuer, const Extension& extension) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION, X509_EXTENSION_free> made(
      X509V3_EXT_conf_nid(nullptr, &context, extension.nid, extension.value));
  OrDie(X509_add_ext(certificate, made.get(), -1));
}

void SetRandomSerial(X509* certificate) {
  std::array<unsigned char, 20> bytes;  // RFC 5280: 20 octets at most, positive
  FillRandom(bytes);
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);
  const Owned<BIGNUM, BN_free> number(
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  OrDie(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

// A fresh key and a certificate for it that lacks issuer, extensions and signature.
Identity NewIdentity(const std::string& common_name, int days) {
  Identity identity{Certificate(X509_new()), PrivateKey(EVP_EC_gen("P-256"))};
  X509* const certificate = identity.certificate.get();
  OrDie(X509_set_version(certificate, X509_VERSION_3));
  SetRandomSerial(certificate);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -kBackdateSeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate), days * kSecondsPerDay);
  OrDie(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(common_name.c_str()), -1,
                                   -1, 0));
  OrDie(X509_set_pubkey(certificate, identity.key.get()));
  return identity;
}

absl::Status CheckAbsent(const CertificateFiles& files) {
  for (const auto& path : {files.certificate, files.key}) {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) {
      return MakeError(Reason::kConfigInvalid, path.string() + " exists; it is not overwritten");
    }
  }
  return absl::OkStatus();
}

absl::Status Write(const Identity& identity, const CertificateFiles& files, IfExists if_exists) {
  if (if_exists == IfExists::kRefuse) {
    if (absl::Status status = CheckAbsent(files); !status.ok()) return status;
  }
  const Bio key(BIO_new(BIO_s_mem()));
  const Bio certificate(BIO_new(BIO_s_mem()));
  OrDie(PEM_write_bio_PKCS8PrivateKey(key.get(), identity.key.get(), nullptr, nullptr, 0, nullptr,
                                      nullptr));
  OrDie(PEM_write_bio_X509(certificate.get(), identity.certificate.get()));

  const auto write = if_exists == IfExists::kReplace ? ReplaceFile : CreateFile;
  const absl::Status key_written = write(files.key, Content(key.get()), kPemKeyMode);
  if (!key_written.ok()) return key_written;
  return write(files.certificate, Content(certificate.get()), kPemCertificateMode);
}

void Append(GENERAL_NAMES* names, int type, void* value) {
  GENERAL_NAME* const name = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(name, type, value);
  OrDie(sk_GENERAL_NAME_push(names, name) > 0);
}

void AppendText(GENERAL_NAMES* names, int type, const std::string& text) {
  ASN1_IA5STRING* const value = ASN1_IA5STRING_new();
  OrDie(ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())));
  Append(names, type, value);
}

bool IsDnsCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

bool IsDnsName(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, IsDnsCharacter);
}

// "<role>/<name>" of "entryexit://<role>/<name>"; empty when `uri` is none.
std::string PrincipalOf(std::string_view uri) {
  if (!uri.starts_with(kUriScheme)) return "";
  uri.remove_prefix(kUriScheme.size());
  const size_t slash = uri.find('/');
  if (slash == std::string_view::npos || uri.size() > kMaxCommonName) return "";
  const bool sound =
      core::IsPlainId(uri.substr(0, slash)) && core::IsPlainId(uri.substr(slash + 1));
  return sound ? std::string(uri) : "";
}

absl::StatusOr<GeneralNames> NamesOf(const ServerNames& server) {
  if (server.dns_names.empty() && server.ip_addresses.empty()) {
    return MakeError(Reason::kConfigInvalid,
                     "a server certificate needs at least one DNS name or IP address");
  }
  GeneralNames names(GENERAL_NAMES_new());
  for (const std::string& name : server.dns_names) {
    if (!IsDnsName(name)) {
      return MakeError(Reason::kConfigInvalid, fmt::format("'{}' is not a DNS name", name));
    }
    AppendText(names.get(), GEN_DNS, name);
  }
  for (const std::string& text : server.ip_addresses) {
    ASN1_OCTET_STRING* const address = a2i_IPADDRESS(text.c_str());
    if (address == nullptr) {
      return MakeError(Reason::kConfigInvalid, fmt::format("'{}' is not an IP address", text));
    }
    Append(names.get(), GEN_IPADD, address);
  }
  return names;
}

absl::Status Issue(const CertificateFiles& authority_files, const std::string& common_name,
                   GENERAL_NAMES* alternative_names, const char* extended_usage, int days,
                   const CertificateFiles& issued, IfExists if_exists) {
  if (days < 1 || days > kMaxValidityDays) {
    return MakeError(
        Reason::kConfigInvalid,
        fmt::format("a certificate is valid for 1 to {} days, not for {}", kMaxValidityDays, days));
  }
  const absl::StatusOr<Identity> authority = LoadAuthority(authority_files);
  if (!authority.ok()) return authority.status();

  X509* const issuer = authority->certificate.get();
  const Identity identity = NewIdentity(common_name, days);
  X509* const certificate = identity.certificate.get();
  OrDie(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)));
  for (const Extension& extension : kLeafExtensions) AddExtension(certificate, issuer, extension);
  AddExtension(certificate, issuer, {NID_ext_key_usage, extended_usage});
  OrDie(X509_add1_ext_i2d(certificate, NID_subject_alt_name, alternative_names, 0, 0));
  if (X509_sign(certificate, authority->key.get(), EVP_sha256()) <= 0) {
    return MakeError(Reason::kConfigInvalid,
                     fmt::format("{} cannot sign: {}", authority_files.key.string(), LastError()));
  }
  return Write(identity, issued, if_exists);
}

std::string SubjectOf(const X509* certificate) {
  const Bio text(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  return Content(text.get());
}

std::string SerialOf(const X509* certificate) {
  const Owned<BIGNUM, BN_free> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  char* const hex = BN_bn2hex(number.get());
  std::string serial = hex;
  OPENSSL_free(hex);
  return serial;
}

std::optional<std::string> UriOf(const X509* certificate) {
  const GeneralNames names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* const uri = name->d.uniformResourceIdentifier;
    return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                       static_cast<size_t>(ASN1_STRING_length(uri)));
  }
  return std::nullopt;
}

std::optional<core::Timestamp> TimestampOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return core::Timestamp(std::chrono::seconds(timegm(&parts)));
}

}  // namespace

absl::Status CreateAuthority(const CertificateFiles& authority, IfExists if_exists) {
  const Identity identity = NewIdentity(kAuthorityName, kMaxValidityDays);
  X509* const certificate = identity.certificate.get();
  OrDie(X509_set_issuer_name(certificate, X509_get_subject_name(certificate)));
  for (const Extension& extension : kAuthorityExtensions) {
    AddExtension(certificate, certificate, extension);
  }
  OrDie(X509_sign(certificate, identity.key.get(), EVP_sha256()) > 0);
  return Write(identity, authority, if_exists);
}

absl::Status IssueServerCertificate(const CertificateFiles& authority, const ServerNames& names,
                                    int days, const CertificateFiles& issued, IfExists if_exists) {
  const absl::StatusOr<GeneralNames> alternative_names = NamesOf(names);
  if (!alternative_names.ok()) return alternative_names.status();
  return Issue(authority, kServerName, alternative_names->get(), "serverAuth", days, issued,
               if_exists);
}

absl::Status IssueClientCertificate(const CertificateFiles& authority, const std::string& uri,
                                    int days, const CertificateFiles& issued, IfExists if_exists) {
  const std::string principal = PrincipalOf(uri);
  if (principal.empty()) {
    return MakeError(
        Reason::kConfigInvalid,
        fmt::format("'{}' is not of the form {}<role>/<name>, with letters, digits and "
                    "'._-', {} characters at most behind the scheme",
                    uri, kUriScheme, kMaxCommonName));
  }
  const GeneralNames alternative_names(GENERAL_NAMES_new());
  AppendText(alternative_names.get(), GEN_URI, uri);
  return Issue(authority, principal, alternative_names.get(), "clientAuth", days, issued,
               if_exists);
}

absl::StatusOr<CertificateInfo> ReadCertificate(const std::filesystem::path& file) {
  const absl::StatusOr<Certificate> loaded = LoadCertificate(file);
  if (!loaded.ok()) return loaded.status();
  const X509* const certificate = loaded->get();
  const auto not_before = TimestampOf(X509_get0_notBefore(certificate));
  const auto not_after = TimestampOf(X509_get0_notAfter(certificate));
  if (!not_before || !not_after) {
    return MakeError(Reason::kConfigInvalid, "unreadable validity in " + file.string());
  }
  return CertificateInfo{.subject = SubjectOf(certificate),
                         .serial = SerialOf(certificate),
                         .uri = UriOf(certificate),
                         .not_before = *not_before,
                         .not_after = *not_after};
}

}  // namespace entryexit::crypto
