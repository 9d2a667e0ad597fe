#include "entryexit/client/channel.h"

#include <gtest/gtest.h>

namespace entryexit::client {
namespace {

TEST(CallStatus, KeepsTheCodeAndTheMessage) {
  const grpc::ClientContext context;
  const absl::Status status =
      ToStatus(grpc::Status(grpc::StatusCode::UNAVAILABLE, "no route"), context);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(), "no route");
  EXPECT_EQ(ReasonNameOf(status), "");
}

TEST(CallStatus, TellsWhichCallsMayBeRepeated) {
  for (const auto code : {absl::StatusCode::kUnavailable, absl::StatusCode::kDeadlineExceeded}) {
    EXPECT_TRUE(IsRetryable(absl::Status(code, ""))) << absl::StatusCodeToString(code);
  }
  // RESOURCE_EXHAUSTED without a reason of the service: the message is too large.
  for (const auto code : {absl::StatusCode::kOk, absl::StatusCode::kInvalidArgument,
                          absl::StatusCode::kResourceExhausted, absl::StatusCode::kAborted,
                          absl::StatusCode::kInternal}) {
    EXPECT_FALSE(IsRetryable(absl::Status(code, ""))) << absl::StatusCodeToString(code);
  }
}

}  // namespace
}  // namespace entryexit::client
