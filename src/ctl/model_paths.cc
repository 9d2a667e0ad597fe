#include "ctl/model_paths.h"

#include "entryexit/config/config.h"

namespace entryexit::ctl {

void ModelPaths::FillDefaults() {
  if (manifest.empty()) {
    const std::filesystem::path here = "models/manifest.yaml";
    manifest = std::filesystem::exists(here) ? here : config::FaceConfig().manifest;
  }
  if (installed.empty()) installed = manifest.parent_path() / "installed";
}

void AddModelPathOptions(CLI::App& command, ModelPaths& paths) {
  command
      .add_option("--manifest", paths.manifest,
                  "The model manifest; default models/manifest.yaml if it is there, else " +
                      config::FaceConfig().manifest.string())
      ->type_name("FILE");
  command
      .add_option("--installed", paths.installed,
                  "Folder of the models that were installed; default 'installed' beside the "
                  "manifest")
      ->type_name("DIR");
}

}  // namespace entryexit::ctl
