#ifndef ENTRYEXIT_RPC_STATUS_H_
#define ENTRYEXIT_RPC_STATUS_H_

#include <grpcpp/support/status.h>

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "entryexit/core/reason.h"
#include "entryexit/v1/types.pb.h"

// The one place that says how an error of ours looks on the wire.
namespace entryexit::rpc {

inline constexpr char kReasonKey[] = "entryexit-reason";

// An error as clients are told of it.
struct PublicError {
  grpc::StatusCode code;
  v1::Reason reason;
  std::string message;
  bool withheld;  // the error's own message is the operator's only; `message` is a fixed sentence
};

// An error without a reason, or with one that is not in the API, is a defect of ours: INTERNAL.
PublicError PublicErrorOf(const absl::Status& error);

// Logs the error's own message when PublicErrorOf keeps it from the client.
void LogWithheld(const std::string& method, const absl::Status& error);

// "IMAGE_CORRUPT": as in the trailing metadata and in logs.
std::string NameOf(v1::Reason reason);

// "OK", "NOT_FOUND" and so on.
std::string NameOf(grpc::StatusCode code);

// What a call is ended with when the service drains, and when nobody waits for its answer.
absl::Status ShuttingDown();
absl::Status HungUp();

// Has an error say after what time it is worth while to try again, rounded up to milliseconds.
absl::Status WithRetryAfter(absl::Status error, std::chrono::duration<double> wait);
// What the error says of that; none when it does not.
std::optional<std::chrono::milliseconds> RetryAfter(const absl::Status& error);

// Whether the same item would be refused again, so that a backlog goes on after it. Everything else
// is the service's trouble, and passes.
bool IsPermanent(const absl::Status& error);

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_STATUS_H_
