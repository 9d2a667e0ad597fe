#ifndef ENTRYEXIT_SRC_FACE_WEIGHTS_COLLECTOR_H_
#define ENTRYEXIT_SRC_FACE_WEIGHTS_COLLECTOR_H_

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dlib_network.h"
#include "resnet_weights.h"

namespace entryexit::face {

// Collects what dlib's visit shows it, which goes from the output to the input.
class WeightsCollector {
 public:
  explicit WeightsCollector(ResnetWeights& weights) : weights_(weights) {}

  template <long N, long Rows, long Columns, int StrideY, int StrideX, int PadY, int PadX>
  void operator()(const dlib::con_<N, Rows, Columns, StrideY, StrideX, PadY, PadX>& layer) {
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
    Scale(weights_.convolutions.back());
  }

  // Comes before the convolution whose output it scales and shifts.
  void operator()(const dlib::affine_& layer) {
    factors_ = Values(layer.get_gamma());
    shifts_ = Values(layer.get_beta());
  }

  template <long Rows, long Columns, int StrideY, int StrideX, int PadY, int PadX>
  void operator()(const dlib::max_pool_<Rows, Columns, StrideY, StrideX, PadY, PadX>& /*layer*/) {
    static_assert(Rows == 3 && Columns == 3 && StrideY == 2 && StrideX == 2 && PadY + PadX == 0);
    weights_.stem_is_pooled = true;
  }

  template <long Rows, long Columns, int StrideY, int StrideX, int PadY, int PadX>
  void operator()(const dlib::avg_pool_<Rows, Columns, StrideY, StrideX, PadY, PadX>& /*layer*/) {
    if (Rows == 0) weights_.averaged = true;  // dlib's way to say: all
  }

  template <unsigned long N, dlib::fc_bias_mode bias>
  void operator()(const dlib::fc_<N, bias>& layer) {
    weights_.connected = Values(layer.get_layer_params());
    weights_.connected_biases.assign(N, 0.0F);
    if (bias == dlib::FC_NO_BIAS || weights_.connected.size() <= N) return;
    std::copy(weights_.connected.end() - N, weights_.connected.end(),
              weights_.connected_biases.begin());
    weights_.connected.resize(weights_.connected.size() - N);
  }

  template <typename Other>
  void operator()(const Other& /*no weights*/) {}

 private:
  static std::vector<float> Values(const dlib::tensor& tensor) {
    return {tensor.begin(), tensor.end()};
  }

  // By the layer that was shown before it, if there was one. Where that has not one factor for each
  // channel, no biases are left: no such convolution can be made.
  void Scale(ConvolutionWeights& convolution) {
    if (factors_.empty()) return;
    const size_t outputs = convolution.biases.size();
    if (factors_.size() != outputs || shifts_.size() != outputs) return convolution.biases.clear();
    const size_t inputs = convolution.filters.size() / outputs;
    for (size_t output = 0; output < outputs; ++output) {
      for (size_t i = 0; i < inputs; ++i)
        convolution.filters[output * inputs + i] *= factors_[output];
      convolution.biases[output] = convolution.biases[output] * factors_[output] + shifts_[output];
    }
    factors_.clear();
  }

  ResnetWeights& weights_;
  std::vector<float> factors_;
  std::vector<float> shifts_;
};

// The weights of a network of dlib's type `Net` for crops of `side` px.
template <typename Net>
absl::StatusOr<ResnetWeights> CollectWeights(const std::string& bytes, int side) {
  // Too large for a stack.
  const auto net = std::make_unique<Net>();
  if (absl::Status status = DeserializeNetwork(bytes, *net); !status.ok()) return status;
  ResnetWeights weights;
  weights.side = side;
  const auto& input = dlib::input_layer(*net);
  weights.mean_rgb = {input.get_avg_red(), input.get_avg_green(), input.get_avg_blue()};
  WeightsCollector collector(weights);
  dlib::visit_computational_layers(*net, [&](auto&& layer) { collector(layer); });
  std::ranges::reverse(weights.convolutions);
  return weights;
}

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_WEIGHTS_COLLECTOR_H_
