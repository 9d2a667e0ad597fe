#include "src/demo/html.h"

#include <fmt/format.h>

#include "absl/strings/escaping.h"

namespace entryexit::demo {

std::string DataUri(std::string_view media_type, std::string_view bytes) {
  return fmt::format("data:{};base64,{}", media_type,
                     absl::Base64Escape({bytes.data(), bytes.size()}));
}

}  // namespace entryexit::demo
