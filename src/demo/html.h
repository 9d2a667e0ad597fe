#ifndef ENTRYEXIT_DEMO_HTML_H_
#define ENTRYEXIT_DEMO_HTML_H_

#include <string>
#include <string_view>

#include "entryexit/base/text.h"

// Small pieces of HTML. Whatever comes in as text is escaped.
namespace entryexit::demo {

using base::Escaped;

// <tag class="css_class">text</tag>; no class attribute when it is empty.
std::string Element(std::string_view tag, std::string_view text, std::string_view css_class = "");

// The file itself as an address: "data:image/jpeg;base64,...".
std::string DataUri(std::string_view media_type, std::string_view bytes);

}  // namespace entryexit::demo

#endif  // ENTRYEXIT_DEMO_HTML_H_
