# The one place that says how strictly our own code is compiled. Third-party headers come in as SYSTEM.
add_library(entryexit_warnings INTERFACE)
target_compile_options(entryexit_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # In C++, GCC leaves sign conversions out of -Wconversion; the two compilers shall agree.
  target_compile_options(entryexit_warnings INTERFACE -Wthread-safety -Wno-sign-conversion)
endif()
