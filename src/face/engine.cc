#include "entryexit/face/engine.h"

#include <dlib/revision.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <opencv2/core.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "alignment.h"
#include "entryexit/core/reason.h"
#include "entryexit/face/model_manifest.h"
#include "golden.h"
#include "landmarks.h"
#include "model_files.h"
#include "network.h"
#include "onednn_network.h"
#include "pipeline.h"
#include "worker_pool.h"

// Declared here because OpenBLAS's own header drags in C's complex numbers.
extern "C" void openblas_set_num_threads(int threads);

namespace entryexit::face {
namespace {

using core::MakeError;
using core::Reason;

constexpr char kOnednn[] = "onednn";
constexpr char kDlib[] = "dlib";

class Engine final : public ports::FaceEngine {
 public:
  Engine(core::ModelRef model, std::optional<core::Calibration> calibration,
         std::function<void(const StageTimes&)> on_stages,
         std::vector<std::unique_ptr<Pipeline>> workers, const Batching& batching)
      : model_(std::move(model)),
        calibration_(std::move(calibration)),
        on_stages_(std::move(on_stages)),
        workers_(std::move(workers), batching) {}

  absl::StatusOr<core::FaceObservation> Observe(std::string_view image,
                                                core::Deadline deadline) const override {
    StageTimes times;
    absl::StatusOr<core::FaceObservation> observation = workers_.Observe(image, deadline, times);
    if (observation.ok() && on_stages_) on_stages_(times);
    return observation;
  }

  const core::ModelRef& model() const override { return model_; }

  const core::Calibration& calibration() const override {
    if (!calibration_) {
      spdlog::critical("the calibration of an engine made without one was asked for");
      std::terminate();
    }
    return *calibration_;
  }

 private:
  const core::ModelRef model_;
  const std::optional<core::Calibration> calibration_;
  const std::function<void(const StageTimes&)> on_stages_;
  mutable WorkerPool<Pipeline> workers_;
};

absl::Status CheckConfig(const EngineConfig& config) {
  if (config.workers < 1) return MakeError(Reason::kConfigInvalid, "face workers: at least 1");
  const std::vector<size_t>& together = config.embed_together;
  if (std::ranges::adjacent_find(together, std::less_equal()) != together.end() ||
      std::ranges::any_of(together, [](size_t faces) { return faces < 2 || faces > 32; })) {
    return MakeError(Reason::kConfigInvalid, "embed_together: 2 to 32, the greatest first");
  }
  if (!(config.min_face_share > 0 && config.min_face_share < 1)) {
    return MakeError(Reason::kConfigInvalid, "min_face_share must lie between 0 and 1");
  }
  if (config.runtime != kOnednn && config.runtime != kDlib) {
    return MakeError(Reason::kConfigInvalid, "runtime must be onednn or dlib");
  }
  if (config.image.max_image_bytes > 1U << 30) {
    return MakeError(Reason::kConfigInvalid, "max_image_bytes: at most 1 GiB");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<core::Calibration>> FindCalibration(const ModelDescription& model,
                                                                 const std::string& pairs) {
  if (pairs.empty()) return std::nullopt;
  if (const CalibrationTable* table = model.CalibrationFor(pairs)) return table->calibration;
  return MakeError(Reason::kConfigInvalid,
                   fmt::format("model {} has no calibration on {} pairs, so no distance of its can "
                               "be judged; measure it: entryexitctl evaluate --write-calibration",
                               model.id, pairs));
}

// dlib embeds several hardly faster than one by one.
BatchSizes BatchesOf(const EngineConfig& config) {
  return config.runtime == kOnednn ? config.embed_together : BatchSizes();
}

using Networks = std::vector<std::unique_ptr<EmbeddingNetwork>>;

absl::StatusOr<Networks> OnednnNetworks(const EngineConfig& config, Architecture architecture,
                                        const std::string& bytes, int count) {
  auto network = architecture == Architecture::kDlibResnet
                     ? LoadDlibResnetIntoOnednn(bytes, BatchesOf(config))
                     : LoadEntryexitResnetIntoOnednn(bytes, BatchesOf(config));
  if (!network.ok()) return network.status();
  Networks networks;
  for (int i = 1; i < count; ++i) networks.push_back((*network)->Another());
  networks.push_back(*std::move(network));
  return networks;
}

absl::StatusOr<Networks> DlibNetworks(Architecture architecture, const std::string& bytes,
                                      int count) {
  Networks networks;
  for (int i = 0; i < count; ++i) {
    auto network = architecture == Architecture::kDlibResnet ? LoadDlibResnet(bytes)
                                                             : LoadEntryexitResnet(bytes);
    if (!network.ok()) return network.status();
    networks.push_back(*std::move(network));
  }
  return networks;
}

// One for each thread.
absl::StatusOr<Networks> LoadNetworks(const EngineConfig& config, Architecture architecture,
                                      const std::string& bytes, int count) {
  return config.runtime == kOnednn ? OnednnNetworks(config, architecture, bytes, count)
                                   : DlibNetworks(architecture, bytes, count);
}

std::string RuntimeOf(const EngineConfig& config) {
  if (config.runtime == kOnednn) return OnednnVersion();
  return fmt::format("dlib-{}.{}", DLIB_MAJOR_VERSION, DLIB_MINOR_VERSION);
}

absl::StatusOr<std::shared_ptr<const LandmarkFinder>> LoadLandmarks(const EngineConfig& config,
                                                                    const ModelDescription& model) {
  absl::StatusOr<std::shared_ptr<const LandmarkFinder>> landmarks =
      LandmarkFinder::Load(config.landmarks);
  if (landmarks.ok() && (*landmarks)->num_points() == 5 &&
      model.alignment == Alignment::kArcface112) {
    return MakeError(Reason::kConfigInvalid,
                     fmt::format("model {} is aligned by arcface-112, which needs 68 landmarks; {} "
                                 "has 5",
                                 model.id, config.landmarks.string()));
  }
  return landmarks;
}

// Tries the network out: a manifest that describes another output than the file gives would only
// show when templates are stored or compared.
absl::Status CheckDimension(const ModelDescription& model, EmbeddingNetwork& network) {
  const int side = model.alignment == Alignment::kArcface112 ? kArcface112Px : kDlib150Px;
  const size_t dimension = network.Embed(cv::Mat::zeros(side, side, CV_8UC3)).size();
  if (dimension == static_cast<size_t>(model.dimension)) return absl::OkStatus();
  return MakeError(Reason::kModelFileInvalid,
                   fmt::format("the network of {} gives {} values, but the manifest says {}",
                               model.id, dimension, model.dimension));
}

// One worker, made to the limits of `config`.
std::unique_ptr<Pipeline> MakeWorker(const EngineConfig& config, const ModelDescription& model,
                                     const std::shared_ptr<const LandmarkFinder>& landmarks,
                                     std::unique_ptr<EmbeddingNetwork> network) {
  const Pipeline::Settings settings{.image = config.image,
                                    .min_face_share = config.min_face_share,
                                    .quality = config.quality,
                                    .alignment = model.alignment,
                                    .l2_normalise = model.l2_normalised};
  return std::make_unique<Pipeline>(settings, landmarks, std::move(network));
}

// Runs the network that is configured, but with the default limits: those the golden captures were
// recorded with.
absl::Status SelfTest(const EngineConfig& config, const ModelManifest& manifest,
                      const ModelDescription& model,
                      const std::shared_ptr<const LandmarkFinder>& landmarks,
                      std::unique_ptr<EmbeddingNetwork> network) {
  if (model.golden.empty()) {
    spdlog::warn("model {} has no golden captures; the self-test at start is skipped", model.id);
    return absl::OkStatus();
  }
  const absl::StatusOr<GoldenSet> golden = LoadGoldenSet(manifest.folder() / model.golden);
  if (!golden.ok()) return golden.status();
  const auto worker = MakeWorker(EngineConfig(), model, landmarks, std::move(network));
  return CheckGoldenSet(*golden, *worker, BatchesOf(config));
}

absl::StatusOr<std::unique_ptr<ports::FaceEngine>> Create(const EngineConfig& config) {
  if (absl::Status status = CheckConfig(config); !status.ok()) return status;
  const absl::StatusOr<ModelManifest> manifest = ModelManifest::Load(config.manifest);
  if (!manifest.ok()) return manifest.status();
  const absl::StatusOr<ModelDescription> model = manifest->Find(config.model);
  if (!model.ok()) return model.status();
  auto calibration = FindCalibration(*model, config.calibration_pairs);
  if (!calibration.ok()) return calibration.status();
  const absl::StatusOr<ModelBytes> weights = ReadModel(*manifest, *model, config.installed_models);
  if (!weights.ok()) return weights.status();

  // Each worker is one thread of the service; libraries that start more would only compete.
  openblas_set_num_threads(1);
  cv::setNumThreads(1);
  const auto landmarks = LoadLandmarks(config, *model);
  if (!landmarks.ok()) return landmarks.status();
  auto networks = LoadNetworks(config, model->architecture, weights->bytes, config.workers + 1);
  if (!networks.ok()) return networks.status();
  auto network = networks->begin();
  if (absl::Status status = CheckDimension(*model, **network); !status.ok()) return status;
  if (absl::Status status = SelfTest(config, *manifest, *model, *landmarks, std::move(*network++));
      !status.ok()) {
    return status;
  }
  std::vector<std::unique_ptr<Pipeline>> workers;
  while (network != networks->end()) {
    workers.push_back(MakeWorker(config, *model, *landmarks, std::move(*network++)));
  }
  if (!model->warning.empty()) spdlog::warn("model {}: {}", model->id, model->warning);
  core::ModelRef ref{.id = model->id, .digest = weights->sha256, .engine = RuntimeOf(config)};
  return std::make_unique<Engine>(std::move(ref), *std::move(calibration), config.on_stages,
                                  std::move(workers),
                                  Batching{BatchesOf(config), config.embed_patience});
}

}  // namespace

absl::StatusOr<std::unique_ptr<ports::FaceEngine>> CreateFaceEngine(const EngineConfig& config) {
  try {
    return Create(config);
  } catch (const std::exception& error) {
    return MakeError(Reason::kInternal, fmt::format("face engine: {}", error.what()));
  }
}

}  // namespace entryexit::face
