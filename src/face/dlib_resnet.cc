#include "alignment.h"
#include "dlib_network.h"
#include "dlib_resnet_type.h"
#include "weights_collector.h"

namespace entryexit::face {

absl::StatusOr<std::unique_ptr<EmbeddingNetwork>> LoadDlibResnet(const std::string& bytes) {
  return DlibNetwork<DlibResnet>::Load(bytes);
}

absl::StatusOr<ResnetWeights> ReadDlibResnet(const std::string& bytes) {
  return CollectWeights<DlibResnet>(bytes, kDlib150Px);
}

}  // namespace entryexit::face
