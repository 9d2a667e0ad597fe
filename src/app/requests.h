#ifndef ENTRYEXIT_APP_REQUESTS_H_
#define ENTRYEXIT_APP_REQUESTS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "entryexit/ports/store.h"

namespace entryexit::app {

// The record of a request that was carried out before; none when it is new.
// Errors: REQUEST_ID_REUSED when it had other content or came from somebody else; those of
// Transaction::FindRequest.
absl::StatusOr<std::optional<ports::RequestRecord>> FindCarriedOut(
    ports::Transaction& transaction, const core::RequestId& id, const std::string& principal,
    const std::string& content_digest);

// The same of one that was looked up already. Errors: REQUEST_ID_REUSED.
absl::Status CheckSame(const ports::RequestRecord& found, const std::string& principal,
                       const std::string& content_digest);

}  // namespace entryexit::app

#endif  // ENTRYEXIT_APP_REQUESTS_H_
