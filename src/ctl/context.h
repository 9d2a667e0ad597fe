#ifndef ENTRYEXIT_SRC_CTL_CONTEXT_H_
#define ENTRYEXIT_SRC_CTL_CONTEXT_H_

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ctl/exit_code.h"
#include "ctl/table.h"
#include "entryexit/client/channel.h"

namespace entryexit::ctl {

// The options of every command, and where its output goes.
struct Context {
  std::ostream& out;
  std::ostream& err;
  bool colours = false;  // on `out`

  std::string server = "localhost:7443";
  std::filesystem::path certs = {};
  // Each goes before the file of that purpose in `certs`.
  std::filesystem::path ca = {};
  std::filesystem::path certificate = {};
  std::filesystem::path key = {};
  bool json = false;
  client::Purpose purpose = {};  // what the command looks at personal data for, as given
  // When none is given: the one that the command can be meant for; empty where it can be several.
  std::string default_purpose = {};
  double timeout_seconds = 10;
  bool timeout_given = false;

  // What the command line asks for; set when it was parsed.
  std::function<ExitCode()> command = {};

  std::chrono::milliseconds timeout() const {
    return std::chrono::milliseconds(static_cast<std::int64_t>(timeout_seconds * 1000));
  }

  // For a call that goes through a year's records.
  std::chrono::milliseconds long_timeout() const {
    return timeout_given ? timeout() : std::chrono::minutes(10);
  }

  // What its calls are made for.
  client::Purpose CallPurpose() const {
    return {purpose.code.empty() ? default_purpose : purpose.code, purpose.case_id};
  }

  // A channel by the options above.
  absl::StatusOr<std::shared_ptr<grpc::Channel>> Channel() const;

  // Opens a channel and makes one call on it, as client::Call does.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request) const {
    const auto channel = Channel();
    if (!channel.ok()) return channel.status();
    Stub stub(*channel);
    return client::Call(stub, method, request, timeout(), CallPurpose());
  }

  // Says on `err` why the command failed, and what its exit code is.
  ExitCode Fail(const absl::Status& status) const;
  // The same for a request that may have been recorded all the same, which is safe to repeat with
  // its own id only.
  ExitCode FailRequest(const absl::Status& status, const std::string& request_id) const;

  // With --json, each as one line: a message of the API, or what is none.
  void WriteJson(const google::protobuf::Message& message) const;
  void WriteObject(const nlohmann::ordered_json& object) const;
  void WriteFields(const std::vector<Field>& fields) const;
  Table MakeTable(std::vector<Table::Column> columns) const;
};

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_CONTEXT_H_
