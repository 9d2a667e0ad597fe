#include "app/requests.h"

#include "entryexit/core/reason.h"

namespace entryexit::app {

absl::StatusOr<std::optional<ports::RequestRecord>> FindCarriedOut(
    ports::Transaction& transaction, const core::RequestId& id, const std::string& principal,
    const std::string& content_digest) {
  auto found = transaction.FindRequest(id);
  if (!found.ok() || !*found) return found;
  absl::Status status = CheckSame(**found, principal, content_digest);
  if (!status.ok()) return status;
  return found;
}

absl::Status CheckSame(const ports::RequestRecord& found, const std::string& principal,
                       const std::string& content_digest) {
  if (found.principal == principal && found.content_digest == content_digest) {
    return absl::OkStatus();
  }
  return core::MakeError(core::Reason::kRequestIdReused,
                         "this request_id was used before, for something else");
}

}  // namespace entryexit::app
