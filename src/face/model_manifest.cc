#include "entryexit/face/model_manifest.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <initializer_list>
#include <stdexcept>
#include <string_view>

#include "entryexit/core/reason.h"

namespace entryexit::face {
namespace {

using core::MakeError;
using core::Reason;

// A fault in the manifest; never leaves this file.
class Fault : public std::runtime_error {
 public:
  Fault(const YAML::Node& at, const std::string& what)
      : std::runtime_error(fmt::format("line {}: {}", at.Mark().line + 1, what)) {}
};

void CheckKeys(const YAML::Node& map, std::initializer_list<std::string_view> known) {
  if (!map.IsMap()) throw Fault(map, "a map is expected here");
  for (const auto& entry : map) {
    const auto key = entry.first.as<std::string>();
    if (std::ranges::find(known, key) == known.end()) {
      throw Fault(entry.first, fmt::format("unknown key '{}'", key));
    }
  }
}

template <typename T>
T Required(const YAML::Node& map, const std::string& key) {
  const YAML::Node value = map[key];
  if (!value) throw Fault(map, fmt::format("key '{}' is missing", key));
  try {
    return value.as<T>();
  } catch (const YAML::Exception&) {
    throw Fault(value, fmt::format("the value of '{}' is malformed", key));
  }
}

std::string Optional(const YAML::Node& map, const std::string& key) {
  return map[key] ? Required<std::string>(map, key) : std::string();
}

Architecture ReadArchitecture(const YAML::Node& map) {
  const auto name = Required<std::string>(map, "architecture");
  if (name == "entryexit-resnet") return Architecture::kEntryexitResnet;
  if (name == "dlib-resnet") return Architecture::kDlibResnet;
  throw Fault(map["architecture"], "architecture is entryexit-resnet or dlib-resnet");
}

Alignment ReadAlignment(const YAML::Node& map) {
  const auto name = Required<std::string>(map, "alignment");
  if (name == "arcface-112") return Alignment::kArcface112;
  if (name == "dlib-150") return Alignment::kDlib150;
  throw Fault(map["alignment"], "alignment is arcface-112 or dlib-150");
}

std::string ReadDigest(const YAML::Node& map, const std::string& key, size_t digits) {
  std::string digest = Optional(map, key);
  const bool hex = digest.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!digest.empty() && (digest.size() != digits || !hex)) {
    throw Fault(map[key], fmt::format("{} is {} lower-case hex digits", key, digits));
  }
  return digest;
}

// A plain name or relative path: the manifest cannot reach outside its folder.
std::string CheckPath(const YAML::Node& at, std::string path) {
  const std::filesystem::path parsed(path);
  if (parsed.is_absolute() || std::ranges::find(parsed, "..") != parsed.end()) {
    throw Fault(at, fmt::format("'{}' must lie within the models folder", path));
  }
  return path;
}

CalibrationTable ReadTable(const std::string& pairs, const YAML::Node& map) {
  CheckKeys(map, {"measured_on", "points"});
  std::vector<core::CalibrationPoint> points;
  for (const YAML::Node& point : Required<YAML::Node>(map, "points")) {
    CheckKeys(point, {"fmr", "distance"});
    points.push_back({Required<double>(point, "fmr"), Required<double>(point, "distance")});
  }
  absl::StatusOr<core::Calibration> calibration =
      core::Calibration::Create(pairs, std::move(points));
  if (!calibration.ok()) throw Fault(map, std::string(calibration.status().message()));
  return {*std::move(calibration), Required<std::string>(map, "measured_on")};
}

ModelDescription ReadModel(const YAML::Node& map) {
  CheckKeys(map,
            {"id", "architecture", "file", "sha256", "git_blob", "alignment", "dimension",
             "l2_normalised", "calibration", "golden", "licence", "lineage", "source", "warning"});
  ModelDescription model;
  model.id = Required<std::string>(map, "id");
  model.architecture = ReadArchitecture(map);
  model.alignment = ReadAlignment(map);
  model.file = CheckPath(map["file"], Required<std::string>(map, "file"));
  model.sha256 = ReadDigest(map, "sha256", 64);
  model.git_blob = ReadDigest(map, "git_blob", 40);
  if (model.sha256.empty() && model.git_blob.empty()) {
    throw Fault(map, "sha256 or git_blob is required");
  }
  model.dimension = Required<int>(map, "dimension");
  if (model.dimension < 1) throw Fault(map["dimension"], "dimension must be at least 1");
  model.l2_normalised = Required<bool>(map, "l2_normalised");
  model.golden = CheckPath(map["golden"], Optional(map, "golden"));
  model.licence = Required<std::string>(map, "licence");
  model.lineage = Required<std::string>(map, "lineage");
  model.source = Optional(map, "source");
  model.warning = Optional(map, "warning");
  if (const YAML::Node tables = map["calibration"]) {
    CheckKeys(tables, {"matched", "random"});
    for (const auto& entry : tables) {
      model.calibrations.push_back(ReadTable(entry.first.as<std::string>(), entry.second));
    }
  }
  return model;
}

std::vector<ModelDescription> ReadModels(const YAML::Node& root) {
  CheckKeys(root, {"models"});
  std::vector<ModelDescription> models;
  for (const YAML::Node& node : Required<YAML::Node>(root, "models")) {
    ModelDescription model = ReadModel(node);
    if (std::ranges::find(models, model.id, &ModelDescription::id) != models.end()) {
      throw Fault(node, fmt::format("model '{}' is described twice", model.id));
    }
    models.push_back(std::move(model));
  }
  return models;
}

}  // namespace

const CalibrationTable* ModelDescription::CalibrationFor(const std::string& pairs) const {
  for (const CalibrationTable& table : calibrations) {
    if (table.calibration.pairs() == pairs) return &table;
  }
  return nullptr;
}

absl::StatusOr<ModelManifest> ModelManifest::Load(const std::filesystem::path& path) {
  try {
    ModelManifest manifest;
    manifest.folder_ = path.parent_path();
    manifest.models_ = ReadModels(YAML::LoadFile(path.string()));
    return manifest;
  } catch (const YAML::BadFile&) {
    return MakeError(Reason::kConfigInvalid, fmt::format("{}: cannot be read", path.string()));
  } catch (const std::exception& error) {  // Fault, or the parser's own, which names the line too
    return MakeError(Reason::kConfigInvalid, fmt::format("{}: {}", path.string(), error.what()));
  }
}

absl::StatusOr<ModelDescription> ModelManifest::Find(const std::string& id) const {
  std::string known;
  for (const ModelDescription& model : models_) {
    if (model.id == id) return model;
    known += known.empty() ? model.id : ", " + model.id;
  }
  return MakeError(Reason::kModelUnknown,
                   fmt::format("the manifest describes no model '{}'; it has: {}", id, known));
}

}  // namespace entryexit::face
