#ifndef ENTRYEXIT_SRC_FACE_BATCHES_H_
#define ENTRYEXIT_SRC_FACE_BATCHES_H_

#include <algorithm>
#include <cstddef>
#include <vector>

namespace entryexit::face {

// How many faces are embedded together when so many wait: numbers above 1, the greatest first. What
// is left over is embedded one by one; empty: every face is.
using BatchSizes = std::vector<std::size_t>;

// The greatest batch that so many faces fill; 1 when they fill none.
inline std::size_t LargestBatch(const BatchSizes& sizes, std::size_t faces) {
  const auto filled = std::ranges::find_if(sizes, [&](std::size_t size) { return size <= faces; });
  return filled == sizes.end() ? 1 : *filled;
}

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_BATCHES_H_
