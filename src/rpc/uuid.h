#ifndef ENTRYEXIT_RPC_UUID_H_
#define ENTRYEXIT_RPC_UUID_H_

#include <optional>
#include <string>
#include <string_view>

namespace entryexit::rpc {

// The canonical lower-case form of a UUID in either case; none when `text` is no UUID.
std::optional<std::string> CanonicalUuid(std::string_view text);

}  // namespace entryexit::rpc

#endif  // ENTRYEXIT_RPC_UUID_H_
