#include "rpc/status.h"

#include <optional>
#include <string_view>

namespace entryexit::rpc {
namespace {

constexpr std::string_view kPrefix = "REASON_";

std::optional<v1::Reason> WireReason(const absl::Status& error) {
  const std::optional<core::Reason> reason = core::ReasonOf(error);
  v1::Reason result = v1::REASON_UNSPECIFIED;
  if (!reason ||
      !v1::Reason_Parse(std::string(kPrefix) + std::string(core::NameOf(*reason)), &result)) {
    return std::nullopt;
  }
  return result;
}

}  // namespace

PublicError PublicErrorOf(const absl::Status& error) {
  const std::optional<v1::Reason> reason = WireReason(error);
  if (!reason) return {grpc::StatusCode::INTERNAL, v1::REASON_INTERNAL, "internal error"};
  // The numbers of the canonical codes are the same in both libraries.
  return {static_cast<grpc::StatusCode>(error.code()), *reason, std::string(error.message())};
}

std::string NameOf(v1::Reason reason) { return v1::Reason_Name(reason).substr(kPrefix.size()); }

std::string NameOf(grpc::StatusCode code) {
  return absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
}

bool IsPermanent(const absl::Status& error) {
  // The operator can mend these, and a lane that skipped the item would lose the crossing.
  const std::optional<core::Reason> reason = core::ReasonOf(error);
  if (reason == core::Reason::kKeyUnavailable || reason == core::Reason::kLaneUnknown) return false;
  switch (PublicErrorOf(error).code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::DATA_LOSS:
      return true;
    default:
      return false;
  }
}

}  // namespace entryexit::rpc
