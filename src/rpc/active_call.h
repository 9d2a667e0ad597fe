#ifndef ENTRYEXIT_RPC_ACTIVE_CALL_H_
#define ENTRYEXIT_RPC_ACTIVE_CALL_H_

#include <grpcpp/server_context.h>

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/rpc/access.h"
#include "entryexit/rpc/metrics.h"

namespace entryexit::rpc {

struct DeadlinePolicy {
  std::chrono::milliseconds when_none_is_given;
  std::chrono::milliseconds longest;
};

// The client's deadline, or what the policy says.
core::Deadline DeadlineOf(const grpc::ServerContextBase& context, const DeadlinePolicy& policy);

// The principal that the client's verified certificate names, unless it was revoked.
// Errors: PRINCIPAL_MISSING, and those of `check`.
absl::StatusOr<app::Principal> PrincipalOf(const grpc::AuthContext& context,
                                           const CertificateCheck& check);

// One call from its arrival to its end: who calls, and what the log and the metrics are told. Used
// by one thread at a time.
class ActiveCall {
 public:
  // `context` and `metrics` must outlive the call of End; `method` is the full one, with slashes.
  // A `request_id` that is no UUID is not logged.
  ActiveCall(grpc::CallbackServerContext* context, std::string method, std::string_view request_id,
             const CertificateCheck& check, Metrics& metrics);

  // Finds the principal and whether it may call the method. Never blocks.
  // Errors: PRINCIPAL_MISSING, CERTIFICATE_REVOKED, ROLE_NOT_ALLOWED.
  absl::Status Authorize();

  // Requires of both: Authorize returned OK.
  const app::Principal& principal() const { return *principal_; }
  app::Call Until(core::Deadline deadline) const { return {*principal_, deadline, method_}; }
  grpc::CallbackServerContext& context() const { return *context_; }

  // Logs and counts the call, adds the reason to the trailing metadata and returns what to finish
  // the call with. Call it once, right before.
  grpc::Status End(const absl::Status& status);

 private:
  grpc::CallbackServerContext* const context_;
  const std::string method_;
  const std::string request_id_;
  const CertificateCheck& check_;
  Metrics& metrics_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::optional<app::Principal> principal_;
};

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_ACTIVE_CALL_H_
