#include "onednn_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <dnnl.hpp>
#include <exception>
#include <map>
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

// oneDNN asks OpenMP how many threads to use, which knows a number for each calling thread: it must
// be set wherever primitives are made or run.
void StayOnThisThread() { omp_set_num_threads(1); }

dnnl::primitive_attr WithOwnScratchpad(const dnnl::post_ops& after = {}) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  attributes.set_post_ops(after);
  return attributes;
}

// A list of primitives for one number of crops, made once with all the memory they need, and then
// run for each so many. Where `other`, a graph of the same weights, has them in the same order,
// they are in memory once for both.
class OnednnGraph {
 public:
  OnednnGraph(const ResnetWeights& weights, size_t crops, Convolutions convolutions,
              const OnednnGraph* other)
      : side_(weights.side),
        mean_rgb_(weights.mean_rgb),
        crops_(static_cast<memory::dim>(crops)),
        winograd_(convolutions == Convolutions::kFastest),
        engine_(other != nullptr ? other->engine_ : dnnl::engine(dnnl::engine::kind::cpu, 0)) {
    if (other != nullptr) ordered_ = other->ordered_;
    const auto& layers = weights.convolutions;
    if (layers.empty()) throw std::invalid_argument("no convolution");
    memory input = Allocate({{crops_, 3, side_, side_}, kFloat, Tag::nchw});
    input_ = static_cast<float*>(input.get_data_handle());
    memory features = AddConvolution(layers.front(), input, Relu());
    NoLongerNeeded(input);
    if (weights.stem_is_pooled) {
      const memory stem = features;
      features = AddPooling(dnnl::algorithm::pooling_max, stem, 3, 2);
      NoLongerNeeded(stem);
    }
    for (size_t i = 1; i + 1 < layers.size(); i += 2) {
      features = AddBlock(layers[i], layers[i + 1], features);
    }
    if (layers.size() % 2 == 0) features = AddConvolution(layers.back(), features, {});
    if (weights.averaged) {
      const memory::dim side = SideOf(features);
      features = AddPooling(kAverage, features, side, side);
    }
    output_ = AddConnected(weights, features);
  }

  // Bytes that its steps need to work in, and where they are: to be set before it runs. No step
  // needs what another left there, so that graphs that do not run at once can have the same.
  size_t ScratchpadSize() const {
    size_t size = 0;
    for (const memory& scratchpad : scratchpads_) size = std::max(size, SizeOf(scratchpad));
    return size;
  }
  void SetScratchpad(const memory& shared) {
    for (memory& scratchpad : scratchpads_) scratchpad.set_data_handle(shared.get_data_handle());
  }

  const dnnl::engine& engine() const { return engine_; }

  // Appends the embeddings of as many crops as it was made for.
  void Run(std::span<const cv::Mat> crops, std::vector<core::Embedding>& embeddings) {
    for (size_t i = 0; i < crops.size(); ++i) SetInput(i, crops[i]);
    for (const Step& step : steps_) {
      dnnl::error::wrap_c_api(
          dnnl_primitive_execute(step.primitive.get(), stream_.get(),
                                 static_cast<int>(step.arguments.size()), step.arguments.data()),
          "a layer failed");
    }
    stream_.wait();
    const auto* values = static_cast<const float*>(output_.get_data_handle());
    const auto dimension = output_.get_desc().dims()[1];
    for (size_t i = 0; i < crops.size(); ++i, values += dimension) {
      embeddings.emplace_back(values, values + dimension);
    }
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

  static constexpr auto kFloat = memory::data_type::f32;
  static constexpr auto kAverage = dnnl::algorithm::pooling_avg_exclude_padding;

  // What is in the output beforehand is added.
  static dnnl::post_ops AddThenRelu() {
    dnnl::post_ops after;
    after.append_sum(1);
    after.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
    return after;
  }

  static memory::dim SideOf(const memory& features) { return features.get_desc().dims()[2]; }

  // Memory for what a step makes: the smallest that is no longer needed and large enough, so that
  // a graph takes less, and finds in the cache what the step before has left there.
  memory Allocate(const memory::desc& desc) {
    const auto fitting = std::ranges::find_if(
        spare_, [&](const memory& spare) { return SizeOf(spare) >= desc.get_size(); });
    if (fitting == spare_.end()) return AllocateZeros(desc);
    const memory allocated(desc, engine_, fitting->get_data_handle());
    memories_.push_back(allocated);
    in_use_.push_back(*fitting);
    spare_.erase(fitting);
    return allocated;
  }

  // Memory of its own, of zeros.
  memory AllocateZeros(const memory::desc& desc) {
    memory allocated(desc, engine_);
    std::memset(allocated.get_data_handle(), 0, desc.get_size());
    memories_.push_back(allocated);
    in_use_.push_back(allocated);
    return allocated;
  }

  // The steps run in the order in which they are added: what comes after may write over it.
  void NoLongerNeeded(const memory& done) {
    const auto whole = std::ranges::find(in_use_, done.get_data_handle(),
                                         [](const memory& m) { return m.get_data_handle(); });
    spare_.insert(std::ranges::upper_bound(spare_, SizeOf(*whole), {}, SizeOf), *whole);
    in_use_.erase(whole);
  }

  static size_t SizeOf(const memory& memory) { return memory.get_desc().get_size(); }

  // The next layer's `values`, which lie as `plain` says, in the order of `wanted`.
  memory Ordered(const std::vector<float>& values, const memory::desc& plain,
                 const memory::desc& wanted) {
    const size_t own = next_ordered_++;
    if (own == ordered_.size()) {
      ordered_.push_back(Reordered(values, plain, wanted));
    } else if (ordered_[own].get_desc() != wanted) {
      ordered_[own] = Reordered(values, plain, wanted);
    }
    return ordered_[own];
  }

  memory Reordered(const std::vector<float>& values, const memory::desc& plain,
                   const memory::desc& wanted) {
    if (values.size() * sizeof(float) != plain.get_size()) {
      throw std::invalid_argument("a layer has another number of weights than its size says");
    }
    memory source(plain, engine_);
    std::ranges::copy(values, static_cast<float*>(source.get_data_handle()));
    memory reordered(wanted, engine_);
    std::memset(reordered.get_data_handle(), 0, wanted.get_size());
    dnnl::reorder(source, reordered).execute(stream_, source, reordered);
    stream_.wait();
    return reordered;
  }

  template <typename Primitive>
  void AddStep(const typename Primitive::primitive_desc& desc, Arguments arguments) {
    if (const memory::desc scratchpad = desc.scratchpad_desc(); scratchpad.get_size() > 0) {
      scratchpads_.emplace_back(scratchpad, engine_, static_cast<void*>(DNNL_MEMORY_NONE));
      arguments[DNNL_ARG_SCRATCHPAD] = scratchpads_.back();
    }
    Step step{.primitive = Primitive(desc), .arguments = {}};
    for (const auto& [role, argument] : arguments) {
      step.arguments.push_back({role, argument.get()});
    }
    steps_.push_back(std::move(step));
  }

  dnnl::convolution_forward::primitive_desc DescribeConvolution(const ConvolutionWeights& weights,
                                                                const memory::desc& input,
                                                                const dnnl::post_ops& after,
                                                                const memory::desc& output) const {
    const memory::desc filters({weights.outputs, weights.inputs, weights.window, weights.window},
                               kFloat, Tag::any);
    const memory::desc biases({weights.outputs}, kFloat, Tag::x);
    const memory::dims stride(2, weights.stride);
    const memory::dims padding(2, weights.padding);
    const auto describe = [&](dnnl::algorithm algorithm, bool may_fail) {
      return dnnl::convolution_forward::primitive_desc(
          {dnnl::prop_kind::forward_inference, algorithm, input, filters, biases, output, stride,
           padding, padding},
          WithOwnScratchpad(after), engine_, may_fail);
    };
    if (winograd_ && weights.window == 3 && weights.stride == 1) {
      auto fast = describe(dnnl::algorithm::convolution_winograd, true);
      if (fast) return fast;
    }
    return describe(dnnl::algorithm::convolution_direct, false);
  }

  // Into `result`.
  void AddConvolution(const ConvolutionWeights& weights, const memory& input,
                      const dnnl::convolution_forward::primitive_desc& desc, const memory& result) {
    const memory::dims filter_dims{weights.outputs, weights.inputs, weights.window, weights.window};
    const memory::desc biases({weights.outputs}, kFloat, Tag::x);
    AddStep<dnnl::convolution_forward>(
        desc, {{DNNL_ARG_SRC, input},
               {DNNL_ARG_WEIGHTS,
                Ordered(weights.filters, {filter_dims, kFloat, Tag::oihw}, desc.weights_desc())},
               {DNNL_ARG_BIAS, Ordered(weights.biases, biases, biases)},
               {DNNL_ARG_DST, result}});
  }

  // Into memory of its own, in the format that suits it.
  memory AddConvolution(const ConvolutionWeights& weights, const memory& input,
                        const dnnl::post_ops& after) {
    const memory::dim side =
        (SideOf(input) + 2L * weights.padding - weights.window) / weights.stride + 1;
    const auto desc =
        DescribeConvolution(weights, input.get_desc(), after,
                            {{crops_, weights.outputs, side, side}, kFloat, Tag::any});
    const memory result = Allocate(desc.dst_desc());
    AddConvolution(weights, input, desc, result);
    return result;
  }

  // What the block adds its output to is the result: the input itself where it has the same shape.
  memory AddBlock(const ConvolutionWeights& first, const ConvolutionWeights& second,
                  const memory& input) {
    const memory inner = AddConvolution(first, input, Relu());
    memory result = input;
    if (first.stride != 1) {
      result = AddHalved(input, inner.get_desc());
      NoLongerNeeded(input);
    }
    if (SideOf(result) == SideOf(inner)) {
      AddConvolution(
          second, inner,
          DescribeConvolution(second, inner.get_desc(), AddThenRelu(), result.get_desc()), result);
      NoLongerNeeded(inner);
      return result;
    }
    const memory outer = AddConvolution(second, inner, {});
    dnnl::post_ops sum;
    sum.append_sum(1);
    AddCopy(outer, result, 0, sum);
    NoLongerNeeded(inner);
    NoLongerNeeded(outer);
    const dnnl::eltwise_forward::primitive_desc relu(
        {dnnl::prop_kind::forward_inference, dnnl::algorithm::eltwise_relu, result.get_desc(), 0},
        WithOwnScratchpad(), engine_);
    AddStep<dnnl::eltwise_forward>(relu, {{DNNL_ARG_SRC, result}, {DNNL_ARG_DST, result}});
    return result;
  }

  // Without padding.
  memory AddPooling(dnnl::algorithm algorithm, const memory& input, memory::dim window,
                    memory::dim stride) {
    memory::dims dims = input.get_desc().dims();
    dims[2] = dims[3] = (SideOf(input) - window) / stride + 1;
    const dnnl::pooling_forward::primitive_desc pooling({dnnl::prop_kind::forward_inference,
                                                         algorithm,
                                                         input.get_desc(),
                                                         memory::desc(dims, kFloat, Tag::any),
                                                         {stride, stride},
                                                         {window, window},
                                                         {0, 0},
                                                         {0, 0}},
                                                        WithOwnScratchpad(), engine_);
    const memory pooled = Allocate(pooling.dst_desc());
    AddStep<dnnl::pooling_forward>(pooling, {{DNNL_ARG_SRC, input}, {DNNL_ARG_DST, pooled}});
    return pooled;
  }

  // The 2 x 2 averages of `input`, and zeros in the channels that `like` has more.
  memory AddHalved(const memory& input, const memory::desc& like) {
    // Pooling right into a part of the larger memory is possible too, but many times as slow.
    const memory averages = AddPooling(kAverage, input, 2, 2);
    memory::dims dims = averages.get_desc().dims();
    const memory::dim channels = dims[1];
    dims[1] = like.dims()[1];
    memory halved = Allocate(WithDims(like, dims));
    AddCopy(averages, halved, 0, {});
    NoLongerNeeded(averages);
    if (dims[1] > channels) {
      dims[1] -= channels;
      AddCopy(AllocateZeros({dims, kFloat, Tag::nchw}), halved, channels, {});
    }
    return halved;
  }

  // The format of `desc` for another shape.
  static memory::desc WithDims(const memory::desc& desc, const memory::dims& dims) {
    return dims == desc.dims() ? desc : memory::desc(dims, kFloat, Tag::nChw16c);
  }

  // Copies `from` to the first rows and columns of `to`, from `channel` on.
  void AddCopy(const memory& from, const memory& to, memory::dim channel,
               const dnnl::post_ops& after) {
    const memory part(to.get_desc().submemory_desc(from.get_desc().dims(), {0, channel, 0, 0}),
                      engine_, to.get_data_handle());
    memories_.push_back(part);
    AddStep<dnnl::reorder>({from, part, WithOwnScratchpad(after)},
                           {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, part}});
  }

  memory AddConnected(const ResnetWeights& weights, const memory& input) {
    const auto outputs = static_cast<memory::dim>(weights.connected_biases.size());
    memory::dims dims = input.get_desc().dims();
    dims[0] = outputs;
    const memory::desc biases({outputs}, kFloat, Tag::x);
    const dnnl::inner_product_forward::primitive_desc desc(
        {dnnl::prop_kind::forward_inference, input.get_desc(), memory::desc(dims, kFloat, Tag::any),
         biases, memory::desc({crops_, outputs}, kFloat, Tag::nc)},
        WithOwnScratchpad(), engine_);
    memory result = Allocate(desc.dst_desc());
    AddStep<dnnl::inner_product_forward>(
        desc, {{DNNL_ARG_SRC, input},
               {DNNL_ARG_WEIGHTS,
                Ordered(weights.connected, {dims, kFloat, Tag::ihwo}, desc.weights_desc())},
               {DNNL_ARG_BIAS, Ordered(weights.connected_biases, biases, biases)},
               {DNNL_ARG_DST, result}});
    return result;
  }

  void SetInput(size_t index, const cv::Mat& crop) {
    const ptrdiff_t plane = ptrdiff_t{side_} * side_;
    float* pixel = input_ + 3 * plane * static_cast<ptrdiff_t>(index);
    for (int row = 0; row < side_; ++row) {
      const auto* bgr = crop.ptr<cv::Vec3b>(row);
      for (int column = 0; column < side_; ++column, ++pixel) {
        for (int channel = 0; channel < 3; ++channel) {
          pixel[channel * plane] =
              (static_cast<float>(bgr[column][2 - channel]) - mean_rgb_[channel]) / 256;
        }
      }
    }
  }

  int side_;
  std::array<float, 3> mean_rgb_;
  memory::dim crops_;
  bool winograd_;
  dnnl::engine engine_;
  dnnl::stream stream_{engine_};
  // These and the weights are all that the steps' arguments refer to.
  std::vector<memory> memories_;
  std::vector<memory> in_use_;       // while it is made: what a step to come may need
  std::vector<memory> spare_;        // what none needs, the smallest first
  std::vector<memory> scratchpads_;  // in the same place
  std::vector<memory> ordered_;      // the weights, in the order of their use; only read
  size_t next_ordered_ = 0;
  std::vector<Step> steps_;
  float* input_ = nullptr;
  memory output_;
};

// A graph for each size of batch, and the last one for a crop alone.
class Network final : public OnednnNetwork {
 public:
  Network(std::shared_ptr<const ResnetWeights> weights, BatchSizes batches,
          Convolutions convolutions, const Network* twin)
      : weights_(std::move(weights)), batches_(std::move(batches)), convolutions_(convolutions) {
    for (const size_t size : batches_) AddGraph(size, twin);
    AddGraph(1, twin);
    ShareScratchpad();
  }

  std::vector<core::Embedding> EmbedAll(std::span<const cv::Mat> crops) override {
    for (const cv::Mat& crop : crops) {
      if (crop.rows == weights_->side && crop.cols == weights_->side) continue;
      throw std::invalid_argument("the network takes crops of another size");
    }
    StayOnThisThread();
    std::vector<core::Embedding> embeddings;
    embeddings.reserve(crops.size());
    while (!crops.empty()) {
      const size_t count = LargestBatch(batches_, crops.size());
      graphs_.at(count)->Run(crops.first(count), embeddings);
      crops = crops.subspan(count);
    }
    return embeddings;
  }

  std::unique_ptr<OnednnNetwork> Another() const override {
    StayOnThisThread();
    return std::make_unique<Network>(weights_, batches_, convolutions_, this);
  }

 private:
  // Batches of several sizes ask for some of the weights in the same order.
  void AddGraph(size_t crops, const Network* twin) {
    const OnednnGraph* other = nullptr;
    if (twin != nullptr) {
      other = twin->graphs_.at(crops).get();
    } else if (!graphs_.empty()) {
      other = graphs_.begin()->second.get();
    }
    graphs_[crops] = std::make_unique<OnednnGraph>(*weights_, crops, convolutions_, other);
  }

  // Of a scratchpad for each step, those of Winograd's convolutions would come to 100 MB.
  void ShareScratchpad() {
    size_t size = 1;
    for (const auto& [crops, graph] : graphs_) size = std::max(size, graph->ScratchpadSize());
    scratchpad_ = memory({{static_cast<memory::dim>(size)}, memory::data_type::u8, Tag::x},
                         graphs_.at(1)->engine());
    for (const auto& [crops, graph] : graphs_) graph->SetScratchpad(scratchpad_);
  }

  const std::shared_ptr<const ResnetWeights> weights_;
  const BatchSizes batches_;
  const Convolutions convolutions_;
  std::map<size_t, std::unique_ptr<OnednnGraph>> graphs_;  // by the number of crops
  memory scratchpad_;
};

absl::StatusOr<std::unique_ptr<OnednnNetwork>> LoadIntoOnednn(absl::StatusOr<ResnetWeights> weights,
                                                              const BatchSizes& batches,
                                                              Convolutions convolutions) {
  if (!weights.ok()) return weights.status();
  try {
    StayOnThisThread();
    return std::make_unique<Network>(std::make_shared<const ResnetWeights>(*std::move(weights)),
                                     batches, convolutions, nullptr);
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
