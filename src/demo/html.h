#ifndef ENTRYEXIT_DEMO_HTML_H_
#define ENTRYEXIT_DEMO_HTML_H_

#include <string>
#include <string_view>

#include "entryexit/base/html.h"
#include "entryexit/base/text.h"

// Small pieces of HTML. Whatever comes in as text is escaped.
namespace entryexit::demo {

using base::Element;
using base::Escaped;

// The file itself as an address: "data:image/jpeg;base64,...".
std::string DataUri(std::string_view media_type, std::string_view bytes);

}  // namespace entryexit::demo

#endif  // ENTRYEXIT_DEMO_HTML_H_
