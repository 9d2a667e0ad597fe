#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "ctl/command_line.h"
#include "entryexit/face/matrix_kernels.h"

namespace {

// https://no-color.org: any text, but not an empty one, asks for no colours.
bool WantsColours() {
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

}  // namespace

int main(int argc, char** argv) {
  // What the face engine logs must not end up in the output that a script reads.
  spdlog::set_default_logger(spdlog::stderr_logger_mt("entryexitctl"));
  entryexit::face::ChooseMatrixKernels(argv);  // for `evaluate`
  entryexit::ctl::Context context{.out = std::cout, .err = std::cerr, .colours = WantsColours()};
  return static_cast<int>(entryexit::ctl::RunCommandLine({argv + 1, argv + argc}, context));
}
