#include "pyramid.h"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

// Every number here is computed as dlib::resize_image computes it, in the same type and order: its
// results are what the detector's filters were trained on, and what templates were made by.
namespace entryexit::face {
namespace {

constexpr int kLanes = 4;
constexpr int kLoaded = 8;  // bytes; four neighbours in the next picture span at most six here

// Where four neighbours in a row of the next picture lie in a row of this one.
struct Quad {
  int start;     // of the bytes to load
  __m128i left;  // the place of each one's left pixel among them, zero-extended to 32 bits
  __m128i right;
  __m128 fraction;  // of the way from left to right
};

double ScaleOf(int from, int to) { return (from - 1) / static_cast<double>(std::max(to - 1, 1)); }

__m128i Places(const std::array<int, kLanes>& pixels, int start) {
  alignas(16) std::array<int32_t, kLanes> places;
  for (size_t i = 0; i < kLanes; ++i) {
    places.at(i) = static_cast<int32_t>(0x80808000U | static_cast<uint32_t>(pixels.at(i) - start));
  }
  __m128i mask;
  std::memcpy(&mask, places.data(), sizeof(mask));
  return mask;
}

// Those whose right pixels all lie within the row.
std::vector<Quad> QuadsOf(int from, int to) {
  const double scale = ScaleOf(from, to);
  std::array<float, kLanes> x;
  for (size_t i = 0; i < kLanes; ++i) {
    x.at(i) = static_cast<float>(-4 * scale + static_cast<double>(i) * scale);
  }
  const auto step = static_cast<float>(4 * scale);
  std::vector<Quad> quads;
  while (true) {
    std::array<int, kLanes> left{};
    std::array<int, kLanes> right{};
    std::array<float, kLanes> fraction{};
    for (size_t i = 0; i < kLanes; ++i) {
      x.at(i) += step;
      left.at(i) = static_cast<int>(x.at(i));
      right.at(i) = left.at(i) + 1;
      fraction.at(i) = x.at(i) - static_cast<float>(left.at(i));
    }
    if (right.back() >= from) return quads;
    const int start = std::min(left.front(), from - kLoaded);
    quads.push_back(
        {start, Places(left, start), Places(right, start), _mm_loadu_ps(fraction.data())});
  }
}

__m128i Load(const uchar* row, int start) {
  return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(row + start));
}

__m128 Pick(__m128i loaded, __m128i places) {
  return _mm_cvtepi32_ps(_mm_shuffle_epi8(loaded, places));
}

// Rounds halves up, exactly.
__m128i Rounded(__m128 values) {
  const __m128i whole = _mm_cvttps_epi32(values);
  const __m128 rest = _mm_sub_ps(values, _mm_cvtepi32_ps(whole));
  const __m128i up = _mm_castps_si128(_mm_cmpge_ps(rest, _mm_set1_ps(0.5F)));
  return _mm_sub_epi32(whole, up);
}

// The two rows around one of the next picture, and how far it is from the upper to the lower.
struct RowPair {
  const uchar* top;
  const uchar* bottom;
  double fraction;
};

void SampleQuads(const RowPair& rows, const std::vector<Quad>& quads, uchar* out) {
  const __m128i first_bytes = _mm_set1_epi32(0x0C080400);
  const __m128 one = _mm_set1_ps(1);
  const __m128 down = _mm_set1_ps(static_cast<float>(rows.fraction));
  const __m128 not_down = _mm_set1_ps(static_cast<float>(1 - rows.fraction));
  for (const Quad& quad : quads) {
    const __m128i top = Load(rows.top, quad.start);
    const __m128i bottom = Load(rows.bottom, quad.start);
    const __m128 along = quad.fraction;
    const __m128 not_along = one - along;
    const __m128 sum =
        not_down * not_along * Pick(top, quad.left) + not_down * along * Pick(top, quad.right) +
        down * not_along * Pick(bottom, quad.left) + down * along * Pick(bottom, quad.right);
    const int32_t pixels = _mm_cvtsi128_si32(_mm_shuffle_epi8(Rounded(sum), first_bytes));
    std::memcpy(out, &pixels, kLanes);
    out += kLanes;
  }
}

// The last few pixels, which dlib computes in another way, and does not round.
void SampleRest(const RowPair& rows, int from, int to, int first, uchar* out) {
  const double scale = ScaleOf(from, to);
  double x = -scale + first * scale;
  const auto mix = [](float along, uchar left, uchar right) {
    return (1 - along) * static_cast<float>(left) + along * static_cast<float>(right);
  };
  for (int column = first; column < to; ++column) {
    x += scale;
    const int left = static_cast<int>(std::floor(x));
    const int right = std::min(left + 1, from - 1);
    const auto along = static_cast<float>(x - left);
    const float top = mix(along, rows.top[left], rows.top[right]);
    const float bottom = mix(along, rows.bottom[left], rows.bottom[right]);
    const auto value = static_cast<float>((1 - rows.fraction) * top + rows.fraction * bottom);
    out[column] = static_cast<uchar>(value);
  }
}

}  // namespace

cv::Mat NextLevel(const cv::Mat& gray) {
  cv::Mat next(gray.rows * 5 / 6, gray.cols * 5 / 6, CV_8UC1);
  std::vector<Quad> quads;
  if (gray.cols >= kLoaded) quads = QuadsOf(gray.cols, next.cols);
  const double scale = ScaleOf(gray.rows, next.rows);
  double y = -scale;
  for (int row = 0; row < next.rows; ++row) {
    y += scale;
    const int top = static_cast<int>(std::floor(y));
    const int bottom = std::min(top + 1, gray.rows - 1);
    const RowPair rows{gray.ptr(top), gray.ptr(bottom), y - top};
    SampleQuads(rows, quads, next.ptr(row));
    SampleRest(rows, gray.cols, next.cols, static_cast<int>(quads.size()) * kLanes, next.ptr(row));
  }
  return next;
}

}  // namespace entryexit::face
