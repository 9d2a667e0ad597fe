#include "app/requests.h"

#include "entryexit/core/reason.h"

namespace entryexit::app {

absl::StatusOr<std::optional<ports::RequestRecord>> FindCarriedOut(
    ports::Transaction& transaction, const core::RequestId& id, const std::string& principal,
    const std::string& content_digest) {
  auto found = transaction.FindRequest(id);
  if (!found.ok() || !*found) return found;
  const ports::RequestRecord& record = **found;
  if (record.principal == principal && record.content_digest == content_digest) return found;
  return core::MakeError(core::Reason::kRequestIdReused,
                         "this request_id was used before, for something else");
}

}  // namespace entryexit::app
