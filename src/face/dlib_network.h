#ifndef ENTRYEXIT_SRC_FACE_DLIB_NETWORK_H_
#define ENTRYEXIT_SRC_FACE_DLIB_NETWORK_H_

#include <dlib/dnn.h>
#include <fmt/format.h>

#include <exception>
#include <sstream>

#include "entryexit/core/reason.h"
#include "network.h"

namespace entryexit::face {

// Errors: MODEL_FILE_INVALID.
template <typename Net>
absl::Status DeserializeNetwork(const std::string& bytes, Net& net) {
  try {
    std::istringstream in(bytes);
    dlib::deserialize(net, in);
    return absl::OkStatus();
  } catch (const std::exception& error) {
    return core::MakeError(
        core::Reason::kModelFileInvalid,
        fmt::format("the model file does not hold the architecture that the manifest names: {}",
                    error.what()));
  }
}

// Runs a network of dlib's type `Net`. Each type is instantiated in one .cc file only: it takes
// the compiler ten seconds.
template <typename Net>
class DlibNetwork final : public EmbeddingNetwork {
 public:
  static absl::StatusOr<std::unique_ptr<EmbeddingNetwork>> Load(const std::string& bytes) {
    auto network = std::make_unique<DlibNetwork>();
    if (absl::Status status = DeserializeNetwork(bytes, network->net_); !status.ok()) return status;
    return network;
  }

  std::vector<core::Embedding> EmbedAll(std::span<const cv::Mat> crops) override {
    inputs_.resize(crops.size());
    for (size_t i = 0; i < crops.size(); ++i) SetInput(crops[i], inputs_[i]);
    std::vector<core::Embedding> embeddings;
    for (const dlib::matrix<float, 0, 1>& output : net_(inputs_)) {
      embeddings.emplace_back(output.begin(), output.end());
    }
    return embeddings;
  }

 private:
  using Input = dlib::matrix<dlib::rgb_pixel>;

  static void SetInput(const cv::Mat& crop, Input& input) {
    input.set_size(crop.rows, crop.cols);
    for (int row = 0; row < crop.rows; ++row) {
      for (int column = 0; column < crop.cols; ++column) {
        const auto& bgr = crop.at<cv::Vec3b>(row, column);
        input(row, column) = dlib::rgb_pixel(bgr[2], bgr[1], bgr[0]);
      }
    }
  }

  Net net_;
  std::vector<Input> inputs_;
};

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_DLIB_NETWORK_H_
