#ifndef ENTRYEXIT_TESTS_E2E_RAW_CALL_H_
#define ENTRYEXIT_TESTS_E2E_RAW_CALL_H_

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace entryexit::testing {

// What came back from a call whose messages are bytes.
struct RawAnswer {
  grpc::Status status;
  std::string reason;                  // the trailing metadata `entryexit-reason`
  std::vector<std::string> responses;  // messages, serialized
};

// Calls any method, unary or streaming, with messages that need not be any. Reads its responses to
// the end, or hangs up after `max_responses`, which makes the status CANCELLED.
RawAnswer RawCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                  const std::vector<std::string>& messages, std::size_t max_responses = 100);

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_E2E_RAW_CALL_H_
