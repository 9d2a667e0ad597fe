#ifndef ENTRYEXIT_SRC_CONFIG_YAML_READER_H_
#define ENTRYEXIT_SRC_CONFIG_YAML_READER_H_

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

// Reads an operator's YAML files strictly, every refusal with its line; private to the config
// module.
namespace entryexit::config {

// CONFIG_INVALID: "where: what".
absl::Status ErrorAt(const std::string& where, const std::string& what);

// A value in the file, and where it stands. The line is that of the value's key, since yaml-cpp
// puts an empty value on the line of whatever follows.
struct Entry {
  std::string name;  // in full, e.g. "face.quality.min_luma"; empty for the whole file
  int line;
  YAML::Node value;
};

using Visit = std::function<absl::Status(const Entry&)>;

// The steps of reading one file; the first error of a visit ends the step.
class YamlReader {
 public:
  explicit YamlReader(std::filesystem::path path) : path_(std::move(path)) {}

  // Visits the whole file. One without a YAML document is not visited.
  // Errors: CONFIG_INVALID for a file that cannot be read, is not YAML, or has several documents.
  absl::Status ReadFile(const Visit& visit) const;

  // Visits each key of a map. An empty section has none.
  absl::Status ReadMap(const Entry& map, const Visit& visit) const;

  // Visits each item, which goes by the name of the list.
  absl::Status ReadList(const Entry& list, const Visit& visit) const;

  // Reads a text that `allowed` describes and `predicate` checks.
  absl::Status ReadText(const Entry& entry, const std::string& allowed,
                        bool (*predicate)(std::string_view), std::string& target) const;

  const std::filesystem::path& path() const { return path_; }
  std::string PlaceOf(const Entry& entry) const;  // "file:line"
  absl::Status ErrorIn(const Entry& entry, const std::string& what) const;
  absl::Status NotAllowed(const Entry& entry, const std::string& allowed) const;
  absl::Status UnknownKey(const Entry& entry) const;

 private:
  const std::filesystem::path path_;
};

}  // namespace entryexit::config

#endif  // ENTRYEXIT_SRC_CONFIG_YAML_READER_H_
