#include "rpc/status.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace entryexit::rpc {
namespace {

constexpr std::string_view kPrefix = "REASON_";
constexpr char kRetryAfterUrl[] = "entryexit.v1/retry-after-ms";

// What clients are told in the place of messages that speak of the service's inside: hosts, files,
// statements, other libraries' words.
struct Sentence {
  core::Reason reason;
  const char* text;
};
constexpr Sentence kSentences[] = {
    {core::Reason::kDatabaseUnavailable, "the database cannot be reached at present; try again"},
    {core::Reason::kDatabaseReadOnly, "the database takes no writes at present; try again"},
    {core::Reason::kDatabaseFull, "the database has no room left; the operator must make some"},
    {core::Reason::kDatabaseConflict, "others changed the same records meanwhile; try again"},
    {core::Reason::kKeyUnavailable, "a key that the service needs is not there; tell the operator"},
    {core::Reason::kStoredDataInvalid, "a stored record cannot be read; tell the operator"},
    {core::Reason::kInternal, "internal error"},
};

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
  if (!reason) return PublicErrorOf(core::MakeError(core::Reason::kInternal, ""));
  const auto* const sentence =
      std::ranges::find(kSentences, core::ReasonOf(error), &Sentence::reason);
  const bool withheld = sentence != std::end(kSentences);
  // The numbers of the canonical codes are the same in both libraries.
  return {static_cast<grpc::StatusCode>(error.code()), *reason,
          withheld ? sentence->text : std::string(error.message()), withheld};
}

void LogWithheld(const std::string& method, const absl::Status& error) {
  const PublicError described = PublicErrorOf(error);
  if (!described.withheld) return;
  spdlog::error("{}: {}: {}", method, NameOf(described.reason), std::string(error.message()));
}

std::string NameOf(v1::Reason reason) { return v1::Reason_Name(reason).substr(kPrefix.size()); }

std::string NameOf(grpc::StatusCode code) {
  return absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
}

absl::Status ShuttingDown() {
  return core::MakeError(core::Reason::kShuttingDown, "the service is shutting down");
}

absl::Status HungUp() {
  return core::MakeError(core::Reason::kCancelled, "the caller has hung up");
}

absl::Status WithRetryAfter(absl::Status error, std::chrono::duration<double> wait) {
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(wait);
  error.SetPayload(kRetryAfterUrl, absl::Cord(std::to_string(milliseconds.count())));
  return error;
}

std::optional<std::chrono::milliseconds> RetryAfter(const absl::Status& error) {
  const auto payload = error.GetPayload(kRetryAfterUrl);
  if (!payload) return std::nullopt;
  const std::string text(*payload);
  std::int64_t milliseconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  return std::chrono::milliseconds(milliseconds);
}

bool IsPermanent(const absl::Status& error) {
  // The operator can mend these, and a lane that skipped the item would lose the crossing.
  constexpr core::Reason kMendable[] = {
      core::Reason::kKeyUnavailable, core::Reason::kLaneUnknown, core::Reason::kLaneWrongDirection,
      core::Reason::kClassUnknown, core::Reason::kStoredDataInvalid};
  const std::optional<core::Reason> reason = core::ReasonOf(error);
  if (reason && std::ranges::find(kMendable, *reason) != std::end(kMendable)) return false;
  switch (PublicErrorOf(error).code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ALREADY_EXISTS:
      return true;
    default:
      return false;
  }
}

}  // namespace entryexit::rpc
