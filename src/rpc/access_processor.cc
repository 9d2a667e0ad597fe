#include "rpc/access_processor.h"

#include <algorithm>
#include <string>

#include "rpc/active_call.h"
#include "rpc/status.h"

namespace entryexit::rpc {
namespace {

constexpr char kOwnServices[] = "/entryexit.v1.";

bool IsListed(const std::string& method) {
  return std::ranges::find(AccessTable(), method, &MethodAccess::method) != AccessTable().end();
}

grpc::Status Denied(const absl::Status& error) {
  const PublicError described = PublicErrorOf(error);
  return {described.code, described.message};
}

}  // namespace

grpc::Status AccessProcessor::Process(const InputMetadata& auth_metadata,
                                      grpc::AuthContext* context,
                                      OutputMetadata* /*consumed_auth_metadata*/,
                                      OutputMetadata* /*response_metadata*/) {
  const auto path = auth_metadata.find(":path");
  const std::string method =
      path == auth_metadata.end() ? "" : std::string(path->second.data(), path->second.size());
  if (method.starts_with(kOwnServices) && IsListed(method)) return grpc::Status::OK;
  const absl::StatusOr<app::Principal> principal = PrincipalOf(*context, check_);
  if (!principal.ok()) return Denied(principal.status());
  const absl::Status access = CheckAccess(method, *principal);
  return access.ok() ? grpc::Status::OK : Denied(access);
}

}  // namespace entryexit::rpc
