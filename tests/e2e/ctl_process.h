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

// Runs entryexitctl to its end as a principal of the world: Ctl(world, "admin/1", {"health"}).
Ran Ctl(World& world, const std::string& principal, const std::vector<std::string>& arguments);

// The words of that command, for one that does more than run it.
std::vector<std::string> CtlWords(World& world, const std::string& principal,
                                  const std::vector<std::string>& arguments);

// Runs any program to its end; its first word is its path.
Ran RunProgram(std::vector<std::string> words);

}  // namespace entryexit::testing

#endif  // ENTRYEXIT_TESTS_E2E_CTL_PROCESS_H_
