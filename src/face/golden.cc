#include "golden.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <limits>
#include <opencv2/core.hpp>
#include <vector>

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

absl::Status CheckDrift(const core::Embedding& embedding, const GoldenCapture& capture,
                        double tolerance) {
  const double drift = DistanceBetween(embedding, capture.embedding);
  if (drift <= tolerance) return absl::OkStatus();  // a drift that is no number fails too
  return MakeError(Reason::kGoldenDrift,
                   fmt::format("self-test: the embedding of {} lies {:.4f} from the recorded one; "
                               "at most {:.4f} is allowed",
                               capture.file.string(), drift, tolerance));
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

absl::Status CheckGoldenSet(const GoldenSet& golden, Pipeline& pipeline,
                            const BatchSizes& batches) {
  BatchSizes counts = batches;
  counts.push_back(1);
  for (const GoldenCapture& capture : golden.captures) {
    const absl::StatusOr<std::string> image = ReadFile(capture.file);
    if (!image.ok()) return image.status();
    StageTimes times;
    const absl::StatusOr<Pipeline::Unembedded> found =
        pipeline.FindFace(*image, core::Deadline::max(), times);
    if (!found.ok()) return found.status();
    if (found->crop.empty()) {
      return MakeError(Reason::kGoldenDrift,
                       fmt::format("self-test: golden capture {} is no longer found usable",
                                   capture.file.string()));
    }
    for (const size_t together : counts) {
      const std::vector<cv::Mat> crops(together, found->crop);
      for (const core::Embedding& embedding : pipeline.EmbedAll(crops)) {
        if (absl::Status status = CheckDrift(embedding, capture, golden.tolerance); !status.ok()) {
          return status;
        }
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace entryexit::face
