#ifndef ENTRYEXIT_SRC_POSTGRES_ERRORS_H_
#define ENTRYEXIT_SRC_POSTGRES_ERRORS_H_

#include <libpq-fe.h>

#include <string>

#include "absl/status/status.h"
#include "entryexit/core/reason.h"

namespace entryexit::postgres {

// What `sqlstate` means to the service.
core::Reason ReasonFor(const std::string& sqlstate);

// The error in `result` of the statement named `statement`. Names the statement, the SQLSTATE and
// the constraint, but not what the server wrote: that may quote the data.
absl::Status ErrorOf(const PGresult* result, const char* statement);

// DATABASE_UNAVAILABLE with what libpq says of the link itself.
absl::Status LinkError(const PGconn* connection);

// True when the same transaction may succeed if it is run again.
bool IsRetryable(const absl::Status& status);

}  // namespace entryexit::postgres

#endif  // ENTRYEXIT_SRC_POSTGRES_ERRORS_H_
