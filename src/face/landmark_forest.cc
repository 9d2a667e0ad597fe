#include "landmark_forest.h"

#include <dlib/opencv/cv_image.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace entryexit::face {
namespace {

constexpr size_t kLineFloats = 16;  // of a line of the cache
constexpr size_t kLeavesAhead = 16;
constexpr double kMostLeafBytes = 2e9;

template <typename T>
T Read(std::istream& in) {
  using dlib::deserialize;  // beside those found by the argument's type
  T value;
  deserialize(value, in);
  return value;
}

void Require(bool valid, const char* what) {
  if (!valid) throw dlib::serialization_error(what);
}

// Pixels are whole numbers of 0 to 255, so what one must exceed another by can be one, too.
int16_t WholeExcess(float threshold) {
  constexpr float kNever = 255;
  constexpr float kAlways = -256;
  return static_cast<int16_t>(threshold < kNever ? std::floor(std::max(threshold, kAlways))
                                                 : kNever);
}

// The sums are loaded and stored once for several leaves, but added up in the leaves' order.
template <size_t count>
void Add(const std::array<const float*, count>& leaves, size_t floats, float* __restrict sums) {
  for (size_t i = 0; i < floats; ++i) {
    float sum = sums[i];
    for (const float* leaf : leaves) sum += leaf[i];
    sums[i] = sum;
  }
}

}  // namespace

void deserialize(LandmarkForest& forest, std::istream& in) {
  Require(Read<int>(in) == 1, "the version is unknown");
  forest.mean_shape_ = Read<LandmarkForest::Shape>(in);
  forest.num_floats_ = static_cast<size_t>(forest.mean_shape_.size());
  forest.stride_ = (forest.num_floats_ + kLineFloats - 1) / kLineFloats * kLineFloats;
  Require(forest.num_floats_ > 0, "a shape has no point");
  Require(forest.num_floats_ % 2 == 0, "a shape has a point without a y");
  forest.ReadRounds(in);
  forest.ReadPixels(in);
}

// Tree by tree, so that memory never holds the forest twice.
void LandmarkForest::ReadRounds(std::istream& in) {
  const auto rounds = Read<unsigned long>(in);
  for (size_t i = 0; i < rounds; ++i) {
    const auto trees = Read<unsigned long>(in);
    if (i == 0) num_trees_ = trees;
    Require(trees == num_trees_, "rounds differ in their number of trees");
    Round& round = rounds_.emplace_back();
    for (size_t tree = 0; tree < trees; ++tree) {
      const auto read = Read<dlib::impl::regression_tree>(in);
      if (leaves_ == nullptr) {
        Require(std::has_single_bit(read.num_leaves()), "a tree is not full");
        depth_ = std::countr_zero(read.num_leaves());
        MakeRoomForLeaves(rounds);
      }
      KeepTree(read, tree, round);
    }
  }
}

void LandmarkForest::KeepTree(const dlib::impl::regression_tree& read, size_t tree, Round& round) {
  const size_t leaves = size_t{1} << depth_;
  Require(read.leaf_values.size() == leaves && read.splits.size() == leaves - 1,
          "trees are not all full and of one depth");
  round.splits.resize(num_trees_ * read.splits.size());
  for (size_t i = 0; i < read.splits.size(); ++i) {
    const dlib::impl::split_feature& split = read.splits[i];
    Require(std::max(split.idx1, split.idx2) <= UINT16_MAX, "a tree looks at too many pixels");
    const size_t width = std::bit_floor(i + 1);  // of its row of the tree
    round.splits[(num_trees_ + tree) * width - num_trees_ + i + 1 - width] = {
        static_cast<uint16_t>(split.idx1), static_cast<uint16_t>(split.idx2),
        WholeExcess(split.thresh)};
  }
  float* to = leaves_.get() + LeafAt(rounds_.size() - 1, tree);
  for (const Shape& leaf : read.leaf_values) {
    Require(leaf.size() == mean_shape_.size(), "a leaf is not of the size of a shape");
    std::ranges::copy(leaf, to);
    to += stride_;
  }
}

// In large pages: nearly every leaf would lie in a small one of its own.
void LandmarkForest::MakeRoomForLeaves(size_t rounds) {
  const double floats = std::ldexp(
      static_cast<double>(rounds) * static_cast<double>(num_trees_) * static_cast<double>(stride_),
      depth_);
  Require(floats * sizeof(float) <= kMostLeafBytes, "the forest is too large");
  leaves_ = MakeLargeFloats(static_cast<size_t>(floats));
}

void LandmarkForest::ReadPixels(std::istream& in) {
  const auto anchors = Read<std::vector<std::vector<unsigned long>>>(in);
  const auto offsets = Read<std::vector<std::vector<dlib::vector<float, 2>>>>(in);
  Require(anchors.size() == rounds_.size() && offsets.size() == rounds_.size(),
          "not every round has pixels");
  for (size_t i = 0; i < rounds_.size(); ++i) {
    Round& round = rounds_[i];
    round.anchors = anchors[i];
    round.offsets = offsets[i];
    const size_t pixels = round.offsets.size();
    Require(round.anchors.size() == pixels, "not every pixel has an anchor");
    Require(std::ranges::all_of(round.anchors, [&](auto at) { return at < num_points(); }),
            "an anchor is no point of the shape");
    Require(std::ranges::all_of(
                round.splits,
                [&](const Split& split) { return std::max(split.first, split.second) < pixels; }),
            "a tree looks at a pixel that is not there");
  }
}

size_t LandmarkForest::LeafAt(size_t round, size_t tree) const {
  return ((round * num_trees_ + tree) << depth_) * stride_;
}

std::vector<dlib::point> LandmarkForest::Find(const cv::Mat& bgr,
                                              const dlib::rectangle& box) const {
  const dlib::cv_image<dlib::bgr_pixel> picture(bgr);
  Shape shape = mean_shape_;
  std::vector<int16_t> pixels;
  for (size_t i = 0; i < rounds_.size(); ++i) {
    dlib::impl::extract_feature_pixel_values(picture, box, shape, mean_shape_, rounds_[i].anchors,
                                             rounds_[i].offsets, pixels);
    AddLeaves(i, ChooseLeaves(rounds_[i], pixels), shape);
  }
  const dlib::point_transform_affine to_picture = dlib::impl::unnormalizing_tform(box);
  std::vector<dlib::point> points(num_points());
  for (size_t i = 0; i < points.size(); ++i) {
    points[i] = to_picture(dlib::impl::location(shape, i));
  }
  return points;
}

// The place of a leaf of each tree. Goes down all trees at once, since the steps within one have to
// wait for each other.
std::vector<uint32_t> LandmarkForest::ChooseLeaves(const Round& round,
                                                   const std::vector<int16_t>& pixels) const {
  std::vector<uint32_t> places(num_trees_, 0);
  const Split* splits = round.splits.data();
  for (int row = 0; row < depth_; ++row) {
    for (size_t tree = 0; tree < num_trees_; ++tree) {
      const Split& split = splits[(tree << row) + places[tree]];
      const bool left = pixels[split.first] - pixels[split.second] > split.excess;
      places[tree] = 2 * places[tree] + (left ? 0 : 1);
    }
    splits += num_trees_ << row;
  }
  return places;
}

void LandmarkForest::AddLeaves(size_t round, const std::vector<uint32_t>& chosen,
                               Shape& shape) const {
  constexpr size_t kAtOnce = 4;
  const auto leaf_of = [&](size_t tree) -> const float* {
    return leaves_.get() + LeafAt(round, tree) + chosen[tree] * stride_;
  };
  const auto fetch = [&](size_t first, size_t end) {
    for (size_t tree = first; tree < std::min(end, num_trees_); ++tree) {
      const float* leaf = leaf_of(tree);
      for (size_t i = 0; i < num_floats_; i += kLineFloats) __builtin_prefetch(leaf + i);
    }
  };
  fetch(0, kLeavesAhead);
  size_t tree = 0;
  for (; tree + kAtOnce <= num_trees_; tree += kAtOnce) {
    fetch(tree + kLeavesAhead, tree + kLeavesAhead + kAtOnce);
    Add<kAtOnce>({leaf_of(tree), leaf_of(tree + 1), leaf_of(tree + 2), leaf_of(tree + 3)},
                 num_floats_, &shape(0));
  }
  for (; tree < num_trees_; ++tree) Add<1>({leaf_of(tree)}, num_floats_, &shape(0));
}

}  // namespace entryexit::face
