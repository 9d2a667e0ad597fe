#ifndef ENTRYEXIT_SRC_CTL_COMMAND_LINE_H_
#define ENTRYEXIT_SRC_CTL_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "ctl/context.h"

namespace entryexit::ctl {

// Parses `arguments` (without the program's name) into `context` and runs the command they name.
// Whatever goes wrong is said on `context.err`. Reads the environment for defaults.
ExitCode RunCommandLine(std::vector<std::string> arguments, Context& context);

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_COMMAND_LINE_H_
