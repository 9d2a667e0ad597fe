#include "ctl/context.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <nlohmann/json.hpp>

#include "entryexit/client/text.h"
#include "entryexit/core/reason.h"

namespace entryexit::ctl {
namespace {

// A reason of ours means that the command failed on this side, before or without the service.
ExitCode ExitCodeOf(core::Reason reason) {
  switch (reason) {
    case core::Reason::kMissingField:
    case core::Reason::kInvalidField:
    case core::Reason::kConfigInvalid:
      return ExitCode::kUsage;
    case core::Reason::kDatabaseUnavailable:
      return ExitCode::kUnavailable;
    default:
      return ExitCode::kFailed;
  }
}

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> Context::Channel() const {
  client::Credentials credentials = client::CredentialsIn(certs);
  if (!ca.empty()) credentials.authority = ca;
  if (!certificate.empty()) credentials.certificate = certificate;
  if (!key.empty()) credentials.key = key;
  if (certs.empty() && (ca.empty() || certificate.empty() || key.empty())) {
    return core::MakeError(core::Reason::kConfigInvalid,
                           "no client certificate: give --certs DIR, as made by "
                           "'entryexitctl certs issue' (or set ENTRYEXITCTL_CERTS)");
  }
  return client::OpenChannel(server, credentials);
}

ExitCode Context::Fail(const absl::Status& status) const {
  const std::string message = Printable(MessageOf(status));
  if (const auto reason = core::ReasonOf(status)) {
    fmt::print(err, "entryexitctl: {}\n", message);
    return ExitCodeOf(*reason);
  }
  const bool answered = !client::ReasonNameOf(status).empty();
  if (client::IsRetryable(status)) {
    if (answered) {
      fmt::print(err, "entryexitctl: the service cannot answer now: {}\n", message);
    } else {
      fmt::print(err, "entryexitctl: no answer from {}: {}\n", server, message);
    }
    return ExitCode::kUnavailable;
  }
  fmt::print(
      err, "entryexitctl: refused: {}\n",
      answered ? message : fmt::format("{}: {}", absl::StatusCodeToString(status.code()), message));
  return ExitCode::kFailed;
}

ExitCode Context::FailRequest(const absl::Status& status, const std::string& request_id) const {
  const ExitCode code = Fail(status);
  if (code == ExitCode::kUnavailable) {
    fmt::print(err, "To try again: the same command with --request-id {}\n", request_id);
  }
  return code;
}

void Context::WriteJson(const google::protobuf::Message& message) const {
  // Flushed line by line, for whoever reads a stream as it comes.
  out << client::ToJson(message) << std::endl;
}

void Context::WriteObject(const nlohmann::ordered_json& object) const {
  // A path need not be UTF-8.
  out << object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << std::endl;
}

void Context::WriteFields(const std::vector<Field>& fields) const {
  ctl::WriteFields(out, colours, fields);
}

Table Context::MakeTable(std::vector<Table::Column> columns) const {
  return Table(out, colours, std::move(columns));
}

}  // namespace entryexit::ctl
