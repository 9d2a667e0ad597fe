#ifndef ENTRYEXIT_SRC_FACE_HOG_H_
#define ENTRYEXIT_SRC_FACE_HOG_H_

#include <array>
#include <cstddef>
#include <opencv2/core.hpp>
#include <vector>

namespace entryexit::face {

inline constexpr int kHogCellPx = 8;   // width and height
inline constexpr int kHogWindow = 10;  // cells, both ways

// A term of a detector's filter for one of the 31 planes of features: an outer product.
struct HogFilter {
  int detector = 0;
  int plane = 0;
  std::array<float, kHogWindow> down{};
  std::array<float, kHogWindow> across{};
};

// A window that a detector's filters answer to.
struct HogHit {
  int detector;
  int row;  // of the window's upper left cell; windows reach four cells past the upper left border
  int column;
  float sum;
};

// Sums the filters of several detectors over the features of dlib::extract_fhog_features
// (histograms of oriented gradients, after Felzenszwalb) of a picture. Features and sums equal
// dlib's but for the rounding of floats, in half the time. Not thread-safe: memory is kept from
// picture to picture.
class HogScanner {
 public:
  // Detectors are counted from 0; each has a threshold.
  HogScanner(std::vector<HogFilter> filters, std::vector<double> thresholds);

  // The windows of `gray` (8-bit, one channel) whose sum reaches the detector's threshold +
  // `margin`.
  std::vector<HogHit> Scan(const cv::Mat& gray, double margin);

 private:
  size_t HistogramAt(int cell_row, int cell_column) const;
  float* FeaturesAt(int row, int plane);
  float* SumsAt(int detector, int row);
  void CountGradients(const cv::Mat& gray);
  void CountBlock(int cell_row, int cell_column, int first_row, int end_row);
  void MeasureEnergies();
  void MakeFeatures();
  void MakeFeaturesOf(int row, int column);
  void SumFilters(int first_row);
  void AddHits(int row, double margin, std::vector<HogHit>& hits);

  std::vector<HogFilter> filters_;
  std::vector<double> thresholds_;
  int cell_rows_ = 0;  // of the picture
  int cell_columns_ = 0;
  int rows_ = 0;  // of windows, and of cells that have features
  int columns_ = 0;
  int stride_ = 0;                         // floats in a row of one plane of features
  std::vector<float> lengths_;             // of the gradients of eight rows of pixels
  std::vector<unsigned char> directions_;  // of the same
  std::vector<float> histograms_;          // by cell, with one more all around, and direction
  std::vector<float> energies_;            // by cell
  std::vector<float> features_;            // by row, plane and column, with borders of zeros
  std::vector<float> part_;                // rows of features filtered downwards
  std::vector<float> sums_;                // by detector, row and column
};

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_HOG_H_
