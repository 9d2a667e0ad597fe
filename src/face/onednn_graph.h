#ifndef ENTRYEXIT_SRC_FACE_ONEDNN_GRAPH_H_
#define ENTRYEXIT_SRC_FACE_ONEDNN_GRAPH_H_

#include <array>
#include <cstddef>
#include <dnnl.hpp>
#include <functional>
#include <memory>
#include <opencv2/core.hpp>
#include <span>
#include <vector>

#include "convolutions.h"
#include "entryexit/core/face.h"
#include "resnet_weights.h"

namespace entryexit::face {

// A network as a list of steps for one number of crops, made once with all the memory they need
// but a scratchpad, and then run for each so many. Runs on one thread at a time.
class OnednnGraph {
 public:
  // Where `alike`, a graph of the same weights and engine, has them in the same order, they are in
  // memory once for both. Throws std::invalid_argument for weights that fit no network, and what
  // oneDNN throws.
  OnednnGraph(const ResnetWeights& weights, std::size_t crops, Convolutions convolutions,
              const dnnl::engine& engine, const OnednnGraph* alike);

  std::size_t crops() const { return crops_; }

  // Bytes that its steps need to work in. No step needs what another left there, so graphs that do
  // not run at once can have the same.
  std::size_t ScratchpadSize() const;

  // To be called before it runs. `shared` is at least so large, and must outlive the runs.
  void SetScratchpad(const dnnl::memory& shared);

  // Appends the embeddings of as many crops as it was made for, of the size in the weights.
  void Run(std::span<const cv::Mat> crops, std::vector<core::Embedding>& embeddings);

 private:
  class Buffers;
  class Maker;

  // On the calling thread, done when it returns.
  using Step = std::function<void(const dnnl::stream&)>;

  struct Parts {
    std::vector<Step> steps;
    std::vector<dnnl::memory> ordered;  // the weights, in the order of their use; only read
    std::vector<std::shared_ptr<float>> large_floats;  // where some of those lie
    std::vector<dnnl::memory> buffers;                 // where the steps' memories lie
    std::vector<dnnl::memory> scratchpads;  // a view of the shared one for each step that needs it
    dnnl::memory input;
    dnnl::memory output;
  };

  void SetInput(std::size_t index, const cv::Mat& crop);

  int side_;
  std::array<float, 3> mean_rgb_;
  std::size_t crops_;
  dnnl::engine engine_;  // all that follows lies in it
  dnnl::stream stream_;
  Parts parts_;
};

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_ONEDNN_GRAPH_H_
