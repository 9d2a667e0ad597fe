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

// What a file of either architecture holds, free of the types of dlib.
//
// The first convolution, with a ReLU, is the stem. Then come residual blocks of two convolutions:
// ReLU after the first; after the second the block's input is added, then ReLU. Where the first
// strides by 2, the input that is added is its 2 x 2 average with further channels of zeros; where
// that has another row and column than the block's output, the output is taken to be zero there.
// An odd last convolution, without ReLU, or what is left of the picture feeds the fully connected
// layer.
struct ResnetWeights {
  int side = 0;                     // px of the crop
  std::array<float, 3> mean_rgb{};  // taken from each pixel, which is then divided by 256
  std::vector<ConvolutionWeights> convolutions;
  bool stem_is_pooled = false;          // the greatest of 3 x 3, by 2, follows the stem
  bool averaged = false;                // each channel, ahead of the fully connected layer
  std::vector<float> connected;         // by input (channel, row, column), output
  std::vector<float> connected_biases;  // by output
};

// Errors: MODEL_FILE_INVALID. Thread-safe.
absl::StatusOr<ResnetWeights> ReadEntryexitResnet(const std::string& bytes);
absl::StatusOr<ResnetWeights> ReadDlibResnet(const std::string& bytes);

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_RESNET_WEIGHTS_H_
