#include "src/config/yaml_reader.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>

#include <set>
#include <sstream>

#include "entryexit/base/files.h"
#include "entryexit/core/reason.h"

namespace entryexit::config {
namespace {

int LineOf(const YAML::Node& node) { return node.Mark().line + 1; }

// What a document says does not matter to it.
class IgnoreEvents final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnScalar(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {}
  void OnSequenceStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/,
                       YAML::anchor_t /*anchor*/, YAML::EmitterStyle::value /*style*/) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {}
  void OnMapEnd() override {}
};

// The number of documents, counted up to two. YAML::LoadAll looks for an end that never comes when
// something stands between documents that belongs to none, such as a bracket that nothing opened:
// the parser gives it as one document after the other, and stays where it is.
int CountDocuments(const std::string& content) {
  std::istringstream stream(content);
  YAML::Parser parser(stream);
  IgnoreEvents ignore;
  int count = 0;
  while (count < 2 && parser.HandleNextDocument(ignore)) ++count;
  return count;
}

}  // namespace

absl::Status ErrorAt(const std::string& where, const std::string& what) {
  return core::MakeError(core::Reason::kConfigInvalid, fmt::format("{}: {}", where, what));
}

absl::Status YamlReader::ReadFile(const Visit& visit) const {
  const absl::StatusOr<std::string> content = base::ReadFile(path_);
  if (!content.ok()) return content.status();
  try {
    const int documents = CountDocuments(*content);
    if (documents == 0) return absl::OkStatus();
    if (documents > 1) return ErrorAt(path_.string(), "more than one YAML document");
    const YAML::Node document = YAML::Load(*content);
    return visit(Entry{"", LineOf(document), document});
  } catch (const YAML::Exception& error) {
    return ErrorAt(fmt::format("{}:{}", path_.string(), error.mark.line + 1), error.msg);
  }
}

absl::Status YamlReader::ReadMap(const Entry& map, const Visit& visit) const {
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
      return ErrorIn(entry, fmt::format("'{}' is there twice", entry.name));
    }
    if (absl::Status status = visit(entry); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status YamlReader::ReadList(const Entry& list, const Visit& visit) const {
  if (!list.value.IsSequence()) return NotAllowed(list, "a list");
  for (const YAML::Node& item : list.value) {
    const int line = item.IsNull() ? list.line : LineOf(item);
    if (absl::Status status = visit(Entry{list.name, line, item}); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status YamlReader::ReadText(const Entry& entry, const std::string& allowed,
                                  bool (*predicate)(std::string_view), std::string& target) const {
  if (!entry.value.IsScalar() || !predicate(entry.value.Scalar())) {
    return NotAllowed(entry, allowed);
  }
  target = entry.value.Scalar();
  return absl::OkStatus();
}

std::string YamlReader::PlaceOf(const Entry& entry) const {
  return fmt::format("{}:{}", path_.string(), entry.line);
}

absl::Status YamlReader::ErrorIn(const Entry& entry, const std::string& what) const {
  return ErrorAt(PlaceOf(entry), what);
}

absl::Status YamlReader::NotAllowed(const Entry& entry, const std::string& allowed) const {
  const std::string given =
      entry.value.IsScalar() ? fmt::format("'{}'", entry.value.Scalar()) : "this";
  return ErrorIn(entry, fmt::format("{}: {} is not {}",
                                    entry.name.empty() ? "the file" : entry.name, given, allowed));
}

absl::Status YamlReader::UnknownKey(const Entry& entry) const {
  return ErrorIn(entry, fmt::format("unknown key '{}'", entry.name));
}

}  // namespace entryexit::config
