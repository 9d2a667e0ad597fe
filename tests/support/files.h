#ifndef ENTRYEXIT_TESTS_SUPPORT_FILES_H_
#define ENTRYEXIT_TESTS_SUPPORT_FILES_H_

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace entryexit::testing {

// The bytes of a file that is there; throws, which fails the test, when it is not.
inline std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_SUPPORT_FILES_H_
