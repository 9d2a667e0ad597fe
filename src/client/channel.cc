#include "entryexit/client/channel.h"

#include <fmt/format.h>

#include <charconv>

#include "absl/strings/cord.h"
#include "entryexit/base/files.h"
#include "entryexit/core/reason.h"

namespace entryexit::client {
namespace {

// Not the key of core::MakeError: what the service refused is no error of this side.
constexpr char kPayloadUrl[] = "entryexit.client/reason";
constexpr char kReasonMetadata[] = "entryexit-reason";
// Above the service's own limit for a picture, so that a stored one always comes through.
constexpr int kMaxMessageBytes = 64 << 20;

absl::StatusOr<std::string> ReadPem(const std::filesystem::path& file) {
  auto pem = base::ReadFile(file);
  if (pem.ok() && pem->empty()) {
    return core::MakeError(core::Reason::kConfigInvalid, fmt::format("{} is empty", file.string()));
  }
  return pem;
}

// Of a call that has ended; empty when there is none.
std::string TrailingValue(const grpc::ClientContext& context, const char* key) {
  const auto& metadata = context.GetServerTrailingMetadata();
  const auto found = metadata.find(key);
  if (found == metadata.end()) return {};
  return {found->second.data(), found->second.size()};
}

}  // namespace

Credentials CredentialsIn(const std::filesystem::path& directory) {
  return {directory / "ca.pem", directory / "client.pem", directory / "client.key"};
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const std::string& server,
                                                           const Credentials& credentials) {
  const auto authority = ReadPem(credentials.authority);
  if (!authority.ok()) return authority.status();
  const auto certificate = ReadPem(credentials.certificate);
  if (!certificate.ok()) return certificate.status();
  const auto key = ReadPem(credentials.key);
  if (!key.ok()) return key.status();

  grpc::SslCredentialsOptions options;
  options.pem_root_certs = *authority;
  options.pem_cert_chain = *certificate;
  options.pem_private_key = *key;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  return grpc::CreateCustomChannel(server, grpc::SslCredentials(options), arguments);
}

absl::Status ToStatus(const grpc::Status& status, const grpc::ClientContext& context) {
  if (status.ok()) return absl::OkStatus();
  const std::string reason = TrailingValue(context, kReasonMetadata);
  const std::string message = reason.empty()
                                  ? status.error_message()
                                  : fmt::format("{}: {}", reason, status.error_message());
  // Both enums are the canonical codes, with the same numbers.
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), message);
  if (!reason.empty()) result.SetPayload(kPayloadUrl, absl::Cord(reason));
  return result;
}

std::string ReasonNameOf(const absl::Status& status) {
  const auto reason = status.GetPayload(kPayloadUrl);
  return reason ? std::string(*reason) : std::string();
}

bool IsRetryable(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return true;
    case absl::StatusCode::kResourceExhausted:
      // Without a reason it is gRPC that speaks: the message is larger than the service takes.
      return !ReasonNameOf(status).empty();
    case absl::StatusCode::kAborted:
      return ReasonNameOf(status) == core::NameOf(core::Reason::kDatabaseConflict);
    default:
      return false;
  }
}

std::optional<std::chrono::milliseconds> AskedToWait(const grpc::ClientContext& context) {
  if (TrailingValue(context, kReasonMetadata) != core::NameOf(core::Reason::kRateLimited)) {
    return std::nullopt;
  }
  const std::string text = TrailingValue(context, "entryexit-retry-after-ms");
  int milliseconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  if (error != std::errc() || end != text.data() + text.size() || milliseconds < 0) {
    return std::nullopt;
  }
  return std::chrono::milliseconds(milliseconds);
}

void SayPurpose(const Purpose& purpose, grpc::ClientContext& context) {
  if (!purpose.code.empty()) context.AddMetadata("entryexit-purpose", purpose.code);
  if (!purpose.case_id.empty()) context.AddMetadata("entryexit-case", purpose.case_id);
}

std::chrono::system_clock::time_point DeadlineIn(std::chrono::milliseconds timeout) {
  return std::chrono::system_clock::now() + timeout;
}

}  // namespace entryexit::client
