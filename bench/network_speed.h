#ifndef ENTRYEXIT_BENCH_NETWORK_SPEED_H_
#define ENTRYEXIT_BENCH_NETWORK_SPEED_H_

#include <filesystem>

namespace entryexit::bench {

// Medians of one run on one thread, taken in turns. Milliseconds a crop.
struct NetworkSpeed {
  double dlib_ms = 0;
  double onednn_ms = 0;         // batch 1
  double onednn_direct_ms = 0;  // batch 1, without Winograd's way of convolution
  double batch_ms = 0;          // batch 8
  double batch_direct_ms = 0;   // batch 8, without Winograd's way
  double multiply_adds = 0;     // that the layers of the network ask for, a crop
  double peak = 0;              // multiply-adds a second of the better of two libraries' GEMM
};

// Of the bundled network. Ends the program when it cannot be loaded.
__attribute__((visibility("default"))) NetworkSpeed MeasureNetwork(
    const std::filesystem::path& weights, int rounds);

}  // namespace entryexit::bench

#endif  // ENTRYEXIT_BENCH_NETWORK_SPEED_H_
