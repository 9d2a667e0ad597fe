#ifndef ENTRYEXIT_RPC_PAGE_TOKEN_H_
#define ENTRYEXIT_RPC_PAGE_TOKEN_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "entryexit/core/clock.h"
#include "entryexit/ports/store.h"

// Page tokens: opaque to clients, safe in URLs, and good only for the list that gave them. They
// hold no secret and are not proof of anything: a forged one names another place in the same list.
namespace entryexit::rpc {

// The last row of a page, by the two columns that every list of ours is ordered by.
struct PagePosition {
  core::Timestamp time;
  std::string id;  // a UUID
};

// `list` names the list and all of its filters: tokens of one list do not open with another.
std::string MakePageToken(const std::string& list, const PagePosition& position);

// None for the empty token, which asks for the first page.
// Errors: PAGE_TOKEN_INVALID.
absl::StatusOr<std::optional<PagePosition>> ReadPageToken(const std::string& list,
                                                          const std::string& token);

// The same for the audit log, whose records have places in the stead of UUIDs.
std::string MakePageToken(const std::string& list, const ports::AuditCursor& position);
absl::StatusOr<std::optional<ports::AuditCursor>> ReadAuditPageToken(const std::string& list,
                                                                     const std::string& token);

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_PAGE_TOKEN_H_
