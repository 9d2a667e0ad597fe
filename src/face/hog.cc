#include "hog.h"

#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace entryexit::face {
namespace {

constexpr int kHalfCellPx = kHogCellPx / 2;
constexpr int kDirections = 18;  // of a gradient: 20 degrees apart
constexpr int kUndirected = 9;   // when opposite ones count as one
constexpr int kBins = 20;        // of a histogram: the directions, in whole vectors of four
constexpr int kPlanes = 31;      // of features: directions, undirected, four of texture
constexpr int kBorder = 4;       // rows and columns of zeros before the features
constexpr int kFourFloats = 4;
constexpr int kRowsAtOnce = 4;  // of windows

// As many floats as a register holds. May lie anywhere.
#ifdef __AVX512F__
constexpr int kFloats = 16;
#elif defined(__AVX__)
constexpr int kFloats = 8;
#else
constexpr int kFloats = 4;
#endif
using Lanes
    [[gnu::vector_size(kFloats * sizeof(float)), gnu::aligned(sizeof(float)), gnu::may_alias]] =
        float;

// NOLINTNEXTLINE(readability-non-const-parameter): it is written through what this returns.
Lanes& LanesAt(float* floats) { return *reinterpret_cast<Lanes*>(floats); }
const Lanes& LanesAt(const float* floats) { return *reinterpret_cast<const Lanes*>(floats); }

// Of what is counted, so neither is negative.
size_t Area(int rows, int columns) {
  return static_cast<size_t>(rows) * static_cast<size_t>(columns);
}

void AddFour(float* to, __m128 values) { _mm_storeu_ps(to, _mm_loadu_ps(to) + values); }

// How a pixel among the 8 x 8 between the centres of four cells is shared out to them: upper left,
// lower left, upper right, lower right.
using Shares = std::array<std::array<__m128, kHogCellPx>, kHogCellPx>;

const Shares kShares = [] {
  Shares shares;
  for (size_t y = 0; y < kHogCellPx; ++y) {
    for (size_t x = 0; x < kHogCellPx; ++x) {
      const float down = (static_cast<float>(y) + 0.5F) / kHogCellPx;
      const float right = (static_cast<float>(x) + 0.5F) / kHogCellPx;
      shares.at(y).at(x) = _mm_setr_ps((1 - down) * (1 - right), down * (1 - right),
                                       (1 - down) * right, down * right);
    }
  }
  return shares;
}();

int CellsOf(int pixels) { return (pixels + kHalfCellPx) / kHogCellPx; }

// The gradients of the pixels 1 to end - 1 of a row: their lengths, and the nearest of the
// directions. dlib compares the products with nine unit vectors, given to four decimals; whole
// numbers decide alike between two neighbours of them, once the signs are put aside.
void MeasureGradients(const cv::Mat& gray, int y, int end, float* __restrict lengths,
                      unsigned char* __restrict directions) {
  const uchar* above = gray.ptr(y - 1);
  const uchar* here = gray.ptr(y);
  const uchar* below = gray.ptr(y + 1);
  for (int x = 1; x < end; ++x) {
    const auto across = static_cast<float>(here[x + 1] - here[x - 1]);
    const auto down = static_cast<float>(below[x] - above[x]);
    lengths[x] = std::sqrt(across * across + down * down);
    const float a = std::abs(across);
    const float d = std::abs(down);
    const int steep = static_cast<int>(d * 3420 > a * 603) + static_cast<int>(d * 3008 > a * 1737) +
                      static_cast<int>(d * 2232 > a * 2660) + static_cast<int>(d * 1188 > a * 3264);
    const int downwards = across < 0 ? kUndirected - steep : steep;
    const int upwards = across <= 0 ? kUndirected + steep : kDirections - steep;
    const int direction = down >= 0 ? downwards : upwards;
    directions[x] = static_cast<unsigned char>(direction == kDirections ? 0 : direction);
  }
}

// The sum of 2 x 2 cells.
float SumOfFour(const float* cells, int stride) {
  return cells[0] + cells[1] + cells[stride] + cells[stride + 1];
}

template <int lane>
__m128 Spread(__m128 values) {
  return _mm_shuffle_ps(values, values, lane * 0x55);
}

std::array<__m128, kFourFloats> SpreadEach(__m128 values) {
  return {Spread<0>(values), Spread<1>(values), Spread<2>(values), Spread<3>(values)};
}

using Weights = std::array<float, kHogWindow>;

// Each in all lanes, to be held in registers: read anew from a filter that, for all the compiler
// knows, may have been written to, they would take as many loads as what they are multiplied with.
std::array<Lanes, kHogWindow> InAllLanes(const Weights& weights) {
  std::array<Lanes, kHogWindow> lanes;
  for (size_t i = 0; i < lanes.size(); ++i) lanes[i] = weights[i] + Lanes{};
  return lanes;
}

// Several rows at once: each row's sum is a chain of additions that wait for each other, and rows
// share what is loaded.
void FilterDown(const float* features, ptrdiff_t next_row, const Weights& weights, int width,
                float* filtered, ptrdiff_t stride) {
  const std::array<Lanes, kHogWindow> lanes = InAllLanes(weights);
  for (int x = 0; x < width; x += kFloats) {
    std::array<Lanes, kRowsAtOnce> sums{};
#pragma GCC unroll 16
    for (int i = 0; i < kHogWindow + kRowsAtOnce - 1; ++i) {
      const Lanes feature = LanesAt(features + i * next_row + x);
#pragma GCC unroll 16
      for (int row = 0; row < kRowsAtOnce; ++row) {
        if (i - row >= 0 && i - row < kHogWindow) {
          sums[row] += lanes[i - row] * feature;
        }
      }
    }
    for (int row = 0; row < kRowsAtOnce; ++row) {
      LanesAt(filtered + row * stride + x) = sums[row];
    }
  }
}

void AddFilteredAcross(const float* filtered, ptrdiff_t stride, const Weights& weights, int width,
                       float* sums) {
  const std::array<Lanes, kHogWindow> lanes = InAllLanes(weights);
  for (int x = 0; x < width; x += kFloats) {
    std::array<Lanes, kRowsAtOnce> sum;
    for (int row = 0; row < kRowsAtOnce; ++row) {
      sum[row] = LanesAt(sums + row * stride + x);
    }
#pragma GCC unroll 16
    for (int i = 0; i < kHogWindow; ++i) {
#pragma GCC unroll 16
      for (int row = 0; row < kRowsAtOnce; ++row) {
        sum[row] += lanes[i] * LanesAt(filtered + row * stride + x + i);
      }
    }
    for (int row = 0; row < kRowsAtOnce; ++row) {
      LanesAt(sums + row * stride + x) = sum[row];
    }
  }
}

}  // namespace

HogScanner::HogScanner(std::vector<HogFilter> filters, std::vector<double> thresholds)
    : filters_(std::move(filters)), thresholds_(std::move(thresholds)) {
  // Those of one plane after one another, while the plane's rows are near at hand.
  std::ranges::stable_sort(filters_, {}, &HogFilter::plane);
}

std::vector<HogHit> HogScanner::Scan(const cv::Mat& gray, double margin) {
  cell_rows_ = CellsOf(gray.rows);
  cell_columns_ = CellsOf(gray.cols);
  rows_ = cell_rows_ - 2;  // a feature takes the cells around into account
  columns_ = cell_columns_ - 2;
  std::vector<HogHit> hits;
  if (rows_ <= 0 || columns_ <= 0) return hits;
  CountGradients(gray);
  MeasureEnergies();
  MakeFeatures();
  for (int row = 0; row < rows_; ++row) {
    if (row % kRowsAtOnce == 0) SumFilters(row);
    AddHits(row, margin, hits);
  }
  return hits;
}

size_t HogScanner::HistogramAt(int cell_row, int cell_column) const {
  return static_cast<size_t>(kBins) *
         static_cast<size_t>((cell_row + 1) * (cell_columns_ + 2) + cell_column + 1);
}

float* HogScanner::FeaturesAt(int row, int plane) {
  return &features_[static_cast<size_t>(row * kPlanes + plane) * static_cast<size_t>(stride_)];
}

float* HogScanner::SumsAt(int detector, int row) {
  return &sums_[Area(detector * kRowsAtOnce + row, stride_)];
}

void HogScanner::CountGradients(const cv::Mat& gray) {
  const int width = kHogCellPx * (cell_columns_ + 1);
  histograms_.assign(HistogramAt(cell_rows_ + 1, 0), 0);
  // What lies outside of the picture stays of length 0.
  lengths_.assign(Area(kHogCellPx, width), 0);
  directions_.assign(lengths_.size(), 0);
  const int end_y = std::min(cell_rows_ * kHogCellPx, gray.rows) - 1;
  const int end_x = std::min(cell_columns_ * kHogCellPx, gray.cols) - 1;
  for (int cell_row = 0; cell_row <= cell_rows_; ++cell_row) {
    const int top = kHogCellPx * cell_row - kHalfCellPx;
    const int first_y = std::max(top, 1);
    const int last_y = std::min(top + kHogCellPx, end_y);
    for (int y = first_y; y < last_y; ++y) {
      const size_t at = Area(y - top, width) + kHalfCellPx;
      MeasureGradients(gray, y, end_x, &lengths_[at], &directions_[at]);
    }
    for (int cell_column = 0; cell_column <= cell_columns_; ++cell_column) {
      CountBlock(cell_row, cell_column, first_y - top, last_y - top);
    }
  }
}

// Adds the pixels between the centres of four cells to their histograms; `cell_row` and
// `cell_column` are those of the lower right one. A pixel's four shares are counted as one vector,
// in turn in two sets of counters: the next one often has the same direction.
void HogScanner::CountBlock(int cell_row, int cell_column, int first_row, int end_row) {
  std::array<std::array<__m128, 2>, kBins> counters{};
  for (int row = first_row; row < end_row; ++row) {
    const size_t at =
        kHogCellPx * (Area(row, cell_columns_ + 1) + static_cast<size_t>(cell_column));
    const auto& shares = kShares[static_cast<size_t>(row)];
    for (size_t x = 0; x < kHogCellPx; ++x) {
      counters[directions_[at + x]][x % 2] += _mm_set1_ps(lengths_[at + x]) * shares[x];
    }
  }
  float* upper = &histograms_[HistogramAt(cell_row - 1, cell_column - 1)];
  float* lower = &histograms_[HistogramAt(cell_row, cell_column - 1)];
  for (size_t bin = 0; bin < kBins; bin += kFourFloats) {
    const auto sum = [&](size_t i) { return counters[bin + i][0] + counters[bin + i][1]; };
    __m128 upper_left = sum(0);
    __m128 lower_left = sum(1);
    __m128 upper_right = sum(2);
    __m128 lower_right = sum(3);
    _MM_TRANSPOSE4_PS(upper_left, lower_left, upper_right, lower_right);
    AddFour(upper + bin, upper_left);
    AddFour(lower + bin, lower_left);
    AddFour(upper + kBins + bin, upper_right);
    AddFour(lower + kBins + bin, lower_right);
  }
}

void HogScanner::MeasureEnergies() {
  energies_.resize(Area(cell_rows_, cell_columns_));
  for (int row = 0; row < cell_rows_; ++row) {
    for (int column = 0; column < cell_columns_; ++column) {
      const float* bins = &histograms_[HistogramAt(row, column)];
      float energy = 0;
      for (int i = 0; i < kUndirected; ++i) {
        const float both = bins[i] + bins[i + kUndirected];
        energy += both * both;
      }
      energies_[Area(row, cell_columns_) + static_cast<size_t>(column)] = energy;
    }
  }
}

void HogScanner::MakeFeatures() {
  // Filters read whole vectors, up to one past the last window.
  stride_ = (columns_ + kHogWindow + 2 * kFloats) / kFloats * kFloats;
  features_.assign(Area(rows_ + kRowsAtOnce + kHogWindow - 2, kPlanes * stride_), 0);
  for (int row = 0; row < rows_; ++row) {
    for (int column = 0; column < columns_; ++column) MakeFeaturesOf(row, column);
  }
}

// A histogram is normalised by the energies of each of the four squares of 2 x 2 cells that it is
// in, clipped, and the four are summed: over the squares, or over the directions for texture.
void HogScanner::MakeFeaturesOf(int row, int column) {
  const float* bins = &histograms_[HistogramAt(row + 1, column + 1)];
  const float* energy = &energies_[Area(row, cell_columns_) + static_cast<size_t>(column)];
  const float* next_energy = energy + cell_columns_;
  const __m128 energies =
      _mm_setr_ps(SumOfFour(next_energy + 1, cell_columns_), SumOfFour(energy + 1, cell_columns_),
                  SumOfFour(next_energy, cell_columns_), SumOfFour(energy, cell_columns_));
  const __m128 limit = _mm_set1_ps(0.2F) * _mm_sqrt_ps(energies + _mm_set1_ps(0.0001F));
  const std::array<__m128, 4> limits = SpreadEach(limit);
  const std::array<__m128, 4> factors = SpreadEach(_mm_set1_ps(0.1F) / limit);

  // Some room, as whole vectors are stored: what reaches too far is overwritten by what follows.
  std::array<float, kPlanes + kFourFloats> features;
  std::array<__m128, 4> textures{};
  for (size_t bin = 0; bin < kBins; bin += kFourFloats) {
    __m128 sum{};
    for (size_t i = 0; i < 4; ++i) {
      const __m128 clipped = _mm_min_ps(_mm_loadu_ps(bins + bin), limits[i]) * factors[i];
      sum += clipped;
      textures[i] += clipped;
    }
    _mm_storeu_ps(&features[bin], sum);
  }
  for (size_t bin = 0; bin < kUndirected; bin += kFourFloats) {
    const __m128 both = _mm_loadu_ps(bins + bin) + _mm_loadu_ps(bins + bin + kUndirected);
    __m128 sum{};
    for (size_t i = 0; i < 4; ++i) sum += _mm_min_ps(both, limits[i]) * factors[i];
    _mm_storeu_ps(&features[kDirections + bin], sum);
  }
  _MM_TRANSPOSE4_PS(textures[0], textures[1], textures[2], textures[3]);
  const __m128 texture = textures[0] + textures[1] + textures[2] + textures[3];
  _mm_storeu_ps(&features[kDirections + kUndirected], _mm_set1_ps(2 * 0.2357F) * texture);

  float* to = FeaturesAt(row + kBorder, 0) + column + kBorder;
  for (int plane = 0; plane < kPlanes; ++plane) {
    to[Area(plane, stride_)] = features[static_cast<size_t>(plane)];
  }
}

// Of as many rows as are filtered at once.
void HogScanner::SumFilters(int first_row) {
  sums_.assign(thresholds_.size() * Area(kRowsAtOnce, stride_), 0);
  part_.resize(Area(kRowsAtOnce, stride_));
  for (const HogFilter& filter : filters_) {
    FilterDown(FeaturesAt(first_row, filter.plane), ptrdiff_t{kPlanes} * stride_, filter.down,
               columns_ + kHogWindow - 1, part_.data(), stride_);
    AddFilteredAcross(part_.data(), stride_, filter.across, columns_, SumsAt(filter.detector, 0));
  }
}

void HogScanner::AddHits(int row, double margin, std::vector<HogHit>& hits) {
  for (int detector = 0; detector < static_cast<int>(thresholds_.size()); ++detector) {
    const double threshold = thresholds_[static_cast<size_t>(detector)] + margin;
    const float* sums = SumsAt(detector, row % kRowsAtOnce);
    for (int column = 0; column < columns_; ++column) {
      if (sums[column] < threshold) continue;
      hits.push_back({detector, row, column, sums[column]});
    }
  }
}

}  // namespace entryexit::face
