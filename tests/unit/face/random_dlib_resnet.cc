#include "tests/unit/face/random_dlib_resnet.h"

#include <sstream>

#include "src/face/dlib_resnet_type.h"

namespace entryexit::face::testing {

std::string RandomDlibResnet() {
  DlibResnet net;
  // As in the published file: a factor for each channel. By itself it is one for each pixel.
  dlib::visit_computational_layers(
      net, [](dlib::affine_& layer) { layer = dlib::affine_(dlib::CONV_MODE); });
  // dlib gives layers their weights when the first picture passes.
  dlib::matrix<dlib::rgb_pixel> black(150, 150);
  dlib::assign_all_pixels(black, dlib::rgb_pixel(0, 0, 0));
  net(black);
  // All ones and zeros by themselves.
  dlib::rand random(3);
  const auto fill = [&random](dlib::tensor& values, float lowest) {
    for (float& value : values) value = lowest + random.get_random_float();
  };
  dlib::visit_computational_layers(net, [&](dlib::affine_& layer) {
    dlib::alias_tensor_instance factors = layer.get_gamma();
    dlib::alias_tensor_instance shifts = layer.get_beta();
    fill(factors, 0.5F);
    fill(shifts, -0.5F);
  });
  std::ostringstream out;
  dlib::serialize(net, out);
  return std::move(out).str();
}

}  // namespace entryexit::face::testing
