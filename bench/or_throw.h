#ifndef ENTRYEXIT_BENCH_OR_THROW_H_
#define ENTRYEXIT_BENCH_OR_THROW_H_

#include <stdexcept>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace entryexit::bench {

// A benchmark that cannot go on ends, saying why.
inline void OrThrow(const absl::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

template <typename T>
T OrThrow(absl::StatusOr<T> result) {
  OrThrow(result.status());
  return *std::move(result);
}

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_OR_THROW_H_
