#include "onednn_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <dnnl.hpp>
#include <exception>
#include <opencv2/core.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "entryexit/core/reason.h"
#include "onednn_graph.h"
#include "resnet_weights.h"

// Declared here because omp.h comes with a compiler, and not each that we build with has one.
extern "C" void omp_set_num_threads(int threads);

namespace entryexit::face {
namespace {

// oneDNN asks OpenMP how many threads to use, which knows a number for each calling thread: it must
// be set wherever primitives are made or run.
void StayOnThisThread() { omp_set_num_threads(1); }

// A graph for each size of batch, and one for a crop alone.
class Network final : public OnednnNetwork {
 public:
  Network(std::shared_ptr<const ResnetWeights> weights, BatchSizes batches,
          Convolutions convolutions)
      : Network(std::move(weights), std::move(batches), convolutions,
                dnnl::engine(dnnl::engine::kind::cpu, 0), nullptr) {}

  std::vector<core::Embedding> EmbedAll(std::span<const cv::Mat> crops) override {
    for (const cv::Mat& crop : crops) {
      if (crop.rows == weights_->side && crop.cols == weights_->side) continue;
      throw std::invalid_argument("the network takes crops of another size");
    }
    StayOnThisThread();
    std::vector<core::Embedding> embeddings;
    embeddings.reserve(crops.size());
    while (!crops.empty()) {
      OnednnGraph& largest = **std::ranges::find_if(
          graphs_, [&](const auto& graph) { return graph->crops() <= crops.size(); });
      largest.Run(crops.first(largest.crops()), embeddings);
      crops = crops.subspan(largest.crops());
    }
    return embeddings;
  }

  std::unique_ptr<OnednnNetwork> Another() const override {
    StayOnThisThread();
    return std::unique_ptr<Network>(new Network(weights_, batches_, convolutions_, engine_, this));
  }

 private:
  // A `twin`, if any, has all graphs alike. Graphs of several sizes want some of the weights in the
  // same order, so each has the one before to share with.
  Network(std::shared_ptr<const ResnetWeights> weights, BatchSizes batches,
          Convolutions convolutions, dnnl::engine engine, const Network* twin)
      : weights_(std::move(weights)),
        batches_(std::move(batches)),
        convolutions_(convolutions),
        engine_(std::move(engine)) {
    BatchSizes sizes = batches_;
    sizes.push_back(1);
    for (const size_t size : sizes) {
      const OnednnGraph* alike = graphs_.empty() ? nullptr : graphs_.back().get();
      if (twin != nullptr) alike = twin->graphs_[graphs_.size()].get();
      graphs_.push_back(
          std::make_unique<OnednnGraph>(*weights_, size, convolutions_, engine_, alike));
    }
    ShareScratchpad();
  }

  // Of a scratchpad for each step, those of Winograd's convolutions would come to 100 MB.
  void ShareScratchpad() {
    size_t size = 1;
    for (const auto& graph : graphs_) size = std::max(size, graph->ScratchpadSize());
    scratchpad_ = dnnl::memory({{static_cast<dnnl::memory::dim>(size)},
                                dnnl::memory::data_type::u8,
                                dnnl::memory::format_tag::x},
                               engine_);
    for (const auto& graph : graphs_) graph->SetScratchpad(scratchpad_);
  }

  const std::shared_ptr<const ResnetWeights> weights_;
  const BatchSizes batches_;
  const Convolutions convolutions_;
  const dnnl::engine engine_;
  std::vector<std::unique_ptr<OnednnGraph>> graphs_;  // for the most crops first, for one last
  dnnl::memory scratchpad_;
};

absl::StatusOr<std::unique_ptr<OnednnNetwork>> LoadIntoOnednn(absl::StatusOr<ResnetWeights> weights,
                                                              const BatchSizes& batches,
                                                              Convolutions convolutions) {
  if (!weights.ok()) return weights.status();
  try {
    StayOnThisThread();
    return std::make_unique<Network>(std::make_shared<const ResnetWeights>(*std::move(weights)),
                                     batches, convolutions);
  } catch (const std::invalid_argument& error) {
    return core::MakeError(core::Reason::kModelFileInvalid,
                           fmt::format("oneDNN: {}", error.what()));
  } catch (const std::exception& error) {
    return core::MakeError(core::Reason::kInternal, fmt::format("oneDNN: {}", error.what()));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<OnednnNetwork>> LoadEntryexitResnetIntoOnednn(
    const std::string& bytes, const BatchSizes& batches, Convolutions convolutions) {
  return LoadIntoOnednn(ReadEntryexitResnet(bytes), batches, convolutions);
}

absl::StatusOr<std::unique_ptr<OnednnNetwork>> LoadDlibResnetIntoOnednn(const std::string& bytes,
                                                                        const BatchSizes& batches,
                                                                        Convolutions convolutions) {
  return LoadIntoOnednn(ReadDlibResnet(bytes), batches, convolutions);
}

std::string OnednnVersion() {
  const dnnl_version_t& version = *dnnl_version();
  return fmt::format("onednn-{}.{}", version.major, version.minor);
}

}  // namespace entryexit::face
