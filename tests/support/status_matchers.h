#ifndef ENTRYEXIT_TESTS_SUPPORT_STATUS_MATCHERS_H_
#define ENTRYEXIT_TESTS_SUPPORT_STATUS_MATCHERS_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/statusor.h"
#include "entryexit/core/reason.h"

namespace entryexit::testing {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// Matches an absl::Status or absl::StatusOr that is OK.
MATCHER(IsOk, negation ? "is an error" : "is OK") {
  *result_listener << StatusOf(arg).ToString();
  return arg.ok();
}

// Matches an error that carries `reason`.
MATCHER_P(FailsWith, reason, std::string("fails with ") + std::string(core::NameOf(reason))) {
  *result_listener << StatusOf(arg).ToString();
  return core::ReasonOf(StatusOf(arg)) == reason;
}

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_SUPPORT_STATUS_MATCHERS_H_
