#include "src/demo/html.h"

#include <fmt/format.h>

#include "absl/strings/escaping.h"

namespace entryexit::demo {

std::string Element(std::string_view tag, std::string_view text, std::string_view css_class) {
  if (css_class.empty()) return fmt::format("<{0}>{1}</{0}>", tag, Escaped(text));
  return fmt::format("<{0} class=\"{1}\">{2}</{0}>", tag, Escaped(css_class), Escaped(text));
}

std::string DataUri(std::string_view media_type, std::string_view bytes) {
  return fmt::format("data:{};base64,{}", media_type,
                     absl::Base64Escape({bytes.data(), bytes.size()}));
}

}  // namespace entryexit::demo
