#ifndef ENTRYEXIT_SRC_FACE_LARGE_PAGES_H_
#define ENTRYEXIT_SRC_FACE_LARGE_PAGES_H_

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace entryexit::face {

struct FreeFloats {
  void operator()(float* floats) const { std::free(floats); }
};
using LargeFloats = std::unique_ptr<float, FreeFloats>;

// Memory for so many floats, in pages of 2 MB as far as the system gives such: of pages of 4 KB too
// many addresses would have to be looked up. Throws std::bad_alloc. Thread-safe.
inline LargeFloats MakeLargeFloats(std::size_t count) {
  constexpr std::size_t kLargePage = std::size_t{1} << 21;
  const std::size_t pages = (count * sizeof(float) + kLargePage - 1) / kLargePage;
  LargeFloats floats(static_cast<float*>(std::aligned_alloc(kLargePage, pages * kLargePage)));
  if (floats == nullptr) throw std::bad_alloc();
  madvise(floats.get(), pages * kLargePage, MADV_HUGEPAGE);
  return floats;
}

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_LARGE_PAGES_H_
