#ifndef ENTRYEXIT_APP_READ_H_
#define ENTRYEXIT_APP_READ_H_

#include <functional>

#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/ports/store.h"

namespace entryexit::app {

// Runs `read`, which gives a result, in a transaction of its own that leaves no record in the audit
// log: for steps of a job that nobody is shown anything of, and whose call is recorded once
// (app/audited.h).
template <typename Result>
absl::StatusOr<Result> Read(
    ports::Store& store, const Call& call,
    const std::function<absl::StatusOr<Result>(ports::Transaction&)>& read) {
  absl::StatusOr<Result> result;
  const absl::Status status =
      store.Transact(call.deadline, [&](ports::Transaction& transaction) -> absl::Status {
        result = read(transaction);
        return result.status();
      });
  if (!status.ok()) return status;
  return result;
}

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_READ_H_
