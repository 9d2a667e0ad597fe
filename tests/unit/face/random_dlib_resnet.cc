#include "tests/unit/face/random_dlib_resnet.h"

#include <sstream>

#include "src/face/dlib_resnet_type.h"

namespace entryexit::face::testing {

std::string RandomDlibResnet() {
  DlibResnet net;
  // dlib gives layers their weights when the first picture passes.
  dlib::matrix<dlib::rgb_pixel> black(150, 150);
  dlib::assign_all_pixels(black, dlib::rgb_pixel(0, 0, 0));
  net(black);
  std::ostringstream out;
  dlib::serialize(net, out);
  return std::move(out).str();
}

}  // namespace entryexit::face::testing
