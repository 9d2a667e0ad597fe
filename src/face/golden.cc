#include "golden.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <limits>

#include "entryexit/core/matching.h"
#include "entryexit/core/reason.h"
#include "files.h"

namespace entryexit::face {
namespace {

using core::MakeError;
using core::Reason;

double DistanceBetween(const core::Embedding& a, const core::Embedding& b) {
  return a.size() == b.size() ? core::Distance(a, b) : std::numeric_limits<double>::infinity();
}

}  // namespace

absl::StatusOr<GoldenSet> LoadGoldenSet(const std::filesystem::path& path) {
  try {
    const YAML::Node root = YAML::LoadFile(path.string());
    GoldenSet golden;
    golden.tolerance = root["tolerance"].as<double>();
    for (const YAML::Node& capture : root["captures"]) {
      golden.captures.push_back({path.parent_path() / capture["file"].as<std::string>(),
                                 capture["embedding"].as<core::Embedding>()});
    }
    if (!golden.captures.empty()) return golden;
  } catch (const YAML::Exception& error) {
    return MakeError(Reason::kConfigInvalid, fmt::format("{}: {}", path.string(), error.what()));
  }
  return MakeError(Reason::kConfigInvalid, fmt::format("{}: has no captures", path.string()));
}

absl::Status CheckGoldenSet(const GoldenSet& golden, Pipeline& pipeline) {
  for (const GoldenCapture& capture : golden.captures) {
    const absl::StatusOr<std::string> image = ReadFile(capture.file);
    if (!image.ok()) return image.status();
    StageTimes times;
    const absl::StatusOr<core::FaceObservation> observation =
        pipeline.Observe(*image, core::Deadline::max(), times);
    if (!observation.ok()) return observation.status();
    if (!observation->usable()) {
      return MakeError(Reason::kGoldenDrift,
                       fmt::format("self-test: golden capture {} is no longer found usable",
                                   capture.file.string()));
    }
    const double drift = DistanceBetween(*observation->embedding, capture.embedding);
    // Written so that a drift that is no number fails too.
    if (!(drift <= golden.tolerance)) {
      return MakeError(Reason::kGoldenDrift,
                       fmt::format("self-test: the embedding of {} lies {:.4f} from the recorded "
                                   "one; at most {:.4f} is allowed",
                                   capture.file.string(), drift, golden.tolerance));
    }
  }
  return absl::OkStatus();
}

}  // namespace entryexit::face
