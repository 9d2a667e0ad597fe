#ifndef ENTRYEXIT_TESTS_FUZZ_MEMORY_FILE_H_
#define ENTRYEXIT_TESTS_FUZZ_MEMORY_FILE_H_

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

namespace entryexit::fuzz {

// A file that exists in memory alone, for what reads files by their path. Not thread-safe.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)) {
    if (descriptor_ < 0) std::abort();
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(descriptor_); }

  // Replaces what is in it.
  void Write(std::string_view content) const {
    if (ftruncate(descriptor_, 0) != 0 || pwrite(descriptor_, content.data(), content.size(), 0) !=
                                              static_cast<ssize_t>(content.size())) {
      std::abort();
    }
  }

  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  const int descriptor_;
};

}  // namespace entryexit::fuzz

#endif  // ENTRYEXIT_TESTS_FUZZ_MEMORY_FILE_H_
