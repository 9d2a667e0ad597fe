#ifndef ENTRYEXIT_APP_AUDITED_H_
#define ENTRYEXIT_APP_AUDITED_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "entryexit/app/call.h"
#include "entryexit/core/ids.h"
#include "entryexit/ports/store.h"

// Every use case that reads or changes personal data does it here, so that none is done without a
// record in the audit log.
namespace entryexit::app {

// What the audit log is told besides the call: what is known beforehand, and what the work finds
// out.
struct AuditNote {
  std::vector<core::TravelerId> travelers;  // whose data; a record for each, one if there are none
  std::string subject;                      // what of it: mostly an id, never content
  std::optional<core::RequestId> request_id;
  bool leaves_record = true;  // false: after all, nothing was read or changed for the caller
};

using AuditedWork = std::function<absl::Status(ports::Transaction&, AuditNote&)>;

// Runs `work` in a transaction that holds its record too. When `work` refuses, its effects are
// undone and the refusal is recorded with its reason, in a transaction of its own: who looks for
// people is seen also when nobody is found. `work` is given a copy of `known` at every attempt.
// Errors: that of `work`, once it is recorded; CASE_NOT_FOUND when the call is made for a case that
// there is not; CASE_OF_ANOTHER_TRAVELER when it is none of the travelers that `work` found out, if
// it did; those of Store::Transact, upon which nothing was read or changed as far as the caller
// learns.
absl::Status TransactAudited(ports::Store& store, const Call& call, const AuditNote& known,
                             const AuditedWork& work);

// Records something that happened outside of any transaction. `outcome` as core::AuditEntry has it.
absl::Status RecordInAudit(ports::Store& store, const Call& call, const AuditNote& note,
                           const std::string& outcome);

// As TransactAudited, for work that gives a result.
template <typename Result>
absl::StatusOr<Result> ReadAudited(
    ports::Store& store, const Call& call, const AuditNote& known,
    const std::function<absl::StatusOr<Result>(ports::Transaction&, AuditNote&)>& read) {
  absl::StatusOr<Result> result;
  absl::Status status =
      TransactAudited(store, call, known, [&](ports::Transaction& transaction, AuditNote& note) {
        result = read(transaction, note);
        return result.status();
      });
  if (!status.ok()) return status;
  return result;
}

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_AUDITED_H_
