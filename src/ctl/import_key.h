#ifndef ENTRYEXIT_SRC_CTL_IMPORT_KEY_H_
#define ENTRYEXIT_SRC_CTL_IMPORT_KEY_H_

#include <cstdint>
#include <string>

namespace entryexit::ctl {

// Appends eight bytes that sort, as bytes, as the numbers do.
inline void AppendSortable(std::int64_t number, std::string& key) {
  const std::uint64_t bits = static_cast<std::uint64_t>(number) ^ (std::uint64_t{1} << 63);
  for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>(bits >> shift);
}

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_IMPORT_KEY_H_
