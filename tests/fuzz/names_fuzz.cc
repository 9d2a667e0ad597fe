// Short texts that callers make up: the URI names of a certificate (one a line), and page tokens,
// as they are and as what is within them.
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "entryexit/core/ids.h"
#include "entryexit/rpc/access.h"
#include "rpc/page_token.h"
#include "tests/fuzz/require.h"

namespace entryexit::fuzz {
namespace {

void CheckPrincipal(const std::vector<std::string>& uris) {
  const auto principal = rpc::PrincipalFrom(uris);
  RequireReason(principal.status());
  if (!principal.ok()) return;
  Require(core::IsPlainId(principal->id), "a principal's id is plain");
  Require("entryexit://" + principal->name == uris.front(), "a principal has its whole name");
}

void CheckPageToken(const std::string& token) {
  constexpr char kList[] = "crossings 1";
  const auto position = rpc::ReadPageToken(kList, token);
  RequireReason(position.status());
  if (!position.ok() || !*position) return;
  Require(core::IsUuid((*position)->id), "a position has a UUID");
  const auto again = rpc::ReadPageToken(kList, rpc::MakePageToken(kList, **position));
  Require(again.ok() && *again && (*again)->id == (*position)->id &&
              (*again)->time == (*position)->time,
          "a position survives its token");
}

}  // namespace
}  // namespace entryexit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(entryexit::fuzz::TextOf(data, size));
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  entryexit::fuzz::CheckPrincipal(lines);
  entryexit::fuzz::CheckPageToken(text);
  entryexit::fuzz::CheckPageToken(absl::WebSafeBase64Escape(text));
  return 0;
}
