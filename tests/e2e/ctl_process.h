#ifndef ENTRYEXIT_TESTS_E2E_CTL_PROCESS_H_
#define ENTRYEXIT_TESTS_E2E_CTL_PROCESS_H_

#include <string>
#include <vector>

#include "tests/e2e/world.h"

namespace entryexit::testing {

struct Ran {
  int exit_code;
  std::string output;  // both streams
};

// Runs the real entryexitctl against the world's daemon as `role`, "auditor/7", to its end.
Ran Ctl(World& world, const std::string& role, const std::vector<std::string>& arguments);

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_E2E_CTL_PROCESS_H_
