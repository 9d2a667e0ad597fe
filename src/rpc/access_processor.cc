#include "rpc/access_processor.h"

#include <fmt/format.h>

#include <chrono>
#include <string>

#include "rpc/active_call.h"
#include "rpc/status.h"

namespace entryexit::rpc {
namespace {

constexpr char kOwnServices[] = "/entryexit.v1.";

}  // namespace

grpc::Status AccessProcessor::Deny(const absl::Status& error, const std::string& principal,
                                   const std::string& method) {
  const PublicError described = PublicErrorOf(error);
  // What is not in the table is the client's own text, which is not for the log.
  gate_->refusals.Tell(
      NameOf(described.reason),
      fmt::format("principal={} method={}", principal, IsListed(method) ? method : "unlisted"),
      std::chrono::steady_clock::now());
  return {described.code, described.message};
}

grpc::Status AccessProcessor::Expect(const grpc::AuthContext& context, const std::string& method) {
  const app::Principal sender = SenderOf(context, gate_->check_certificate);
  const absl::Status status = gate_->limits.Expect(sender, std::chrono::steady_clock::now());
  if (status.ok()) return grpc::Status::OK;
  // There is no trailing metadata here to give the reason in, and RESOURCE_EXHAUSTED without one
  // would say that the message is too large.
  return {grpc::StatusCode::UNAVAILABLE, Deny(status, sender.name, method).error_message()};
}

grpc::Status AccessProcessor::Process(const InputMetadata& auth_metadata,
                                      grpc::AuthContext* context,
                                      OutputMetadata* /*consumed_auth_metadata*/,
                                      OutputMetadata* /*response_metadata*/) {
  const auto path = auth_metadata.find(":path");
  const std::string method =
      path == auth_metadata.end() ? "" : std::string(path->second.data(), path->second.size());
  const bool is_own = method.starts_with(kOwnServices) && IsListed(method);
  if (!is_own) {
    const auto principal = PrincipalOf(*context, gate_->check_certificate);
    if (!principal.ok()) return Deny(principal.status(), "-", method);
    const absl::Status access = CheckAccess(method, *principal);
    if (!access.ok()) return Deny(access, principal->name, method);
  }
  return Expect(*context, method);
}

}  // namespace entryexit::rpc
