#include "onednn_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <dnnl.hpp>
#include <exception>
#include <opencv2/core.hpp>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

#include "entryexit/core/reason.h"
#include "resnet_weights.h"

// Declared here because omp.h comes with a compiler, and not each that we build with has one.
extern "C" void omp_set_num_threads(int threads);

namespace entryexit::face {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Arguments = std::unordered_map<int, memory>;

constexpr int kSide = 112;

// oneDNN asks OpenMP how many threads to use, which knows a number for each calling thread: it must
// be set wherever primitives are made or run.
void StayOnThisThread() { omp_set_num_threads(1); }

dnnl::primitive_attr WithOwnScratchpad(const dnnl::post_ops& after = {}) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  attributes.set_post_ops(after);
  return attributes;
}

// A list of primitives that is made once, with all the memory they need, and then run per crop.
class OnednnNetwork final : public EmbeddingNetwork {
 public:
  explicit OnednnNetwork(const ResnetWeights& weights) : mean_rgb_(weights.mean_rgb) {
    const auto& convolutions = weights.convolutions;
    if (convolutions.size() < 2 || convolutions.size() % 2 != 0) {
      throw std::invalid_argument("not a stem, pairs of convolutions and a last one");
    }
    memory input = Allocate({{1, 3, kSide, kSide}, memory::data_type::f32, Tag::nchw});
    input_ = static_cast<float*>(input.get_data_handle());
    memory features = AddConvolution(convolutions.front(), input, Relu());
    for (size_t i = 1; i + 2 < convolutions.size(); i += 2) {
      features = AddBlock(convolutions[i], convolutions[i + 1], features);
    }
    features = AddConvolution(convolutions.back(), features, {});
    output_ = AddConnected(weights, features);
  }

  core::Embedding Embed(const cv::Mat& crop) override {
    if (crop.rows != kSide || crop.cols != kSide) {
      throw std::invalid_argument("the network takes crops of 112 x 112 pixels");
    }
    StayOnThisThread();
    SetInput(crop);
    for (const Step& step : steps_) {
      dnnl::error::wrap_c_api(
          dnnl_primitive_execute(step.primitive.get(), stream_.get(),
                                 static_cast<int>(step.arguments.size()), step.arguments.data()),
          "a layer failed");
    }
    stream_.wait();
    const auto* values = static_cast<const float*>(output_.get_data_handle());
    return {values, values + output_.get_desc().dims()[1]};
  }

 private:
  // The arguments are kept in the form of the C interface: from that of C++ each run would make
  // them anew.
  struct Step {
    dnnl::primitive primitive;
    std::vector<dnnl_exec_arg_t> arguments;
  };

  static dnnl::post_ops Relu() {
    dnnl::post_ops after;
    after.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
    return after;
  }

  static dnnl::post_ops AddThenRelu(const memory::desc& added) {
    dnnl::post_ops after;
    after.append_binary(dnnl::algorithm::binary_add, added);
    after.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
    return after;
  }

  // Memory of zeros that lives as long as the network.
  memory Allocate(const memory::desc& desc) {
    memory allocated(desc, engine_);
    std::memset(allocated.get_data_handle(), 0, desc.get_size());
    memories_.push_back(allocated);
    return allocated;
  }

  // A copy of `values`, which lie as `plain` says, in the order of `wanted`.
  memory Reordered(const std::vector<float>& values, const memory::desc& plain,
                   const memory::desc& wanted) {
    if (values.size() * sizeof(float) != plain.get_size()) {
      throw std::invalid_argument("a layer has another number of weights than its size says");
    }
    memory source(plain, engine_);
    std::ranges::copy(values, static_cast<float*>(source.get_data_handle()));
    memory reordered = Allocate(wanted);
    dnnl::reorder(source, reordered).execute(stream_, source, reordered);
    stream_.wait();
    return reordered;
  }

  template <typename Primitive>
  void AddStep(const typename Primitive::primitive_desc& desc, Arguments arguments) {
    if (const memory::desc scratchpad = desc.scratchpad_desc(); scratchpad.get_size() > 0) {
      arguments[DNNL_ARG_SCRATCHPAD] = Allocate(scratchpad);
    }
    Step step{.primitive = Primitive(desc), .arguments = {}};
    for (const auto& [role, argument] : arguments) {
      step.arguments.push_back({role, argument.get()});
    }
    steps_.push_back(std::move(step));
  }

  // `output` may leave the format to oneDNN. `more`: the operands of `after`.
  memory AddConvolution(const ConvolutionWeights& weights, const memory& input,
                        const dnnl::post_ops& after, const memory::desc& output,
                        Arguments more = {}) {
    constexpr auto kFloat = memory::data_type::f32;
    const memory::dims filter_dims{weights.outputs, weights.inputs, weights.window, weights.window};
    const memory::desc biases({weights.outputs}, kFloat, Tag::x);
    const memory::dims stride(2, weights.stride);
    const memory::dims padding(2, weights.padding);
    const dnnl::convolution_forward::primitive_desc desc(
        {dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, input.get_desc(),
         memory::desc(filter_dims, kFloat, Tag::any), biases, output, stride, padding, padding},
        WithOwnScratchpad(after), engine_);
    const memory result = Allocate(desc.dst_desc());
    more[DNNL_ARG_SRC] = input;
    more[DNNL_ARG_WEIGHTS] =
        Reordered(weights.filters, {filter_dims, kFloat, Tag::oihw}, desc.weights_desc());
    more[DNNL_ARG_BIAS] = Reordered(weights.biases, biases, biases);
    more[DNNL_ARG_DST] = result;
    AddStep<dnnl::convolution_forward>(desc, std::move(more));
    return result;
  }

  memory AddConvolution(const ConvolutionWeights& weights, const memory& input,
                        const dnnl::post_ops& after) {
    const memory::dim side =
        (input.get_desc().dims()[2] + 2L * weights.padding - weights.window) / weights.stride + 1;
    return AddConvolution(weights, input, after,
                          {{1, weights.outputs, side, side}, memory::data_type::f32, Tag::any});
  }

  memory AddBlock(const ConvolutionWeights& first, const ConvolutionWeights& second,
                  const memory& input) {
    const memory inner = AddConvolution(first, input, Relu());
    const memory::desc desc = inner.get_desc();
    const memory added = first.stride == 1 ? input : AddHalved(input, desc);
    return AddConvolution(second, inner, AddThenRelu(added.get_desc()), desc,
                          {{DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, added}});
  }

  // The 2 x 2 averages of `input`; the channels that `desc` has more stay the zeros they are.
  memory AddHalved(const memory& input, const memory::desc& desc) {
    memory::dims dims = desc.dims();
    dims[1] = input.get_desc().dims()[1];
    const dnnl::pooling_forward::primitive_desc pooling(
        {dnnl::prop_kind::forward_inference,
         dnnl::algorithm::pooling_avg_exclude_padding,
         input.get_desc(),
         memory::desc(dims, memory::data_type::f32, Tag::any),
         {2, 2},
         {2, 2},
         {0, 0},
         {0, 0}},
        WithOwnScratchpad(), engine_);
    const memory averages = Allocate(pooling.dst_desc());
    AddStep<dnnl::pooling_forward>(pooling, {{DNNL_ARG_SRC, input}, {DNNL_ARG_DST, averages}});

    // Pooling right into a part of the larger memory is possible too, but many times as slow.
    memory halved = Allocate(desc);
    const memory part(desc.submemory_desc(dims, {0, 0, 0, 0}), engine_, halved.get_data_handle());
    memories_.push_back(part);
    AddStep<dnnl::reorder>({averages, part, WithOwnScratchpad()},
                           {{DNNL_ARG_FROM, averages}, {DNNL_ARG_TO, part}});
    return halved;
  }

  memory AddConnected(const ResnetWeights& weights, const memory& input) {
    constexpr auto kFloat = memory::data_type::f32;
    const auto outputs = static_cast<memory::dim>(weights.connected_biases.size());
    memory::dims dims = input.get_desc().dims();
    dims[0] = outputs;
    const memory::desc biases({outputs}, kFloat, Tag::x);
    const dnnl::inner_product_forward::primitive_desc desc(
        {dnnl::prop_kind::forward_inference, input.get_desc(), memory::desc(dims, kFloat, Tag::any),
         biases, memory::desc({1, outputs}, kFloat, Tag::nc)},
        WithOwnScratchpad(), engine_);
    memory result = Allocate(desc.dst_desc());
    AddStep<dnnl::inner_product_forward>(
        desc, {{DNNL_ARG_SRC, input},
               {DNNL_ARG_WEIGHTS,
                Reordered(weights.connected, {dims, kFloat, Tag::ihwo}, desc.weights_desc())},
               {DNNL_ARG_BIAS, Reordered(weights.connected_biases, biases, biases)},
               {DNNL_ARG_DST, result}});
    return result;
  }

  void SetInput(const cv::Mat& crop) {
    constexpr int kPlane = kSide * kSide;
    float* pixel = input_;
    for (int row = 0; row < kSide; ++row) {
      const auto* bgr = crop.ptr<cv::Vec3b>(row);
      for (int column = 0; column < kSide; ++column, ++pixel) {
        for (int channel = 0; channel < 3; ++channel) {
          pixel[ptrdiff_t{channel} * kPlane] =
              (static_cast<float>(bgr[column][2 - channel]) - mean_rgb_[channel]) / 256;
        }
      }
    }
  }

  std::array<float, 3> mean_rgb_;
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  std::vector<memory> memories_;  // all that the steps' arguments refer to
  std::vector<Step> steps_;
  float* input_ = nullptr;
  memory output_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EmbeddingNetwork>> LoadEntryexitResnetIntoOnednn(
    const std::string& bytes) {
  const absl::StatusOr<ResnetWeights> weights = ReadEntryexitResnet(bytes);
  if (!weights.ok()) return weights.status();
  try {
    StayOnThisThread();
    return std::make_unique<OnednnNetwork>(*weights);
  } catch (const std::invalid_argument& error) {
    return core::MakeError(core::Reason::kModelFileInvalid,
                           fmt::format("oneDNN: {}", error.what()));
  } catch (const std::exception& error) {
    return core::MakeError(core::Reason::kInternal, fmt::format("oneDNN: {}", error.what()));
  }
}

std::string OnednnVersion() {
  const dnnl_version_t& version = *dnnl_version();
  return fmt::format("onednn-{}.{}", version.major, version.minor);
}

}  // namespace entryexit::face
