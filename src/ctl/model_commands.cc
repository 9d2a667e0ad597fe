#include <fmt/format.h>
#include <fmt/ostream.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "ctl/commands.h"
#include "ctl/model_paths.h"
#include "entryexit/core/reason.h"
#include "entryexit/face/model_manifest.h"

namespace entryexit::ctl {
namespace {

constexpr char kInstallHelp[] = R"(The file is checked by its digest before it is put in place.

Example:
  entryexitctl models install dlib-resnet-v1 dlib_face_recognition_resnet_model_v1.dat)";

Cell DescribeState(const face::ModelState& state) {
  if (state.path.empty()) return {"not installed", Colour::kYellow};
  if (!state.digest_ok) return {"WRONG DIGEST", Colour::kRed};
  return {"ready", Colour::kGreen};
}

std::vector<std::string> CalibrationsOf(const face::ModelDescription& model) {
  std::vector<std::string> kinds;
  for (const auto& table : model.calibrations) kinds.push_back(table.calibration.pairs());
  return kinds;
}

void WriteModel(const Context& context, const face::ModelDescription& model,
                const face::ModelState& state) {
  const Cell words = DescribeState(state);
  const std::string file = state.path.empty() ? model.file : state.path.string();
  const std::vector<std::string> kinds = CalibrationsOf(model);
  if (context.json) {
    context.WriteObject({{"id", model.id},
                         {"state", words.text},
                         {"file", file},
                         {"sha256", state.sha256},
                         {"calibrations", kinds},
                         {"licence", model.licence},
                         {"source", model.source},
                         {"warning", model.warning}});
    return;
  }
  fmt::print(context.out, "{}\n", Styled({model.id, Colour::kBold}, context.colours));
  context.WriteFields({{"state", words},
                       {"file", file},
                       {"SHA-256", state.sha256},
                       {"calibration", kinds.empty() ? "none: cannot match yet"
                                                     : fmt::format("{}", fmt::join(kinds, ", "))},
                       {"licence", model.licence},
                       {"source", model.source},
                       {"warning", {model.warning, Colour::kYellow}}});
}

ExitCode ListModels(const Context& context, const ModelPaths& paths) {
  const auto manifest = face::ModelManifest::Load(paths.manifest);
  if (!manifest.ok()) return context.Fail(manifest.status());
  for (const auto& model : manifest->models()) {
    const auto state = face::InspectModel(*manifest, model, paths.installed);
    if (!state.ok()) return context.Fail(state.status());
    WriteModel(context, model, *state);
  }
  return ExitCode::kOk;
}

// Makes the folder, and tells before a large file is read that nothing can be put there.
absl::Status PrepareFolder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error && access(folder.c_str(), W_OK) != 0) error = {errno, std::generic_category()};
  if (!error) return absl::OkStatus();
  return core::MakeError(
      core::Reason::kConfigInvalid,
      fmt::format("cannot write to the folder {}: {} (--installed names another)", folder.string(),
                  error.message()));
}

ExitCode InstallModel(const Context& context, const ModelPaths& paths, const std::string& id,
                      const std::string& file) {
  const auto manifest = face::ModelManifest::Load(paths.manifest);
  if (!manifest.ok()) return context.Fail(manifest.status());
  absl::Status status = PrepareFolder(paths.installed);
  if (status.ok()) status = face::InstallModel(*manifest, id, file, paths.installed);
  if (!status.ok()) return context.Fail(status);
  if (context.json) {
    context.WriteObject({{"id", id}, {"installed", paths.installed.string()}});
  } else {
    fmt::print(context.out,
               "Installed {} in {}. A daemon whose face.installed_models is that folder uses it "
               "once face.model names it and it is restarted.\n",
               id, paths.installed.string());
  }
  return ExitCode::kOk;
}

}  // namespace

void AddModelCommands(CLI::App& app, Context& context) {
  struct Options {
    ModelPaths paths;
    std::string id;
    std::string file;
  };
  auto* models = app.add_subcommand("models", "Face models: list, install");
  models->require_subcommand(1);
  models->footer("Example:\n  entryexitctl models list");
  auto options = std::make_shared<Options>();

  auto* list = models->add_subcommand("list", "List the known models and what is in place");
  AddModelPathOptions(*list, options->paths);
  list->footer("Example:\n  entryexitctl models list");
  list->callback([&context, options] {
    context.command = [&context, options] {
      options->paths.FillDefaults();
      return ListModels(context, options->paths);
    };
  });

  auto* install = models->add_subcommand("install", "Put a model's file in place");
  install->add_option("id", options->id, "The model's id in the manifest")
      ->required()
      ->type_name("MODEL");
  install->add_option("file", options->file, "The file")->required()->type_name("FILE");
  AddModelPathOptions(*install, options->paths);
  install->footer(kInstallHelp);
  install->callback([&context, options] {
    context.command = [&context, options] {
      options->paths.FillDefaults();
      return InstallModel(context, options->paths, options->id, options->file);
    };
  });
}

}  // namespace entryexit::ctl
