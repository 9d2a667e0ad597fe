#include "rpc/active_call.h"

#include <fmt/format.h>
#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "entryexit/core/ids.h"
#include "rpc/status.h"

namespace entryexit::rpc {
core::Deadline DeadlineOf(const grpc::ServerContextBase& context, const DeadlinePolicy& policy) {
  using std::chrono::system_clock;
  const system_clock::time_point now = system_clock::now();
  const system_clock::time_point given = context.deadline();
  const bool is_given = given != system_clock::time_point::max();
  const auto wanted =
      is_given ? given - now
               : std::chrono::duration_cast<system_clock::duration>(policy.when_none_is_given);
  return std::chrono::steady_clock::now() +
         std::min<system_clock::duration>(wanted, policy.longest);
}

absl::StatusOr<app::Principal> PrincipalOf(const grpc::AuthContext& context,
                                           const CertificateCheck& check) {
  for (const grpc::string_ref& pem : context.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME)) {
    if (!check) break;
    if (absl::Status status = check(std::string(pem.data(), pem.size())); !status.ok()) {
      return status;
    }
  }
  std::vector<std::string> uris;
  for (const grpc::string_ref& uri : context.FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
    uris.emplace_back(uri.data(), uri.size());
  }
  return PrincipalFrom(uris);
}

ActiveCall::ActiveCall(grpc::CallbackServerContext* context, std::string method,
                       std::string_view request_id, const CertificateCheck& check, Metrics& metrics)
    : context_(context),
      method_(std::move(method)),
      request_id_(core::CanonicalUuid(request_id).value_or("")),
      check_(check),
      metrics_(metrics) {}

absl::Status ActiveCall::Authorize() {
  absl::StatusOr<app::Principal> principal = PrincipalOf(*context_->auth_context(), check_);
  if (!principal.ok()) return principal.status();
  principal_ = *std::move(principal);
  return CheckAccess(method_, *principal_);
}

grpc::Status ActiveCall::End(const absl::Status& status) {
  grpc::Status answer;
  std::string reason;
  if (!status.ok()) {
    const PublicError error = PublicErrorOf(status);
    answer = grpc::Status(error.code, error.message);
    reason = NameOf(error.reason);
    context_->AddTrailingMetadata(kReasonKey, reason);
    LogWithheld(method_, status);
  }
  const std::string code = NameOf(answer.error_code());
  const std::chrono::duration<double> duration = std::chrono::steady_clock::now() - start_;
  metrics_.CallEnded(method_, code, reason, duration);
  spdlog::info("call method={} principal={} code={} reason={} ms={:.1f} request_id={}", method_,
               principal_ ? principal_->name : "-", code, reason.empty() ? "-" : reason,
               duration.count() * 1000, request_id_.empty() ? "-" : request_id_);
  return answer;
}

}  // namespace entryexit::rpc
