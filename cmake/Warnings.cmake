# The one place that says how strictly our own code is compiled. Third-party headers come in as SYSTEM.
add_library(entryexit_warnings INTERFACE)
target_compile_options(entryexit_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # In C++, GCC leaves sign conversions out of -Wconversion; the two compilers shall agree.
  target_compile_options(entryexit_warnings INTERFACE -Wthread-safety -Wno-sign-conversion)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees an overlap in `"literal" + std::to_string(n)` that is not there (GCC bug 105651).
  target_compile_options(entryexit_warnings INTERFACE -Wno-restrict)
endif()
