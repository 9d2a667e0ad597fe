#ifndef ENTRYEXIT_SRC_FACE_DLIB_RESNET_TYPE_H_
#define ENTRYEXIT_SRC_FACE_DLIB_RESNET_TYPE_H_

#include <dlib/dnn.h>

// The type of dlib's official face recognition network: 29 convolutions, 150 x 150 RGB in, 128
// floats out. Its layers must be those of the file, in number, order and kind.
namespace entryexit::face {

namespace dlib_resnet {

template <long N, int S, typename Below>
using Block = dlib::affine<
    dlib::con<N, 3, 3, 1, 1, dlib::relu<dlib::affine<dlib::con<N, 3, 3, S, S, Below>>>>>;

template <long N, typename Below>
using Residual = dlib::relu<dlib::add_prev1<Block<N, 1, dlib::tag1<Below>>>>;

template <long N, typename Below>
using Down = dlib::relu<dlib::add_prev2<
    dlib::avg_pool<2, 2, 2, 2, dlib::skip1<dlib::tag2<Block<N, 2, dlib::tag1<Below>>>>>>>;

template <long N, typename Below>
using Two = Residual<N, Residual<N, Below>>;

template <long N, typename Below>
using Three = Residual<N, Two<N, Below>>;

template <typename Below>
using Stem = dlib::max_pool<3, 3, 2, 2, dlib::relu<dlib::affine<dlib::con<32, 7, 7, 2, 2, Below>>>>;

template <typename Below>
using Stages =
    Down<256, Two<256, Down<256, Two<128, Down<128, Three<64, Down<64, Three<32, Below>>>>>>>>;

}  // namespace dlib_resnet

using DlibResnet = dlib::loss_metric<
    dlib::fc_no_bias<128, dlib::avg_pool_everything<dlib_resnet::Stages<
                              dlib_resnet::Stem<dlib::input_rgb_image_sized<150>>>>>>;

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_DLIB_RESNET_TYPE_H_
