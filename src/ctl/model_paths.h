#ifndef ENTRYEXIT_SRC_CTL_MODEL_PATHS_H_
#define ENTRYEXIT_SRC_CTL_MODEL_PATHS_H_

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

namespace entryexit::ctl {

// Which models there are, for the commands that look at them without the service.
struct ModelPaths {
  std::filesystem::path manifest;   // set to a default when not given
  std::filesystem::path installed;  // "installed" beside the manifest when not given

  void FillDefaults();
};

void AddModelPathOptions(CLI::App& command, ModelPaths& paths);

}  // namespace entryexit::ctl

#endif  // ENTRYEXIT_SRC_CTL_MODEL_PATHS_H_
