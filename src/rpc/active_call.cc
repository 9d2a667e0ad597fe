#include "rpc/active_call.h"

#include <fmt/format.h>
#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "entryexit/core/ids.h"
#include "entryexit/core/reason.h"
#include "rpc/status.h"

namespace entryexit::rpc {
namespace {

constexpr char kPurposeKey[] = "entryexit-purpose";
constexpr char kCaseKey[] = "entryexit-case";
constexpr char kRetryAfterKey[] = "entryexit-retry-after-ms";

// The value of one key of the metadata; empty when it is not there. With several it would be open
// which one is meant.
absl::StatusOr<std::string> OnlyValue(
    const std::multimap<grpc::string_ref, grpc::string_ref>& metadata, const char* key) {
  const auto [first, last] = metadata.equal_range(key);
  if (first == last) return std::string();
  if (std::next(first) != last) {
    return core::MakeError(core::Reason::kInvalidField,
                           fmt::format("the metadata {} is there more than once", key));
  }
  return std::string(first->second.data(), first->second.size());
}

}  // namespace

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

absl::Status CheckCertificate(const grpc::AuthContext& context, const CertificateCheck& check) {
  if (!check) return absl::OkStatus();
  for (const grpc::string_ref& pem : context.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME)) {
    absl::Status status = check(std::string(pem.data(), pem.size()));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<app::Principal> PrincipalOf(const grpc::AuthContext& context,
                                           const CertificateCheck& check) {
  if (absl::Status status = CheckCertificate(context, check); !status.ok()) return status;
  std::vector<std::string> uris;
  for (const grpc::string_ref& uri : context.FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
    uris.emplace_back(uri.data(), uri.size());
  }
  return PrincipalFrom(uris);
}

app::Principal SenderOf(const grpc::AuthContext& context, const CertificateCheck& check) {
  const app::Principal nobody{app::Role::kLane, "", "-"};
  return PrincipalOf(context, check).value_or(nobody);
}

ActiveCall::ActiveCall(grpc::CallbackServerContext* context, std::string method,
                       std::string_view request_id, const Environment& environment)
    : context_(context),
      method_(std::move(method)),
      request_id_(core::CanonicalUuid(request_id).value_or("")),
      environment_(environment) {}

absl::Status ActiveCall::Authorize() {
  Gate& gate = environment_.gate;
  caller_ = context_->auth_context();
  absl::StatusOr<app::Principal> principal = PrincipalOf(*caller_, gate.check_certificate);
  if (!principal.ok()) return principal.status();
  principal_ = *std::move(principal);
  absl::Status status = gate.limits.Admit(*principal_, std::chrono::steady_clock::now());
  if (!status.ok()) return status;
  admitted_ = true;
  status = CheckAccess(method_, *principal_);
  // Of other calls nobody looks at what they say, and the audit log does not repeat it.
  if (status.ok() && IsForAPurpose(method_)) {
    status = ReadPurpose();
    if (!status.ok()) return status;
    return core::CheckPurpose(gate.purposes, CallOf(method_), purpose_, case_id_.has_value());
  }
  return status;
}

absl::Status ActiveCall::ReadPurpose() {
  const auto purpose = OnlyValue(context_->client_metadata(), kPurposeKey);
  if (!purpose.ok()) return purpose.status();
  const auto case_id = OnlyValue(context_->client_metadata(), kCaseKey);
  if (!case_id.ok()) return case_id.status();
  purpose_ = *purpose;
  if (case_id->empty()) return absl::OkStatus();
  const std::optional<std::string> id = core::CanonicalUuid(*case_id);
  if (!id) {
    return core::MakeError(core::Reason::kInvalidField,
                           fmt::format("the metadata {} is not the id of a case", kCaseKey));
  }
  case_id_ = core::CaseId(*id);
  return absl::OkStatus();
}

app::Call ActiveCall::Until(core::Deadline deadline) const {
  return {*principal_, deadline, method_, purpose_, case_id_};
}

absl::Status ActiveCall::CheckCertificate() const {
  return rpc::CheckCertificate(*caller_, environment_.gate.check_certificate);
}

CallerLimits::Time ActiveCall::AdmitItem() const {
  return environment_.gate.limits.AdmitItem(*principal_, std::chrono::steady_clock::now());
}

grpc::Status ActiveCall::End(const absl::Status& status) {
  if (admitted_) environment_.gate.limits.Release(*principal_);
  grpc::Status answer;
  std::string reason;
  if (!status.ok()) {
    const PublicError error = PublicErrorOf(status);
    answer = grpc::Status(error.code, error.message);
    reason = NameOf(error.reason);
    context_->AddTrailingMetadata(kReasonKey, reason);
    if (const auto wait = RetryAfter(status)) {
      context_->AddTrailingMetadata(kRetryAfterKey, std::to_string(wait->count()));
    }
    LogWithheld(method_, status);
  }
  const std::string code = NameOf(answer.error_code());
  const std::chrono::duration<double> duration = std::chrono::steady_clock::now() - start_;
  environment_.metrics.CallEnded(method_, code, reason, duration);
  if (Refusals::Are(reason)) {
    environment_.gate.refusals.Tell(
        reason,
        fmt::format("principal={} peer={} method={}", principal_ ? principal_->name : "-",
                    context_->peer(), method_),
        std::chrono::steady_clock::now());
    return answer;
  }
  spdlog::info("call method={} principal={} code={} reason={} ms={:.1f} request_id={}", method_,
               principal_ ? principal_->name : "-", code, reason.empty() ? "-" : reason,
               duration.count() * 1000, request_id_.empty() ? "-" : request_id_);
  return answer;
}

}  // namespace entryexit::rpc
