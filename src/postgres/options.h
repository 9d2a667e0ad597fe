#ifndef ENTRYEXIT_SRC_POSTGRES_OPTIONS_H_
#define ENTRYEXIT_SRC_POSTGRES_OPTIONS_H_

#include "absl/status/status.h"
#include "entryexit/core/reason.h"
#include "entryexit/postgres/store.h"

namespace entryexit::postgres {

// Errors: CONFIG_INVALID.
inline absl::Status CheckOptions(const DatabaseOptions& options) {
  if (options.pool_size > 0 && options.connect_timeout.count() > 0 &&
      options.statement_timeout.count() > 0) {
    return absl::OkStatus();
  }
  return core::MakeError(core::Reason::kConfigInvalid,
                         "the database's pool size and timeouts must be greater than zero");
}

}  // namespace entryexit::postgres

#endif  // ENTRYEXIT_SRC_POSTGRES_OPTIONS_H_
