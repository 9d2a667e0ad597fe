#include "onednn_graph.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <opencv2/core.hpp>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "large_pages.h"
#include "winograd.h"

namespace entryexit::face {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Arguments = std::unordered_map<int, memory>;
using After = Winograd::After;

constexpr auto kFloat = memory::data_type::f32;
constexpr auto kAverage = dnnl::algorithm::pooling_avg_exclude_padding;

size_t SizeOf(const memory& memory) { return memory.get_desc().get_size(); }

memory::dim SideOf(const memory& features) { return features.get_desc().dims()[2]; }

dnnl::primitive_attr WithOwnScratchpad(const dnnl::post_ops& after = {}) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  attributes.set_post_ops(after);
  return attributes;
}

dnnl::post_ops PostOps(const After& after) {
  dnnl::post_ops operations;
  if (after.sum) operations.append_sum(1);
  if (after.relu) operations.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
  return operations;
}

// The format of our own convolutions, which oneDNN takes and gives as well.
memory::desc InSixteens(const memory::dims& dims) { return {dims, kFloat, Tag::nChw16c}; }

float* FloatsOf(const memory& memory) { return static_cast<float*>(memory.get_data_handle()); }

}  // namespace

// Memory for what the steps make. They run in the order in which they are added, so a step may
// write over what none after it needs: a graph then takes less, and finds in the cache what the
// step before has left there.
class OnednnGraph::Buffers {
 public:
  explicit Buffers(dnnl::engine engine) : engine_(std::move(engine)) {}

  // The smallest that was given back and is large enough, with what is in it.
  memory Take(const memory::desc& desc) {
    const auto fitting = std::ranges::find_if(
        spare_, [&](const memory& spare) { return SizeOf(spare) >= desc.get_size(); });
    if (fitting == spare_.end()) return TakeZeros(desc);
    in_use_.push_back(*fitting);
    spare_.erase(fitting);
    return memory(desc, engine_, in_use_.back().get_data_handle());
  }

  memory TakeZeros(const memory::desc& desc) {
    in_use_.emplace_back(desc, engine_);
    std::memset(in_use_.back().get_data_handle(), 0, desc.get_size());
    return in_use_.back();
  }

  // Once for each time that it was taken.
  void GiveBack(const memory& done) {
    const auto whole = std::ranges::find(in_use_, done.get_data_handle(), &memory::get_data_handle);
    if (whole == in_use_.end()) throw std::logic_error("memory of a step is given back twice");
    spare_.insert(std::ranges::upper_bound(spare_, SizeOf(*whole), {}, SizeOf), *whole);
    in_use_.erase(whole);
  }

  // All that there is, for whoever runs the steps.
  std::vector<memory> All() const {
    std::vector<memory> all = in_use_;
    all.insert(all.end(), spare_.begin(), spare_.end());
    return all;
  }

 private:
  dnnl::engine engine_;
  std::vector<memory> in_use_;
  std::vector<memory> spare_;  // the smallest first
};

class OnednnGraph::Maker {
 public:
  Maker(const ResnetWeights& weights, size_t crops, Convolutions convolutions, dnnl::engine engine,
        const OnednnGraph* alike)
      : weights_(weights),
        crops_(static_cast<memory::dim>(crops)),
        convolutions_(convolutions),
        engine_(std::move(engine)) {
    if (alike == nullptr) return;
    parts_.ordered = alike->parts_.ordered;
    parts_.large_floats = alike->parts_.large_floats;
  }

  Parts Make() {
    const auto& layers = weights_.convolutions;
    if (layers.empty()) throw std::invalid_argument("no convolution");
    parts_.input = buffers_.Take({{crops_, 3, weights_.side, weights_.side}, kFloat, Tag::nchw});
    memory features = AddConvolution(layers.front(), parts_.input, {.relu = true});
    buffers_.GiveBack(parts_.input);
    if (weights_.stem_is_pooled) {
      const memory stem = features;
      features = AddPooling(dnnl::algorithm::pooling_max, stem, 3, 2);
      buffers_.GiveBack(stem);
    }
    for (size_t i = 1; i + 1 < layers.size(); i += 2) {
      features = AddBlock(layers[i], layers[i + 1], features);
    }
    if (layers.size() % 2 == 0) features = AddConvolution(layers.back(), features, {});
    if (weights_.averaged) {
      const memory::dim side = SideOf(features);
      features = AddPooling(kAverage, features, side, side);
    }
    parts_.output = AddConnected(weights_, features);
    parts_.buffers = buffers_.All();
    return std::move(parts_);
  }

 private:
  // The next layer's `values`, which lie as `plain` says, in the order of `wanted`.
  memory Ordered(const std::vector<float>& values, const memory::desc& plain,
                 const memory::desc& wanted) {
    return NextOrdered(wanted, [&] { return Reordered(values, plain, wanted); });
  }

  memory OrderedBiases(const std::vector<float>& biases, memory::dim outputs) {
    const memory::desc plain({outputs}, kFloat, Tag::x);
    return Ordered(biases, plain, plain);
  }

  // As `make` makes them, unless they are there.
  template <typename Make>
  memory NextOrdered(const memory::desc& wanted, const Make& make) {
    const size_t own = next_ordered_++;
    if (own == parts_.ordered.size()) {
      parts_.ordered.push_back(make());
    } else if (parts_.ordered[own].get_desc() != wanted) {
      parts_.ordered[own] = make();
    }
    return parts_.ordered[own];
  }

  memory Reordered(const std::vector<float>& values, const memory::desc& plain,
                   const memory::desc& wanted) {
    if (values.size() * sizeof(float) != plain.get_size()) {
      throw std::invalid_argument("a layer has another number of weights than its size says");
    }
    memory source(plain, engine_);
    std::ranges::copy(values, FloatsOf(source));
    memory reordered(wanted, engine_);
    std::memset(reordered.get_data_handle(), 0, wanted.get_size());
    dnnl::stream stream(engine_);
    dnnl::reorder(source, reordered).execute(stream, source, reordered);
    stream.wait();
    return reordered;
  }

  // The arguments are kept in the form of the C interface: from that of C++ each run would make
  // them anew.
  template <typename Primitive>
  void AddStep(const typename Primitive::primitive_desc& desc, const Arguments& arguments) {
    std::vector<dnnl_exec_arg_t> by_role;
    std::vector<memory> memories;  // what those refer to
    const auto add = [&](int role, const memory& argument) {
      by_role.push_back({role, argument.get()});
      memories.push_back(argument);
    };
    for (const auto& [role, argument] : arguments) add(role, argument);
    if (const memory::desc scratchpad = desc.scratchpad_desc(); scratchpad.get_size() > 0) {
      add(DNNL_ARG_SCRATCHPAD, TakeScratchpad(scratchpad));
    }
    parts_.steps.emplace_back([primitive = Primitive(desc), by_role = std::move(by_role),
                               memories = std::move(memories)](const dnnl::stream& stream) {
      dnnl::error::wrap_c_api(
          dnnl_primitive_execute(primitive.get(), stream.get(), static_cast<int>(by_role.size()),
                                 by_role.data()),
          "a layer failed");
    });
  }

  memory TakeScratchpad(const memory::desc& desc) {
    return parts_.scratchpads.emplace_back(desc, engine_, static_cast<void*>(DNNL_MEMORY_NONE));
  }

  Winograd::Shape ShapeOf(const ConvolutionWeights& weights, const memory& input) const {
    return {.crops = static_cast<int>(crops_),
            .inputs = weights.inputs,
            .outputs = weights.outputs,
            .side = static_cast<int>(SideOf(input))};
  }

  // Whether our own code computes it. Weights that do not fit are left to oneDNN, which throws.
  bool IsOurs(const ConvolutionWeights& weights, const memory& input) const {
    if (weights.window != 3 || weights.stride != 1 || weights.padding != 1 || weights.inputs < 1 ||
        weights.outputs < 1 || weights.inputs % Winograd::kChannels != 0 ||
        weights.outputs % Winograd::kChannels != 0) {
      return false;
    }
    const Winograd::Shape shape = ShapeOf(weights, input);
    const size_t size = 9 * static_cast<size_t>(shape.inputs) * static_cast<size_t>(shape.outputs);
    if (weights.filters.size() != size ||
        input.get_desc() != InSixteens({crops_, shape.inputs, shape.side, shape.side})) {
      return false;
    }
    return convolutions_ == Convolutions::kOurWinograd ||
           (convolutions_ == Convolutions::kFastest && Winograd::Pays(shape));
  }

  void AddWinograd(const ConvolutionWeights& weights, const memory& input, const After& after,
                   const memory& result) {
    const Winograd winograd(ShapeOf(weights, input));
    const memory filters = OrderedForWinograd(weights);
    const memory biases = OrderedBiases(weights.biases, weights.outputs);
    const memory scratchpad =
        TakeScratchpad({{static_cast<memory::dim>(winograd.scratch_size())}, kFloat, Tag::x});
    parts_.steps.emplace_back([=](const dnnl::stream& /*stream*/) {
      winograd.Run(FloatsOf(input), FloatsOf(filters), FloatsOf(biases), after, FloatsOf(result),
                   FloatsOf(scratchpad));
    });
  }

  memory OrderedForWinograd(const ConvolutionWeights& weights) {
    const auto size = Winograd::FiltersSize(weights.inputs, weights.outputs);
    const memory::desc wanted({static_cast<memory::dim>(size)}, kFloat, Tag::x);
    return NextOrdered(wanted, [&] {
      const std::shared_ptr<float> ordered = MakeLargeFloats(size);
      parts_.large_floats.push_back(ordered);
      Winograd::Order(weights.filters, weights.inputs, weights.outputs, ordered.get());
      return memory(wanted, engine_, ordered.get());
    });
  }

  dnnl::convolution_forward::primitive_desc DescribeConvolution(const ConvolutionWeights& weights,
                                                                const memory::desc& input,
                                                                const After& after,
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
          WithOwnScratchpad(PostOps(after)), engine_, may_fail);
    };
    if (convolutions_ != Convolutions::kDirect && weights.window == 3 && weights.stride == 1) {
      auto fast = describe(dnnl::algorithm::convolution_winograd, true);
      if (fast) return fast;
    }
    return describe(dnnl::algorithm::convolution_direct, false);
  }

  // Into `result`.
  void AddConvolution(const ConvolutionWeights& weights, const memory& input,
                      const dnnl::convolution_forward::primitive_desc& desc, const memory& result) {
    const memory::dims filter_dims{weights.outputs, weights.inputs, weights.window, weights.window};
    AddStep<dnnl::convolution_forward>(
        desc, {{DNNL_ARG_SRC, input},
               {DNNL_ARG_WEIGHTS,
                Ordered(weights.filters, {filter_dims, kFloat, Tag::oihw}, desc.weights_desc())},
               {DNNL_ARG_BIAS, OrderedBiases(weights.biases, weights.outputs)},
               {DNNL_ARG_DST, result}});
  }

  // Into memory of its own, in the format that suits it.
  memory AddConvolution(const ConvolutionWeights& weights, const memory& input,
                        const After& after) {
    const memory::dim side =
        (SideOf(input) + 2L * weights.padding - weights.window) / weights.stride + 1;
    const memory::dims dims{crops_, weights.outputs, side, side};
    if (IsOurs(weights, input)) {
      const memory result = buffers_.Take(InSixteens(dims));
      AddWinograd(weights, input, after, result);
      return result;
    }
    const auto desc =
        DescribeConvolution(weights, input.get_desc(), after, {dims, kFloat, Tag::any});
    const memory result = buffers_.Take(desc.dst_desc());
    AddConvolution(weights, input, desc, result);
    return result;
  }

  // Onto `result`, of the input's format, with ReLU.
  void AddOnto(const memory& result, const ConvolutionWeights& weights, const memory& input) {
    constexpr After kAfter{.sum = true, .relu = true};
    const memory::dims dims{crops_, weights.outputs, SideOf(input), SideOf(input)};
    if (IsOurs(weights, input) && result.get_desc() == InSixteens(dims)) {
      AddWinograd(weights, input, kAfter, result);
    } else {
      AddConvolution(weights, input,
                     DescribeConvolution(weights, input.get_desc(), kAfter, result.get_desc()),
                     result);
    }
  }

  // What the block adds its output to is the result: the input itself where it has the same shape,
  // else the input's memory is given back.
  memory AddBlock(const ConvolutionWeights& first, const ConvolutionWeights& second,
                  const memory& input) {
    const memory inner = AddConvolution(first, input, {.relu = true});
    memory result = input;
    if (first.stride != 1) {
      result = AddHalved(input, inner.get_desc());
      buffers_.GiveBack(input);
    }
    if (SideOf(result) == SideOf(inner)) {
      AddOnto(result, second, inner);
      buffers_.GiveBack(inner);
      return result;
    }
    const memory outer = AddConvolution(second, inner, {});
    dnnl::post_ops sum;
    sum.append_sum(1);
    AddCopy(outer, result, 0, sum);
    buffers_.GiveBack(inner);
    buffers_.GiveBack(outer);
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
    const memory pooled = buffers_.Take(pooling.dst_desc());
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
    memory halved = buffers_.Take(WithDims(like, dims));
    AddCopy(averages, halved, 0, {});
    buffers_.GiveBack(averages);
    if (dims[1] > channels) {
      dims[1] -= channels;
      AddCopy(buffers_.TakeZeros({dims, kFloat, Tag::nchw}), halved, channels, {});
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
    memory result = buffers_.Take(desc.dst_desc());
    AddStep<dnnl::inner_product_forward>(
        desc, {{DNNL_ARG_SRC, input},
               {DNNL_ARG_WEIGHTS,
                Ordered(weights.connected, {dims, kFloat, Tag::ihwo}, desc.weights_desc())},
               {DNNL_ARG_BIAS, OrderedBiases(weights.connected_biases, outputs)},
               {DNNL_ARG_DST, result}});
    return result;
  }

  const ResnetWeights& weights_;
  const memory::dim crops_;
  const Convolutions convolutions_;
  const dnnl::engine engine_;
  Buffers buffers_{engine_};
  size_t next_ordered_ = 0;
  Parts parts_;
};

OnednnGraph::OnednnGraph(const ResnetWeights& weights, size_t crops, Convolutions convolutions,
                         const dnnl::engine& engine, const OnednnGraph* alike)
    : side_(weights.side),
      mean_rgb_(weights.mean_rgb),
      crops_(crops),
      engine_(engine),
      stream_(engine),
      parts_(Maker(weights, crops, convolutions, engine, alike).Make()) {}

size_t OnednnGraph::ScratchpadSize() const {
  size_t size = 0;
  for (const memory& scratchpad : parts_.scratchpads) size = std::max(size, SizeOf(scratchpad));
  return size;
}

void OnednnGraph::SetScratchpad(const memory& shared) {
  for (memory& scratchpad : parts_.scratchpads) {
    scratchpad.set_data_handle(shared.get_data_handle());
  }
}

void OnednnGraph::Run(std::span<const cv::Mat> crops, std::vector<core::Embedding>& embeddings) {
  for (size_t i = 0; i < crops.size(); ++i) SetInput(i, crops[i]);
  for (const Step& step : parts_.steps) step(stream_);
  stream_.wait();
  const float* values = FloatsOf(parts_.output);
  const auto dimension = parts_.output.get_desc().dims()[1];
  for (size_t i = 0; i < crops.size(); ++i, values += dimension) {
    embeddings.emplace_back(values, values + dimension);
  }
}

void OnednnGraph::SetInput(size_t index, const cv::Mat& crop) {
  const ptrdiff_t plane = ptrdiff_t{side_} * side_;
  float* pixel = FloatsOf(parts_.input) + 3 * plane * static_cast<ptrdiff_t>(index);
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

}  // namespace entryexit::face
