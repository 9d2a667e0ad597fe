#ifndef ENTRYEXIT_SRC_CTL_MODEL_PATHS_H_
#define ENTRYEXIT_SRC_CTL_MODEL_PATHS_H_

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

namespace entryexit::ctl {

// Which models there are, for the commands that look at them without the service.
struct ModelPaths {
  std::filesystem::path manifest;
  std::filesystem::path installed;

  // Fills what was not given with where the daemon looks by default, or in the source tree with
  // what is there.
  void FillDefaults();
};

void AddModelPathOptions(CLI::App& command, ModelPaths& paths);

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_MODEL_PATHS_H_
