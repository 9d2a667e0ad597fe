#ifndef ENTRYEXIT_RPC_ACCESS_H_
#define ENTRYEXIT_RPC_ACCESS_H_

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "entryexit/app/call.h"

// Who may call what. What is not listed is denied. All functions are thread-safe.
namespace entryexit::rpc {

// What callers of a method say that they call it for.
enum class SaysWhatFor {
  kNothing,
  kPurpose,           // and the case, where the purpose policy asks for one
  kPurposeOfListing,  // many travelers are shown: no case stands for them
};

// One method, the roles that may call it, and whether they say what for.
struct MethodAccess {
  std::string method;  // "/package.Service/Method", as in the HTTP/2 path
  std::vector<app::Role> roles;
  SaysWhatFor says = SaysWhatFor::kNothing;
  // Why its calls leave no record in the audit log; null: they do.
  const char* unaudited = nullptr;
};

// The one table of every method that the server answers.
const std::vector<MethodAccess>& AccessTable();

// "GetTraveler" of "/entryexit.v1.BackOfficeService/GetTraveler".
std::string CallOf(const std::string& method);

// The names, as CallOf gives them, of the methods that are called for a purpose: what a purpose
// policy is about.
std::set<std::string> CallsForAPurpose();
// Those of them that show many travelers, and so cannot be called for one case.
std::set<std::string> CallsOfListing();

// Whether a client's certificate, PEM, which is valid otherwise, was taken back; absent: none is.
// Errors: CERTIFICATE_REVOKED.
using CertificateCheck = std::function<absl::Status(const std::string& certificate)>;

// The principal that a verified certificate names by its URI subject alternative names: exactly one
// of the form entryexit://<role>/<id>, and no other. An id has 1 to 64 of A-Z a-z 0-9 . _ -.
// Errors: PRINCIPAL_MISSING.
absl::StatusOr<app::Principal> PrincipalFrom(const std::vector<std::string>& uris);

// OK when `principal` may call `method`. Errors: ROLE_NOT_ALLOWED, also for an unlisted method.
absl::Status CheckAccess(const std::string& method, const app::Principal& principal);

// Whether the table has `method`.
bool IsListed(const std::string& method);

// Whether a call of `method` says what it is made for.
bool IsForAPurpose(const std::string& method);

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_ACCESS_H_
