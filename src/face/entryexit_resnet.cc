#include <algorithm>
#include <memory>

#include "dlib_network.h"
#include "resnet_weights.h"

namespace entryexit::face {
namespace {

template <long N, int S, typename Below>
using Conv3 = dlib::add_layer<dlib::con_<N, 3, 3, S, S, 1, 1>, Below>;

template <long N, typename Below>
using Residual =
    dlib::relu<dlib::add_prev1<Conv3<N, 1, dlib::relu<Conv3<N, 1, dlib::tag1<Below>>>>>>;

template <long N, typename Below>
using Down = dlib::relu<dlib::add_prev2<dlib::avg_pool<
    2, 2, 2, 2, dlib::skip1<dlib::tag2<Conv3<N, 1, dlib::relu<Conv3<N, 2, dlib::tag1<Below>>>>>>>>>;

template <typename Below>
using Stem = dlib::relu<Conv3<32, 2, Below>>;

template <typename Below>
using Stages =
    Residual<192, Down<192, Residual<96, Residual<96, Down<96, Residual<48, Down<48, Below>>>>>>>;

template <typename Below>
using Head = dlib::fc<128, dlib::add_layer<dlib::con_<128, 1, 1, 1, 1, 0, 0>, Below>>;

using EntryexitResnet = dlib::loss_metric<Head<Stages<Stem<dlib::input_rgb_image>>>>;

std::vector<float> Values(const dlib::tensor& tensor) { return {tensor.begin(), tensor.end()}; }

// Collects what dlib's visit shows it, which goes from the output to the input.
class WeightsCollector {
 public:
  explicit WeightsCollector(ResnetWeights& weights) : weights_(weights) {}

  template <long N, long Rows, long Columns, int StrideY, int StrideX, int PadY, int PadX>
  void operator()(const dlib::con_<N, Rows, Columns, StrideY, StrideX, PadY, PadX>& layer) const {
    static_assert(Rows == Columns && StrideY == StrideX && PadY == PadX);
    std::vector<float> filters = Values(layer.get_layer_params());
    if (layer.bias_is_disabled() || filters.size() <= N) return;
    std::vector<float> biases(filters.end() - N, filters.end());
    filters.resize(filters.size() - N);
    const int inputs = static_cast<int>(filters.size() / (N * Rows * Rows));
    weights_.convolutions.push_back({.inputs = inputs,
                                     .outputs = N,
                                     .window = Rows,
                                     .stride = StrideY,
                                     .padding = PadY,
                                     .filters = std::move(filters),
                                     .biases = std::move(biases)});
  }

  template <unsigned long N>
  void operator()(const dlib::fc_<N, dlib::FC_HAS_BIAS>& layer) const {
    weights_.connected = Values(layer.get_layer_params());
    if (layer.bias_is_disabled() || weights_.connected.size() <= N) return;
    weights_.connected_biases.assign(weights_.connected.end() - N, weights_.connected.end());
    weights_.connected.resize(weights_.connected.size() - N);
  }

  template <typename Other>
  void operator()(const Other& /*no weights*/) const {}

 private:
  ResnetWeights& weights_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EmbeddingNetwork>> LoadEntryexitResnet(const std::string& bytes) {
  return DlibNetwork<EntryexitResnet>::Load(bytes);
}

absl::StatusOr<ResnetWeights> ReadEntryexitResnet(const std::string& bytes) {
  // Too large for a stack.
  const auto net = std::make_unique<EntryexitResnet>();
  if (absl::Status status = DeserializeNetwork(bytes, *net); !status.ok()) return status;
  ResnetWeights weights;
  const dlib::input_rgb_image& input = dlib::input_layer(*net);
  weights.mean_rgb = {input.get_avg_red(), input.get_avg_green(), input.get_avg_blue()};
  dlib::visit_computational_layers(*net, WeightsCollector(weights));
  std::ranges::reverse(weights.convolutions);
  return weights;
}

}  // namespace entryexit::face
