// Prints a golden set for the bundled model: record_golden MODELS_FOLDER CAPTURE... >
// MODELS_FOLDER/golden/entryexit-resnet-v1.yaml. The captures are named relative to that file.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "files.h"
#include "pipeline.h"

namespace {

using entryexit::face::Pipeline;

absl::StatusOr<std::unique_ptr<Pipeline>> MakePipeline(const std::filesystem::path& models) {
  using namespace entryexit::face;
  const EngineConfig defaults;
  const absl::StatusOr<std::string> weights = ReadFile(models / "entryexit_resnet_v1.dat");
  if (!weights.ok()) return weights.status();
  auto network = LoadEntryexitResnet(*weights);
  if (!network.ok()) return network.status();
  auto landmarks = LandmarkFinder::Load(defaults.landmarks);
  if (!landmarks.ok()) return landmarks.status();
  const Pipeline::Settings settings{.image = defaults.image,
                                    .min_face_share = defaults.min_face_share,
                                    .quality = defaults.quality,
                                    .alignment = Alignment::kArcface112,
                                    .l2_normalise = true};
  return std::make_unique<Pipeline>(settings, *landmarks, *std::move(network));
}

absl::Status Record(const std::filesystem::path& models, int count, char** captures) {
  const absl::StatusOr<std::unique_ptr<Pipeline>> pipeline = MakePipeline(models);
  if (!pipeline.ok()) return pipeline.status();
  fmt::print("# Written by record_golden. A change here means: stored templates are void.\n");
  fmt::print(
      "tolerance: 0.02  # processor levels may round a landmark to the next pixel\ncaptures:\n");
  for (int i = 0; i < count; ++i) {
    const absl::StatusOr<std::string> image =
        entryexit::face::ReadFile(models / "golden" / captures[i]);
    if (!image.ok()) return image.status();
    entryexit::face::StageTimes times;
    const auto found = (*pipeline)->FindFace(*image, entryexit::core::Deadline::max(), times);
    if (!found.ok()) return found.status();
    if (found->crop.empty()) return absl::FailedPreconditionError("the capture is not usable");
    const auto embeddings = (*pipeline)->EmbedAll({&found->crop, 1});
    fmt::print("  - file: {}\n    embedding:\n      [{:.6f}]\n", captures[i],
               fmt::join(embeddings.front(), ",\n       "));
  }
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: record_golden MODELS_FOLDER CAPTURE...\n");
    return 2;
  }
  const absl::Status status = Record(argv[1], argc - 2, argv + 2);
  if (!status.ok()) fmt::print(stderr, "record_golden: {}\n", std::string(status.message()));
  return status.ok() ? 0 : 1;
}
