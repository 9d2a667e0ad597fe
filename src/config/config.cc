#include "entryexit/config/config.h"

#include <fmt/format.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

#include "entryexit/base/files.h"
#include "entryexit/core/reason.h"
#include "src/config/key_table.h"
#include "src/config/text_rules.h"

namespace entryexit::config {
namespace {

constexpr std::string_view kPrefix = "ENTRYEXIT_";
constexpr char kPlaceIdRule[] = "1 to 32 capital letters, digits and hyphens, the first no hyphen";

absl::Status Error(const std::string& where, const std::string& what) {
  return core::MakeError(core::Reason::kConfigInvalid, fmt::format("{}: {}", where, what));
}

// A value in the file, and where it stands. The line is that of the value's key, since yaml-cpp
// puts an empty value on the line of whatever follows.
struct Entry {
  std::string name;  // in full, e.g. "face.quality.min_luma"; empty for the whole file
  int line;
  YAML::Node value;
};

int LineOf(const YAML::Node& node) { return node.Mark().line + 1; }

// None when `node` is no scalar.
std::optional<std::vector<std::string>> ScalarOf(const YAML::Node& node) {
  if (!node.IsScalar()) return std::nullopt;
  return std::vector{node.Scalar()};
}

// None when `node` is no list of scalars.
std::optional<std::vector<std::string>> ScalarsOf(const YAML::Node& node) {
  if (!node.IsSequence()) return std::nullopt;
  std::vector<std::string> values;
  for (const YAML::Node& item : node) {
    if (!item.IsScalar()) return std::nullopt;
    values.push_back(item.Scalar());
  }
  return values;
}

// Where each key was set, by its name: "file:line" or the variable.
using Places = std::map<std::string, std::string>;

// Fills a Config from one YAML document.
class FileReader {
 public:
  FileReader(const std::filesystem::path& path, const std::vector<Key>& keys,
             std::vector<PortConfig>& ports, Places& places)
      : path_(path), keys_(keys), ports_(ports), places_(places) {}

  absl::Status Read(const YAML::Node& document) {
    return ReadSection(Entry{"", LineOf(document), document});
  }

 private:
  std::string PlaceOf(const Entry& entry) const {
    return fmt::format("{}:{}", path_.string(), entry.line);
  }
  absl::Status ErrorAt(const Entry& entry, const std::string& what) const {
    return Error(PlaceOf(entry), what);
  }

  absl::Status NotAllowed(const Entry& entry, const std::string& allowed) const {
    const std::string given =
        entry.value.IsScalar() ? fmt::format("'{}'", entry.value.Scalar()) : "this";
    return ErrorAt(
        entry, fmt::format("{}: {} is not {}", entry.name.empty() ? "the file" : entry.name, given,
                           allowed));
  }

  absl::Status UnknownKey(const Entry& entry) const {
    return ErrorAt(entry, fmt::format("unknown key '{}'", entry.name));
  }

  // Calls read(entry) for each key of a map. An empty section has none.
  template <typename Read>
  absl::Status ReadMap(const Entry& map, Read read) const {
    if (map.value.IsNull()) return absl::OkStatus();
    if (!map.value.IsMap()) return NotAllowed(map, "a map of keys");
    const std::string prefix = map.name.empty() ? "" : map.name + ".";
    std::set<std::string> seen;
    for (const auto& pair : map.value) {
      const YAML::Node& key = pair.first;
      if (!key.IsScalar()) return NotAllowed(map, "a map with plain names as keys");
      const Entry entry{prefix + key.Scalar(), LineOf(key), pair.second};
      // A dot would make "face.workers" at the top look like `workers` within `face`.
      if (key.Scalar().find('.') != std::string::npos) return UnknownKey(entry);
      if (!seen.insert(entry.name).second) {
        return ErrorAt(entry, fmt::format("'{}' is there twice", entry.name));
      }
      if (absl::Status status = read(entry); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // Calls read(entry) for each item, which goes by the name of the list.
  template <typename Read>
  absl::Status ReadList(const Entry& list, Read read) const {
    if (!list.value.IsSequence()) return NotAllowed(list, "a list");
    for (const YAML::Node& item : list.value) {
      const int line = item.IsNull() ? list.line : LineOf(item);
      if (absl::Status status = read(Entry{list.name, line, item}); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status ReadSection(const Entry& section) {
    return ReadMap(section, [this](const Entry& entry) {
      if (entry.name == "ports") {
        return ReadList(entry, [this](const Entry& port) { return ReadPort(port); });
      }
      for (const Key& key : keys_) {
        if (key.info.name == entry.name) return ReadValue(key, entry);
        if (key.info.name.starts_with(entry.name + ".")) return ReadSection(entry);
      }
      return UnknownKey(entry);
    });
  }

  absl::Status ReadValue(const Key& key, const Entry& entry) {
    const std::optional<std::vector<std::string>> values =
        key.is_list ? ScalarsOf(entry.value) : ScalarOf(entry.value);
    if (!values || !key.set(*values, path_.parent_path())) {
      return NotAllowed(entry, key.info.allowed);
    }
    places_[entry.name] = PlaceOf(entry);
    return absl::OkStatus();
  }

  // Reads a text that `allowed` describes and `predicate` checks.
  absl::Status ReadText(const Entry& entry, const std::string& allowed,
                        bool (*predicate)(std::string_view), std::string& target) const {
    if (!entry.value.IsScalar() || !predicate(entry.value.Scalar())) {
      return NotAllowed(entry, allowed);
    }
    target = entry.value.Scalar();
    return absl::OkStatus();
  }

  absl::Status ReadPlaceId(const Entry& entry, std::set<std::string>& taken,
                           std::string& target) const {
    absl::Status status = ReadText(entry, kPlaceIdRule, IsPlaceId, target);
    if (status.ok() && !taken.insert(target).second) {
      return ErrorAt(entry, fmt::format("{}: '{}' is there twice", entry.name, target));
    }
    return status;
  }

  absl::Status ReadPort(const Entry& entry) {
    PortConfig port;
    absl::Status status = ReadMap(entry, [&](const Entry& field) {
      if (field.name == "ports.id") return ReadPlaceId(field, port_ids_, port.id);
      if (field.name == "ports.name") return ReadText(field, "a text", IsAnyText, port.name);
      if (field.name == "ports.time_zone") {
        return ReadText(field, "an IANA time zone known to this machine", IsKnownTimeZone,
                        port.time_zone);
      }
      if (field.name == "ports.lanes") {
        return ReadList(field, [&](const Entry& lane) { return ReadLane(lane, port.lanes); });
      }
      return UnknownKey(field);
    });
    if (!status.ok()) return status;
    if (port.id.empty() || port.time_zone.empty()) {
      return ErrorAt(entry, "a port needs at least id and time_zone");
    }
    ports_.push_back(std::move(port));
    return absl::OkStatus();
  }

  absl::Status ReadLane(const Entry& entry, std::vector<LaneConfig>& lanes) {
    LaneConfig lane;
    bool has_direction = false;
    absl::Status status = ReadMap(entry, [&](const Entry& field) {
      if (field.name == "ports.lanes.id") return ReadPlaceId(field, lane_ids_, lane.id);
      if (field.name == "ports.lanes.direction") {
        has_direction = true;
        return ReadDirection(field, lane.direction);
      }
      return UnknownKey(field);
    });
    if (!status.ok()) return status;
    if (lane.id.empty() || !has_direction) return ErrorAt(entry, "a lane needs id and direction");
    lanes.push_back(std::move(lane));
    return absl::OkStatus();
  }

  absl::Status ReadDirection(const Entry& entry, std::optional<core::Direction>& target) const {
    const std::string text = entry.value.IsScalar() ? entry.value.Scalar() : "";
    if (text == "arrival") {
      target = core::Direction::kArrival;
    } else if (text == "departure") {
      target = core::Direction::kDeparture;
    } else if (text == "both") {
      target.reset();
    } else {
      return NotAllowed(entry, "one of arrival, departure, both");
    }
    return absl::OkStatus();
  }

  const std::filesystem::path& path_;
  const std::vector<Key>& keys_;
  std::vector<PortConfig>& ports_;
  Places& places_;
  std::set<std::string> port_ids_;
  std::set<std::string> lane_ids_;
};

absl::Status ReadFile(const std::filesystem::path& path, const std::vector<Key>& keys,
                      std::vector<PortConfig>& ports, Places& places) {
  const absl::StatusOr<std::string> content = base::ReadFile(path);
  if (!content.ok()) return content.status();
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(*content);
    if (documents.empty()) return absl::OkStatus();
    if (documents.size() > 1) return Error(path.string(), "more than one YAML document");
    return FileReader(path, keys, ports, places).Read(documents.front());
  } catch (const YAML::Exception& error) {
    return Error(fmt::format("{}:{}", path.string(), error.mark.line + 1), error.msg);
  }
}

std::vector<std::string> SplitAtCommas(const std::string& text) {
  std::vector<std::string> items;
  std::istringstream stream(text);
  for (std::string item; std::getline(stream, item, ',');) items.push_back(item);
  return items;
}

bool IsOurs(std::string_view variable) {
  return variable.starts_with(kPrefix) && variable != "ENTRYEXIT_CONFIG" &&
         !variable.starts_with("ENTRYEXIT_TEST_");
}

absl::Status ReadEnvironment(const Environment& environment, const std::vector<Key>& keys,
                             Places& places) {
  for (const auto& [variable, text] : environment) {
    if (!IsOurs(variable)) continue;
    const auto key =
        std::ranges::find(keys, variable, [](const Key& k) { return k.info.variable; });
    if (key == keys.end()) return Error(variable, "no key has this environment variable");
    const std::vector<std::string> values = key->is_list ? SplitAtCommas(text) : std::vector{text};
    if (!key->set(values, /*base=*/{})) {
      return Error(variable, fmt::format("'{}' is not {}", text, key->info.allowed));
    }
    places[key->info.name] = variable;
  }
  return absl::OkStatus();
}

// Two values that each are allowed, but not together: `lesser` must be below `greater`.
absl::Status CheckOrder(const Places& places, const std::string& lesser, double lesser_value,
                        const std::string& greater, double greater_value) {
  if (lesser_value < greater_value) return absl::OkStatus();
  // One of the two was set, for the defaults are in order.
  const auto place = places.contains(lesser) ? places.find(lesser) : places.find(greater);
  return Error(place->second, fmt::format("{} ({}) must be below {} ({})", lesser, lesser_value,
                                          greater, greater_value));
}

absl::Status CheckTogether(const Config& config, const Places& places) {
  const QualityConfig& quality = config.face.quality;
  // A request holds the image and some more.
  absl::Status status = CheckOrder(places, "face.max_image_mib", config.face.max_image_mib,
                                   "server.max_message_mib", config.server.max_message_mib);
  if (status.ok()) {
    status = CheckOrder(places, "face.quality.min_luma", quality.min_luma, "face.quality.max_luma",
                        quality.max_luma);
  }
  if (status.ok()) {
    status = CheckOrder(places, "matching.fmr_match", config.matching.fmr_match,
                        "matching.fmr_no_match", config.matching.fmr_no_match);
  }
  return status;
}

}  // namespace

Environment ProcessEnvironment() {
  Environment environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const size_t equals = text.find('=');
    if (!text.starts_with(kPrefix) || equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

absl::StatusOr<Config> LoadConfig(const std::filesystem::path& path,
                                  const Environment& environment) {
  Config config;
  const std::vector<Key> keys = KeysOf(config);
  Places places;
  absl::Status status = ReadFile(path, keys, config.ports, places);
  if (status.ok()) status = ReadEnvironment(environment, keys, places);
  if (status.ok()) status = CheckTogether(config, places);
  if (!status.ok()) return status;
  return config;
}

}  // namespace entryexit::config
