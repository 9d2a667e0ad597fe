#ifndef ENTRYEXIT_TESTS_SUPPORT_SANITIZERS_H_
#define ENTRYEXIT_TESTS_SUPPORT_SANITIZERS_H_

namespace entryexit::testing {

// False when AddressSanitizer's own memory lies on top of a program's: what was freed, kept for a
// while to notice its use, and the shadow.
#ifdef __SANITIZE_ADDRESS__
inline constexpr bool kMemoryIsTheProgramsOwn = false;
#else
inline constexpr bool kMemoryIsTheProgramsOwn = true;
#endif

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_SUPPORT_SANITIZERS_H_
