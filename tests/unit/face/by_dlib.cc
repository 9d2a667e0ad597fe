#include "tests/unit/face/by_dlib.h"

#include <dlib/image_processing/frontal_face_detector.h>
#include <dlib/image_processing/shape_predictor.h>
#include <dlib/opencv/cv_image.h>

#include <sstream>

namespace entryexit::face::testing {
namespace {

using Shape = dlib::matrix<float, 0, 1>;
using Pixel = dlib::vector<float, 2>;

constexpr int kPixels = 40;

Shape RandomShape(int points, float least, float most, cv::RNG& random) {
  Shape shape(2L * points);
  for (float& value : shape) value = random.uniform(least, most);
  return shape;
}

// Thresholds lie on whole numbers, between them and beyond all differences of pixels.
dlib::impl::regression_tree RandomTree(int points, int depth, cv::RNG& random) {
  dlib::impl::regression_tree tree;
  for (int i = 0; i < 1 << depth; ++i) {
    tree.leaf_values.push_back(RandomShape(points, -0.01F, 0.01F, random));
  }
  for (int i = 0; i + 1 < 1 << depth; ++i) {
    const auto threshold = static_cast<float>(random.uniform(-150, 150));
    const float scale = i % 5 == 4 ? 4 : 0.5F;
    tree.splits.push_back({static_cast<unsigned long>(random.uniform(0, kPixels)),
                           static_cast<unsigned long>(random.uniform(0, kPixels)),
                           scale * threshold});
  }
  return tree;
}

}  // namespace

std::vector<DetectedFace> DetectByDlib(const cv::Mat& gray, double threshold) {
  static dlib::frontal_face_detector detector = dlib::get_frontal_face_detector();
  std::vector<dlib::rect_detection> found;
  detector(dlib::cv_image<unsigned char>(gray), found, threshold);
  std::vector<DetectedFace> faces;
  for (const dlib::rect_detection& face : found) {
    faces.push_back(
        {cv::Rect2d(static_cast<double>(face.rect.left()), static_cast<double>(face.rect.top()),
                    static_cast<double>(face.rect.width()),
                    static_cast<double>(face.rect.height())),
         face.detection_confidence});
  }
  return faces;
}

cv::Mat NextLevelByDlib(const cv::Mat& gray) {
  dlib::array2d<unsigned char> next;
  const dlib::pyramid_down<6> pyramid;
  pyramid(dlib::cv_image<unsigned char>(gray), next);
  return cv::Mat(static_cast<int>(next.nr()), static_cast<int>(next.nc()), CV_8UC1,
                 dlib::image_data(next), static_cast<size_t>(dlib::width_step(next)))
      .clone();
}

struct LandmarksByDlib::Impl {
  dlib::shape_predictor predictor;
};

LandmarksByDlib::LandmarksByDlib(const std::filesystem::path& file) {
  auto impl = std::make_unique<Impl>();
  dlib::deserialize(file.string()) >> impl->predictor;
  impl_ = std::move(impl);
}

LandmarksByDlib::~LandmarksByDlib() = default;

Landmarks LandmarksByDlib::Find(const cv::Mat& bgr, const cv::Rect& box) const {
  const dlib::rectangle face(box.x, box.y, box.x + box.width - 1, box.y + box.height - 1);
  const auto shape = impl_->predictor(dlib::cv_image<dlib::bgr_pixel>(bgr), face);
  Landmarks points;
  for (unsigned long i = 0; i < shape.num_parts(); ++i) {
    points.emplace_back(static_cast<double>(shape.part(i).x()),
                        static_cast<double>(shape.part(i).y()));
  }
  return points;
}

std::string RandomShapePredictor(const ForestSize& size, int last_depth, cv::RNG& random) {
  std::vector<std::vector<dlib::impl::regression_tree>> forests;
  std::vector<std::vector<Pixel>> pixels;
  for (int round = 0; round < size.rounds; ++round) {
    auto& forest = forests.emplace_back();
    for (int i = 0; i < size.trees; ++i) {
      forest.push_back(RandomTree(size.points, size.depth, random));
    }
    auto& places = pixels.emplace_back();
    for (int i = 0; i < kPixels; ++i) {
      places.emplace_back(random.uniform(-0.1F, 1.1F), random.uniform(-0.1F, 1.1F));
    }
  }
  forests.back().back() = RandomTree(size.points, last_depth, random);
  std::ostringstream out;
  serialize(dlib::shape_predictor(RandomShape(size.points, 0, 1, random), forests, pixels), out);
  return out.str();
}

}  // namespace entryexit::face::testing
