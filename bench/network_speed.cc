#include "bench/network_speed.h"

#include <cblas.h>

#include <algorithm>
#include <chrono>
#include <dnnl.hpp>
#include <functional>
#include <opencv2/core.hpp>
#include <vector>

#include "src/face/files.h"
#include "src/face/network.h"
#include "src/face/onednn_network.h"
#include "src/face/resnet_weights.h"

namespace entryexit::bench {
namespace {

double MillisecondsOf(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

// The median time of each of `works`, which take turns.
std::vector<double> Medians(const std::vector<std::function<void()>>& works, int rounds) {
  std::vector<std::vector<double>> times(works.size());
  for (int round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < works.size(); ++i) times[i].push_back(MillisecondsOf(works[i]));
  }
  std::vector<double> medians;
  for (std::vector<double>& of_one : times) {
    std::ranges::sort(of_one);
    medians.push_back(of_one[of_one.size() / 2]);
  }
  return medians;
}

double MultiplyAddsOf(const face::ResnetWeights& weights) {
  double sum = static_cast<double>(weights.connected.size());
  int side = weights.side;
  for (const face::ConvolutionWeights& layer : weights.convolutions) {
    side = (side + 2 * layer.padding - layer.window) / layer.stride + 1;
    sum += static_cast<double>(layer.filters.size()) * side * side;
  }
  return sum;
}

}  // namespace

NetworkSpeed MeasureNetwork(const std::filesystem::path& weights, int rounds) {
  using face::Convolutions;
  const std::string bytes = face::ReadFile(weights).value();
  const auto dlib = face::LoadEntryexitResnet(bytes).value();
  constexpr int kBatch = 8;
  const auto fastest = face::LoadEntryexitResnetIntoOnednn(bytes, {kBatch}).value();
  const auto direct =
      face::LoadEntryexitResnetIntoOnednn(bytes, {kBatch}, Convolutions::kDirect).value();
  std::vector<cv::Mat> crops;
  cv::RNG random(1);
  for (int i = 0; i < kBatch; ++i) {
    crops.emplace_back(112, 112, CV_8UC3);
    random.fill(crops.back(), cv::RNG::UNIFORM, 0, 256);
  }
  fastest->EmbedAll(crops);
  direct->EmbedAll(crops);

  constexpr int kSize = 512;
  const std::vector<float> left(size_t{kSize} * kSize, 0.5F);
  const std::vector<float> right = left;
  std::vector<float> product(left.size());
  const std::vector<double> ms =
      Medians({[&] { dlib->Embed(crops.front()); }, [&] { fastest->Embed(crops.front()); },
               [&] { direct->Embed(crops.front()); }, [&] { fastest->EmbedAll(crops); },
               [&] { direct->EmbedAll(crops); },
               [&] {
                 dnnl_sgemm('N', 'N', kSize, kSize, kSize, 1, left.data(), kSize, right.data(),
                            kSize, 0, product.data(), kSize);
               },
               [&] {
                 cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, kSize, kSize, kSize, 1,
                             left.data(), kSize, right.data(), kSize, 0, product.data(), kSize);
               }},
              rounds);
  return {.dlib_ms = ms[0],
          .onednn_ms = ms[1],
          .onednn_direct_ms = ms[2],
          .batch_ms = ms[3] / kBatch,
          .batch_direct_ms = ms[4] / kBatch,
          .multiply_adds = MultiplyAddsOf(face::ReadEntryexitResnet(bytes).value()),
          .peak = 1e3 * kSize * kSize * kSize / std::min(ms[5], ms[6])};
}

}  // namespace entryexit::bench
