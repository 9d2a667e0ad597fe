#include "entryexit/base/html.h"

#include "entryexit/base/text.h"

namespace entryexit::base {

std::string Element(std::string_view tag, std::string_view text, std::string_view css_class) {
  std::string element = "<" + std::string(tag);
  if (!css_class.empty()) element += " class=\"" + Escaped(css_class) + "\"";
  return element + ">" + Escaped(text) + "</" + std::string(tag) + ">";
}

std::string Page(std::string_view title, std::string_view style, std::string_view body) {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  page += Element("title", title) + "\n<style>";
  page.append(style).append("</style>\n</head>\n<body>\n").append(body);
  return page + "</body>\n</html>\n";
}

}  // namespace entryexit::base
