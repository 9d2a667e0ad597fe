#ifndef ENTRYEXIT_TESTS_FUZZ_REQUIRE_H_
#define ENTRYEXIT_TESTS_FUZZ_REQUIRE_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "absl/status/status.h"
#include "entryexit/core/reason.h"

// What every fuzz target uses: an input that breaks a promise of the code under test ends the
// target, which makes it a finding as a crash is.
namespace entryexit::fuzz {

inline void Require(bool promise, const char* what) {
  if (promise) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

// Whoever refuses an input says why, with a reason that the API knows and that is no defect.
inline void RequireReason(const absl::Status& status) {
  if (status.ok()) return;
  const auto reason = core::ReasonOf(status);
  Require(reason.has_value() && *reason != core::Reason::kInternal, "an error has its reason");
  Require(!status.message().empty(), "an error has a message");
}

inline std::string_view TextOf(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace entryexit::fuzz

#endif  // ENTRYEXIT_TESTS_FUZZ_REQUIRE_H_
