#include "src/postgres/copy_rows.h"

#include <string_view>

namespace entryexit::postgres {
namespace {

// What has a meaning of its own in the format, and what its escape ends with.
constexpr std::string_view kSpecial = {"\\\n\r\t\0", 5};
constexpr std::string_view kEscapes = {"\\nrt", 4};

}  // namespace

void CopyRows::Add(const Params& row) {
  bool is_first = true;
  for (const Param& param : row) {
    if (!is_first) text_ += '\t';
    is_first = false;
    if (param.value) {
      AddValue(*param.value);
    } else {
      text_ += "\\N";
    }
  }
  text_ += '\n';
}

void CopyRows::AddValue(const std::string& value) {
  const std::string_view text = value;
  size_t done = 0;
  for (size_t at = text.find_first_of(kSpecial); at != std::string_view::npos;
       at = text.find_first_of(kSpecial, done)) {
    text_ += text.substr(done, at - done);
    done = at + 1;
    if (text[at] == '\0') {
      holds_nul_ = true;
    } else {
      text_ += '\\';
      text_ += kEscapes[kSpecial.find(text[at])];
    }
  }
  text_ += text.substr(done);
}

}  // namespace entryexit::postgres
