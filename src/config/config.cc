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

#include "src/config/key_table.h"
#include "src/config/text_rules.h"
#include "src/config/yaml_reader.h"

namespace entryexit::config {
namespace {

constexpr std::string_view kPrefix = "ENTRYEXIT_";
constexpr char kPlaceIdRule[] = "1 to 32 capital letters, digits and hyphens, the first no hyphen";

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
      : reader_(path), keys_(keys), ports_(ports), places_(places) {}

  absl::Status Read() {
    return reader_.ReadFile([this](const Entry& document) { return ReadSection(document); });
  }

 private:
  absl::Status ReadSection(const Entry& section) {
    return reader_.ReadMap(section, [this](const Entry& entry) {
      if (entry.name == "ports") {
        return reader_.ReadList(entry, [this](const Entry& port) { return ReadPort(port); });
      }
      for (const Key& key : keys_) {
        if (key.info.name == entry.name) return ReadValue(key, entry);
        if (key.info.name.starts_with(entry.name + ".")) return ReadSection(entry);
      }
      return reader_.UnknownKey(entry);
    });
  }

  absl::Status ReadValue(const Key& key, const Entry& entry) {
    const std::optional<std::vector<std::string>> values =
        key.is_list ? ScalarsOf(entry.value) : ScalarOf(entry.value);
    if (!values || !key.set(*values, reader_.path().parent_path())) {
      return reader_.NotAllowed(entry, key.info.allowed);
    }
    places_[entry.name] = reader_.PlaceOf(entry);
    return absl::OkStatus();
  }

  absl::Status ReadPlaceId(const Entry& entry, std::set<std::string>& taken,
                           std::string& target) const {
    absl::Status status = reader_.ReadText(entry, kPlaceIdRule, IsPlaceId, target);
    if (status.ok() && !taken.insert(target).second) {
      return reader_.ErrorIn(entry, fmt::format("{}: '{}' is there twice", entry.name, target));
    }
    return status;
  }

  absl::Status ReadPort(const Entry& entry) {
    PortConfig port;
    absl::Status status = reader_.ReadMap(entry, [&](const Entry& field) {
      if (field.name == "ports.id") return ReadPlaceId(field, port_ids_, port.id);
      if (field.name == "ports.name") {
        return reader_.ReadText(field, "a text", IsAnyText, port.name);
      }
      if (field.name == "ports.time_zone") {
        return reader_.ReadText(field, "an IANA time zone known to this machine", IsKnownTimeZone,
                                port.time_zone);
      }
      if (field.name == "ports.lanes") {
        return reader_.ReadList(field,
                                [&](const Entry& lane) { return ReadLane(lane, port.lanes); });
      }
      return reader_.UnknownKey(field);
    });
    if (!status.ok()) return status;
    if (port.id.empty() || port.time_zone.empty()) {
      return reader_.ErrorIn(entry, "a port needs at least id and time_zone");
    }
    ports_.push_back(std::move(port));
    return absl::OkStatus();
  }

  absl::Status ReadLane(const Entry& entry, std::vector<LaneConfig>& lanes) {
    LaneConfig lane;
    bool has_direction = false;
    absl::Status status = reader_.ReadMap(entry, [&](const Entry& field) {
      if (field.name == "ports.lanes.id") return ReadPlaceId(field, lane_ids_, lane.id);
      if (field.name == "ports.lanes.direction") {
        has_direction = true;
        return ReadDirection(field, lane.direction);
      }
      return reader_.UnknownKey(field);
    });
    if (!status.ok()) return status;
    if (lane.id.empty() || !has_direction) {
      return reader_.ErrorIn(entry, "a lane needs id and direction");
    }
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
      return reader_.NotAllowed(entry, "one of arrival, departure, both");
    }
    return absl::OkStatus();
  }

  const YamlReader reader_;
  const std::vector<Key>& keys_;
  std::vector<PortConfig>& ports_;
  Places& places_;
  std::set<std::string> port_ids_;
  std::set<std::string> lane_ids_;
};

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
    if (key == keys.end()) return ErrorAt(variable, "no key has this environment variable");
    const std::vector<std::string> values = key->is_list ? SplitAtCommas(text) : std::vector{text};
    if (!key->set(values, /*base=*/{})) {
      return ErrorAt(variable, fmt::format("'{}' is not {}", text, key->info.allowed));
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
  return ErrorAt(place->second, fmt::format("{} ({}) must be below {} ({})", lesser, lesser_value,
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
  const std::vector<std::string>& command = config.encryption.key_command;
  if (status.ok() && !command.empty() && !command.front().starts_with('/')) {
    status = ErrorAt(places.at("encryption.key_command"),
                     fmt::format("encryption.key_command must begin with a path from the root on, "
                                 "not '{}'",
                                 command.front()));
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

int RequestThreadsOf(const Config& config) {
  // Eight that wait, so that as many faces can be embedded at once, and four that a worker or the
  // database has: with two workers 24 threads were measured to do.
  constexpr int kForEachWorker = 12;
  if (config.server.request_threads > 0) return config.server.request_threads;
  return kForEachWorker * config.face.workers;
}

absl::StatusOr<Config> LoadConfig(const std::filesystem::path& path,
                                  const Environment& environment) {
  Config config;
  const std::vector<Key> keys = KeysOf(config);
  Places places;
  absl::Status status = FileReader(path, keys, config.ports, places).Read();
  if (status.ok()) status = ReadEnvironment(environment, keys, places);
  if (status.ok()) status = CheckTogether(config, places);
  if (!status.ok()) return status;
  return config;
}

}  // namespace entryexit::config
