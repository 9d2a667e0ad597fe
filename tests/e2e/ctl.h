#ifndef ENTRYEXIT_TESTS_E2E_CTL_H_
#define ENTRYEXIT_TESTS_E2E_CTL_H_

#include <string>
#include <vector>

#include "tests/e2e/world.h"

namespace entryexit::testing {

struct Ran {
  int exit_code;
  std::string output;  // both streams
};

// Runs entryexitctl, as a process of its own, as the principal `name` ("officer/4711"). The test
// program must depend on the target entryexitctl.
Ran Ctl(World& world, const std::string& name, const std::vector<std::string>& arguments);

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_E2E_CTL_H_
