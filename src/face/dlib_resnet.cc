#include "dlib_network.h"
#include "dlib_resnet_type.h"

namespace entryexit::face {

absl::StatusOr<std::unique_ptr<EmbeddingNetwork>> LoadDlibResnet(const std::string& bytes) {
  return DlibNetwork<DlibResnet>::Load(bytes);
}

}  // namespace entryexit::face
