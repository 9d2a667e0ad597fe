#ifndef ENTRYEXIT_RPC_ACTIVE_CALL_H_
#define ENTRYEXIT_RPC_ACTIVE_CALL_H_

#include <grpcpp/server_context.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/rpc/access.h"
#include "rpc/environment.h"

namespace entryexit::rpc {

// The client's deadline, or what the policy says.
core::Deadline DeadlineOf(const grpc::ServerContextBase& context, const DeadlinePolicy& policy);

// Whether the client's certificate was taken back. Errors: those of `check`.
absl::Status CheckCertificate(const grpc::AuthContext& context, const CertificateCheck& check);

// The principal that the client's verified certificate names, unless it was revoked.
// Errors: PRINCIPAL_MISSING, and those of `check`.
absl::StatusOr<app::Principal> PrincipalOf(const grpc::AuthContext& context,
                                           const CertificateCheck& check);

// Whose messages count together while they are on their way: those of the principal, or of all who
// are none, who have what a lane has, so that a certificate that was taken back does not stand in
// the way of the one in its place.
app::Principal SenderOf(const grpc::AuthContext& context, const CertificateCheck& check);

// One call from its arrival to its end: who calls, and what the log and the metrics are told. Used
// by one thread at a time.
class ActiveCall {
 public:
  // `context` and `environment` must outlive the call of End; `method` is the full one, with
  // slashes. A `request_id` that is no UUID is not logged.
  ActiveCall(grpc::CallbackServerContext* context, std::string method, std::string_view request_id,
             const Environment& environment);

  // Finds who calls and what for, and whether that is allowed, and now. Never blocks.
  // Errors: PRINCIPAL_MISSING, CERTIFICATE_REVOKED, ROLE_NOT_ALLOWED, those of CallerLimits::Admit
  // and of core::CheckPurpose, INVALID_FIELD when the metadata name no case.
  absl::Status Authorize();

  // Whether the certificate was taken back since. Requires: Authorize returned OK. Thread-safe.
  // Errors: CERTIFICATE_REVOKED.
  absl::Status CheckCertificate() const;

  // When the next item of a stream may be worked on. Requires: Authorize returned OK.
  CallerLimits::Time AdmitItem() const;

  // What a use case is told of the call, or of a part of it that is to end by `deadline`.
  // Requires: Authorize returned OK.
  app::Call Until(core::Deadline deadline) const;

  // Requires: Authorize returned OK.
  const app::Principal& principal() const { return *principal_; }
  // Whether the caller names a case that the call is made for. Requires: as above.
  bool HasCase() const { return case_id_.has_value(); }
  grpc::CallbackServerContext& context() const { return *context_; }

  // Logs and counts the call, adds the reason to the trailing metadata and returns what to finish
  // the call with. Call it once, right before.
  grpc::Status End(const absl::Status& status);

 private:
  absl::Status ReadPurpose();

  grpc::CallbackServerContext* const context_;
  const std::string method_;
  const std::string request_id_;
  const Environment& environment_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::optional<app::Principal> principal_;
  std::string purpose_;
  std::optional<core::CaseId> case_id_;
  std::shared_ptr<const grpc::AuthContext> caller_;
  bool admitted_ = false;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_ACTIVE_CALL_H_
