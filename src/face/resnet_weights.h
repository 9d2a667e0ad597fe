#ifndef ENTRYEXIT_SRC_FACE_RESNET_WEIGHTS_H_
#define ENTRYEXIT_SRC_FACE_RESNET_WEIGHTS_H_

#include <array>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace entryexit::face {

// A square convolution with a bias.
struct ConvolutionWeights {
  int inputs = 0;              // channels
  int outputs = 0;             // channels
  int window = 0;              // px
  int stride = 0;              // px
  int padding = 0;             // px of zeros at each side
  std::vector<float> filters;  // by output, input, row, column
  std::vector<float> biases;   // by output
};

// What a file of the architecture entryexit-resnet holds, free of the types of dlib.
//
// The first convolution, with a ReLU, is the stem. Then come residual blocks of two convolutions:
// ReLU after the first; after the second the block's input is added, then ReLU. Where the first
// strides by 2, the input that is added is its 2 x 2 average with further channels of zeros. The
// last convolution, without ReLU, feeds the fully connected layer.
struct ResnetWeights {
  std::array<float, 3> mean_rgb{};  // taken from each pixel, which is then divided by 256
  std::vector<ConvolutionWeights> convolutions;
  std::vector<float> connected;         // by input (channel, row, column), output
  std::vector<float> connected_biases;  // by output
};

// Errors: MODEL_FILE_INVALID. Thread-safe.
absl::StatusOr<ResnetWeights> ReadEntryexitResnet(const std::string& bytes);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_RESNET_WEIGHTS_H_
