#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "entryexit/core/reason.h"
#include "entryexit/face/model_manifest.h"
#include "files.h"

namespace entryexit::face {
namespace {

using core::MakeError;
using core::Reason;
using Lines = std::vector<std::string>;

Lines SplitLines(const std::string& text) {
  Lines lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

bool IsBlankOrComment(const std::string& line) {
  const size_t first = line.find_first_not_of(' ');
  return first == std::string::npos || line[first] == '#';
}

// The first line after `start` (itself a key) that is no longer part of that key's value. Blank
// lines and comments before the next key belong to that one.
size_t EndOfBlock(const Lines& lines, size_t start) {
  const size_t indent = lines[start].find_first_not_of(' ');
  size_t end = start + 1;
  for (size_t at = end; at < lines.size(); ++at) {
    if (IsBlankOrComment(lines[at])) continue;
    if (lines[at].find_first_not_of(' ') <= indent) break;
    end = at + 1;
  }
  return end;
}

// The line within [first, last) that is `text` or goes on with a space; `last` when there is none.
size_t FindLine(const Lines& lines, size_t first, size_t last, const std::string& text) {
  for (size_t at = first; at < last; ++at) {
    if (lines[at] == text || lines[at].starts_with(text + ' ')) return at;
  }
  return last;
}

Lines TableLines(const core::Calibration& calibration, const std::string& measured_on) {
  // A single-quoted YAML string needs nothing escaped but the quote itself.
  std::string quoted;
  for (const char c : measured_on) quoted += c == '\'' ? "''" : std::string(1, c);
  Lines table{fmt::format("      {}:", calibration.pairs()),
              fmt::format("        measured_on: '{}'", quoted), "        points:"};
  for (const core::CalibrationPoint& point : calibration.points()) {
    table.push_back(
        fmt::format("          - {{fmr: {}, distance: {}}}", point.fmr, point.distance));
  }
  return table;
}

void Splice(Lines& lines, size_t first, size_t last, const Lines& replacement) {
  const auto begin = lines.begin();
  const auto at =
      lines.erase(begin + static_cast<ptrdiff_t>(first), begin + static_cast<ptrdiff_t>(last));
  lines.insert(at, replacement.begin(), replacement.end());
}

// Works on the text, in the manifest's own indentation, so that comments survive.
std::string WithTable(const std::string& text, const std::string& model_id,
                      const std::string& pairs, Lines table) {
  Lines lines = SplitLines(text);
  const size_t model = FindLine(lines, 0, lines.size(), fmt::format("  - id: {}", model_id));
  if (model == lines.size()) return text;
  const size_t model_end = EndOfBlock(lines, model);
  const size_t calibration = FindLine(lines, model, model_end, "    calibration:");
  if (calibration == model_end) {
    table.insert(table.begin(), "    calibration:");
    Splice(lines, model_end, model_end, table);
  } else {
    const size_t end = EndOfBlock(lines, calibration);
    const size_t old = FindLine(lines, calibration, end, fmt::format("      {}:", pairs));
    Splice(lines, old, old == end ? end : EndOfBlock(lines, old), table);
  }
  std::string result;
  for (const std::string& line : lines) result += line + '\n';
  return result;
}

bool SamePoints(const core::Calibration& a, const core::Calibration& b) {
  return std::ranges::equal(a.points(), b.points(), [](const auto& p, const auto& q) {
    return p.fmr == q.fmr && p.distance == q.distance;
  });
}

// Reads the new manifest back before it takes the old one's place.
absl::Status CheckWritten(const std::filesystem::path& path, const std::string& model_id,
                          const core::Calibration& calibration) {
  const absl::StatusOr<ModelManifest> manifest = ModelManifest::Load(path);
  if (!manifest.ok()) return manifest.status();
  const absl::StatusOr<ModelDescription> model = manifest->Find(model_id);
  if (!model.ok()) return model.status();
  const CalibrationTable* table = model->CalibrationFor(calibration.pairs());
  if (table != nullptr && SamePoints(table->calibration, calibration)) return absl::OkStatus();
  return MakeError(Reason::kConfigInvalid,
                   "the manifest is not indented as the bundled one is, so the calibration cannot "
                   "be put into it");
}

}  // namespace

absl::Status WriteCalibration(const std::filesystem::path& manifest_path,
                              const std::string& model_id, const core::Calibration& calibration,
                              const std::string& measured_on) {
  const absl::StatusOr<ModelManifest> manifest = ModelManifest::Load(manifest_path);
  if (!manifest.ok()) return manifest.status();
  if (const auto model = manifest->Find(model_id); !model.ok()) return model.status();
  const absl::StatusOr<std::string> text = ReadFile(manifest_path);
  if (!text.ok()) return MakeError(Reason::kConfigInvalid, std::string(text.status().message()));

  return ReplaceFile(
      manifest_path,
      WithTable(*text, model_id, calibration.pairs(), TableLines(calibration, measured_on)),
      Reason::kConfigInvalid, [&](const std::filesystem::path& written) {
        return CheckWritten(written, model_id, calibration);
      });
}

}  // namespace entryexit::face
