#include "ctl/model_paths.h"

#include <system_error>

#include "entryexit/config/config.h"

namespace entryexit::ctl {
namespace {

constexpr char kManifestOfSourceTree[] = "models/manifest.yaml";

bool InSourceTree() {
  std::error_code ignored;  // what cannot be looked at is not there
  return std::filesystem::exists(kManifestOfSourceTree, ignored);
}

}  // namespace

void ModelPaths::FillDefaults() {
  const config::FaceConfig daemon;
  const bool development = manifest.empty() && InSourceTree();
  if (manifest.empty()) manifest = development ? kManifestOfSourceTree : daemon.manifest;
  if (installed.empty()) {
    installed = development ? manifest.parent_path() / "installed" : daemon.installed_models;
  }
}

void AddModelPathOptions(CLI::App& command, ModelPaths& paths) {
  command
      .add_option("--manifest", paths.manifest,
                  "The model manifest; default models/manifest.yaml if it is there, else " +
                      config::FaceConfig().manifest.string())
      ->type_name("FILE");
  command
      .add_option("--installed", paths.installed,
                  "Folder of the models that were installed; default models/installed with the "
                  "default models/manifest.yaml, else the daemon's, " +
                      config::FaceConfig().installed_models.string())
      ->type_name("DIR");
}

}  // namespace entryexit::ctl
