#include "alignment.h"
#include "dlib_network.h"
#include "weights_collector.h"

namespace entryexit::face {
namespace {

template <long N, int S, typename Below>
using Conv3 = dlib::add_layer<dlib::con_<N, 3, 3, S, S, 1, 1>, Below>;

template <long N, typename Below>
using Residual =
    dlib::relu<dlib::add_prev1<Conv3<N, 1, dlib::relu<Conv3<N, 1, dlib::tag1<Below>>>>>>;

template <long N, typename Below>
using Down = dlib::relu<dlib::add_prev2<dlib::avg_pool<
    2, 2, 2, 2, dlib::skip1<dlib::tag2<Conv3<N, 1, dlib::relu<Conv3<N, 2, dlib::tag1<Below>>>>>>>>>;

template <typename Below>
using Stem = dlib::relu<Conv3<32, 2, Below>>;

template <typename Below>
using Stages =
    Residual<192, Down<192, Residual<96, Residual<96, Down<96, Residual<48, Down<48, Below>>>>>>>;

template <typename Below>
using Head = dlib::fc<128, dlib::add_layer<dlib::con_<128, 1, 1, 1, 1, 0, 0>, Below>>;

using EntryexitResnet = dlib::loss_metric<Head<Stages<Stem<dlib::input_rgb_image>>>>;

}  // namespace

absl::StatusOr<std::unique_ptr<EmbeddingNetwork>> LoadEntryexitResnet(const std::string& bytes) {
  return DlibNetwork<EntryexitResnet>::Load(bytes);
}

absl::StatusOr<ResnetWeights> ReadEntryexitResnet(const std::string& bytes) {
  return CollectWeights<EntryexitResnet>(bytes, kArcface112Px);
}

}  // namespace entryexit::face
