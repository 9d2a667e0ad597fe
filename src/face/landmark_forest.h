#ifndef ENTRYEXIT_SRC_FACE_LANDMARK_FOREST_H_
#define ENTRYEXIT_SRC_FACE_LANDMARK_FOREST_H_

#include <dlib/image_processing/shape_predictor.h>

#include <cstddef>
#include <cstdint>
#include <istream>
#include <opencv2/core.hpp>
#include <vector>

#include "large_pages.h"

namespace entryexit::face {

// What a dlib::shape_predictor computes, to the bit, but laid out for memory that no cache holds: a
// face takes 7500 of the 120,000 leaves, here and there among 65 MB, and the rest of the pipeline
// has had the caches since the last face. Thread-safe once it is read.
class LandmarkForest {
 public:
  // Reads a dlib::shape_predictor. Throws an std::exception when it is none, or its trees are not
  // all full and of one depth, as dlib trains them.
  friend void deserialize(LandmarkForest& forest, std::istream& in);

  size_t num_points() const { return num_floats_ / 2; }

  // The points of the face in `box`, px of the picture, in dlib's order.
  std::vector<dlib::point> Find(const cv::Mat& bgr, const dlib::rectangle& box) const;

 private:
  using Shape = dlib::matrix<float, 0, 1>;  // x and y of each point

  // Goes left where the first pixel exceeds the second one by more than `excess`.
  struct Split {
    uint16_t first;
    uint16_t second;
    int16_t excess;
  };

  // One round of corrections to the shape.
  struct Round {
    std::vector<Split> splits;  // of the roots of all trees, then of all their children, ...
    std::vector<unsigned long> anchors;  // the point that each pixel is near
    std::vector<dlib::vector<float, 2>> offsets;
  };

  void ReadRounds(std::istream& in);
  void KeepTree(const dlib::impl::regression_tree& read, size_t tree, Round& round);
  void MakeRoomForLeaves(size_t rounds);
  void ReadPixels(std::istream& in);
  size_t LeafAt(size_t round, size_t tree) const;
  std::vector<uint32_t> ChooseLeaves(const Round& round, const std::vector<int16_t>& pixels) const;
  void AddLeaves(size_t round, const std::vector<uint32_t>& chosen, Shape& shape) const;

  Shape mean_shape_;
  size_t num_floats_ = 0;  // of a shape
  size_t stride_ = 0;      // floats from leaf to leaf
  size_t num_trees_ = 0;   // of a round
  int depth_ = 0;          // of a tree
  std::vector<Round> rounds_;
  LargeFloats leaves_;  // by round, tree and place in the tree
};

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_LANDMARK_FOREST_H_
