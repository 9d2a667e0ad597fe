#include "entryexit/evaluation/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "entryexit/base/files.h"
#include "entryexit/core/matching.h"
#include "entryexit/core/mutex.h"
#include "entryexit/core/reason.h"

namespace entryexit::evaluation {
namespace {

absl::StatusOr<std::string> ReadImage(const std::filesystem::path& path) {
  absl::StatusOr<std::string> bytes = base::ReadFile(path);
  if (bytes.ok()) return bytes;
  return core::MakeError(core::Reason::kInvalidField, std::string(bytes.status().message()));
}

struct Embedded {
  Acquisition acquisition;
  // By position of the image; none where it failed to acquire.
  std::vector<std::optional<core::Embedding>> embeddings;
};

// Embeds the images of a list on several threads and keeps count of the failures.
class Embedder {
 public:
  Embedder(const ports::FaceEngine& engine, const PairList& pairs, const Progress& progress)
      : engine_(engine), pairs_(pairs), progress_(progress) {
    embedded_.acquisition.failures.trials = pairs.images.size();
    embedded_.embeddings.resize(pairs.images.size());
  }

  // To be called once.
  absl::StatusOr<Embedded> Run(std::size_t threads) {
    {
      std::vector<std::jthread> workers;
      for (std::size_t i = 0; i < threads; ++i) workers.emplace_back([this] { Work(); });
    }
    const core::MutexLock lock(mutex_);
    if (!failure_.ok()) return failure_;
    return std::move(embedded_);
  }

 private:
  void Work() {
    while (!stop_) {
      const std::size_t image = next_++;
      if (image >= pairs_.images.size()) return;
      auto bytes = ReadImage(pairs_.images_dir / pairs_.images[image].path);
      if (!bytes.ok()) return Stop(bytes.status());
      auto observation = engine_.Observe(*bytes, core::Deadline::max());
      if (!observation.ok() && !absl::IsInvalidArgument(observation.status())) {
        return Stop(observation.status());
      }
      Record(image, std::move(observation));
    }
  }

  void Record(std::size_t image, absl::StatusOr<core::FaceObservation> observation) {
    const core::MutexLock lock(mutex_);
    Acquisition& acquisition = embedded_.acquisition;
    if (!observation.ok()) {
      const auto reason = core::ReasonOf(observation.status());
      ++acquisition.failures.errors;
      ++acquisition.by_error[std::string(core::NameOf(reason.value_or(core::Reason::kInternal)))];
    } else if (!observation->usable()) {
      ++acquisition.failures.errors;
      for (const core::QualityFinding& finding : observation->findings) {
        ++acquisition.by_quality_issue[core::NameOf(finding.issue)];
      }
    } else {
      embedded_.embeddings[image] = std::move(observation->embedding);
    }
    if (progress_) progress_(++done_, pairs_.images.size());
  }

  void Stop(const absl::Status& status) {
    const core::MutexLock lock(mutex_);
    stop_ = true;
    if (failure_.ok()) failure_ = status;
  }

  const ports::FaceEngine& engine_;
  const PairList& pairs_;
  const Progress& progress_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> stop_ = false;

  core::Mutex mutex_;
  std::size_t done_ GUARDED_BY(mutex_) = 0;
  absl::Status failure_ GUARDED_BY(mutex_);
  Embedded embedded_ GUARDED_BY(mutex_);
};

// Appends the comparison of each pair; returns how many were left out for want of a template.
absl::StatusOr<std::size_t> CompareAll(
    const PairList& pairs, const std::vector<PairList::Pair>& wanted,
    const std::vector<std::optional<core::Embedding>>& embeddings, std::vector<Comparison>& out) {
  std::size_t left_out = 0;
  for (const auto& [a, b] : wanted) {
    if (!embeddings[a] || !embeddings[b]) {
      ++left_out;
      continue;
    }
    const double distance = core::Distance(*embeddings[a], *embeddings[b]);
    if (!std::isfinite(distance)) {
      return core::MakeError(core::Reason::kInternal,
                             fmt::format("the distance of {} and {} is not a number",
                                         pairs.images[a].path, pairs.images[b].path));
    }
    out.push_back({distance, pairs.images[a].identity, pairs.images[b].identity});
  }
  return left_out;
}

}  // namespace

absl::StatusOr<EvaluationResult> Evaluate(const ports::FaceEngine& engine, const PairList& pairs,
                                          int threads, const Progress& progress) {
  if (threads < 1) {
    return core::MakeError(core::Reason::kInvalidField,
                           fmt::format("threads {} is not positive", threads));
  }
  const std::size_t workers = std::min(static_cast<std::size_t>(threads), pairs.images.size());
  Embedder embedder(engine, pairs, progress);
  const absl::StatusOr<Embedded> embedded = embedder.Run(workers);
  if (!embedded.ok()) return embedded.status();

  EvaluationResult result;
  result.model = engine.model();
  result.acquisition = embedded->acquisition;
  result.non_mated_kind = pairs.non_mated_kind;
  result.comparisons.identities = pairs.identities;
  const auto mated_left_out =
      CompareAll(pairs, pairs.mated, embedded->embeddings, result.comparisons.mated);
  if (!mated_left_out.ok()) return mated_left_out.status();
  result.mated_left_out = *mated_left_out;
  const auto non_mated_left_out =
      CompareAll(pairs, pairs.non_mated, embedded->embeddings, result.comparisons.non_mated);
  if (!non_mated_left_out.ok()) return non_mated_left_out.status();
  result.non_mated_left_out = *non_mated_left_out;
  return result;
}

}  // namespace entryexit::evaluation
