#ifndef ENTRYEXIT_CLIENT_CHANNEL_H_
#define ENTRYEXIT_CLIENT_CHANNEL_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// What every client of the service needs: a channel with mutual TLS, deadlines, and errors in
// words. All functions are thread-safe.
namespace entryexit::client {

// The files that mutual TLS needs, PEM.
struct Credentials {
  std::filesystem::path authority;    // whom to trust as the service
  std::filesystem::path certificate;  // who we are
  std::filesystem::path key;
};

// The files as `entryexitctl certs issue` lays them out: ca.pem, client.pem and client.key.
Credentials CredentialsIn(const std::filesystem::path& directory);

// A channel to `server` ("host:port"). Does not connect yet: the first call does.
// Errors: CONFIG_INVALID naming the file that is missing, unreadable or empty.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const std::string& server,
                                                           const Credentials& credentials);

// What became of a call, for people and for programs: OK, or the call's canonical code with a
// message such as "IMAGE_CORRUPT: the image ends too early". `context` is the call's own, ended.
absl::Status ToStatus(const grpc::Status& status, const grpc::ClientContext& context);

// The service's reason in a status made by ToStatus, e.g. "IMAGE_CORRUPT"; empty when the service
// gave none, as when it was not reached.
std::string ReasonNameOf(const absl::Status& status);

// True when the service was not reached or could not answer just now. The same request, with the
// same request_id, may be sent again. False when the request is larger than the service takes.
bool IsRetryable(const absl::Status& status);

// The time by which a call that starts now must end.
std::chrono::system_clock::time_point DeadlineIn(std::chrono::milliseconds timeout);

// What a call that looks at personal data is made for.
struct Purpose {
  std::string code;     // of the service's purpose policy, such as "CASE_WORK"; empty: none is said
  std::string case_id;  // empty: for no case
};

// Has the call say its purpose. Call it before the call begins.
void SayPurpose(const Purpose& purpose, grpc::ClientContext& context);

// How long the service asks a caller to wait who makes more calls a second than it may; none when
// the call, which has ended, came to another end. Such a call has done nothing.
std::optional<std::chrono::milliseconds> AskedToWait(const grpc::ClientContext& context);

// Makes one unary call and waits for its end, at most `timeout`:
//   Call(*stub, &LaneService::Stub::RecordArrival, request, timeout)
// Makes it again when the service asks to wait and there is the time.
// Errors: as ToStatus.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(
    Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
    const Request& request, std::chrono::milliseconds timeout, const Purpose& purpose = {}) {
  const std::chrono::system_clock::time_point deadline = DeadlineIn(timeout);
  while (true) {
    grpc::ClientContext context;
    SayPurpose(purpose, context);
    context.set_deadline(deadline);
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (status.ok()) return response;
    const std::optional<std::chrono::milliseconds> wait = AskedToWait(context);
    if (!wait || DeadlineIn(*wait) >= deadline) return ToStatus(status, context);
    std::this_thread::sleep_for(*wait);
  }
}

}  // namespace entryexit::client

#endif  // ENTRYEXIT_CLIENT_CHANNEL_H_
