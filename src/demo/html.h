#ifndef ENTRYEXIT_DEMO_HTML_H_
#define ENTRYEXIT_DEMO_HTML_H_

#include <string>
#include <string_view>

// Small pieces of HTML. Whatever comes in as text is escaped.
namespace entryexit::demo {

// For text and for attribute values in double quotes.
std::string Escaped(std::string_view text);

// <tag class="css_class">text</tag>; no class attribute when it is empty.
std::string Element(std::string_view tag, std::string_view text, std::string_view css_class = "");

// The file itself as an address: "data:image/jpeg;base64,...".
std::string DataUri(std::string_view media_type, std::string_view bytes);

}  // namespace entryexit::demo

#endif  // ENTRYEXIT_DEMO_HTML_H_
