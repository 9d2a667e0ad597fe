#include "gray.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "lanes.h"

namespace entryexit::face {
namespace {

// The weights of ITU-R BT.601, as cv::cvtColor has them.
constexpr int kShift = 15;
constexpr int kBlue = 3735;
constexpr int kGreen = 19235;
constexpr int kRed = 9798;
constexpr int kHalf = 1 << (kShift - 1);

constexpr ptrdiff_t kChannels = 3;
// What a load spans: a quarter of it is of later pixels, which must still lie within the row.
constexpr ptrdiff_t kLoadedPixels = (sizeof(Bytes) + kChannels - 1) / kChannels;

// Four pixels to each 16 bytes, of which the last four are others'.
Bytes Load(const uchar* bgr) {
#ifdef __AVX512BW__
  const __m512i fours = _mm512_setr_epi32(0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 12);
  return _mm512_permutexvar_epi32(fours, _mm512_loadu_si512(bgr));
#elif defined(__AVX2__)
  const __m256i fours = _mm256_setr_epi32(0, 1, 2, 3, 3, 4, 5, 6);
  return _mm256_permutevar8x32_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bgr)),
                                     fours);
#else
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bgr));
#endif
}

// In each lane the sum of both halves' products.
Ints SumOfProducts(Bytes pairs, Ints weights) {
#ifdef __AVX512BW__
  return std::bit_cast<Ints>(_mm512_madd_epi16(pairs, std::bit_cast<Bytes>(weights)));
#elif defined(__AVX2__)
  return std::bit_cast<Ints>(_mm256_madd_epi16(pairs, std::bit_cast<Bytes>(weights)));
#else
  return std::bit_cast<Ints>(_mm_madd_epi16(pairs, std::bit_cast<Bytes>(weights)));
#endif
}

// The places of two channels, or of one, of each of the four pixels in 16 bytes, as a pair of
// 16-bit numbers.
Bytes PairsOf(uint32_t of_first_pixel) {
  constexpr uint32_t kEachNext = 0x00030003;
  std::array<uint32_t, kLanes> places;
  for (size_t i = 0; i < places.size(); ++i) {
    places.at(i) = of_first_pixel + kEachNext * static_cast<uint32_t>(i % 4);
  }
  return std::bit_cast<Bytes>(places);
}

void MakeRow(const uchar* bgr, ptrdiff_t pixels, uchar* gray) {
  const Bytes blue_green = PairsOf(0x80018000);
  const Bytes red = PairsOf(0x80808002);
  const Ints weights_of_blue_green = Ints{} + (kGreen << 16 | kBlue);
  const Ints weight_of_red = Ints{} + kRed;
  ptrdiff_t i = 0;
  for (; i + kLoadedPixels <= pixels; i += kLanes) {
    const Bytes loaded = Load(bgr + kChannels * i);
    const Ints sum = SumOfProducts(Shuffled(loaded, blue_green), weights_of_blue_green) +
                     SumOfProducts(Shuffled(loaded, red), weight_of_red) + kHalf;
    const LaneBytes luma = LowBytes(sum >> kShift);
    std::memcpy(gray + i, luma.data(), luma.size());
  }
  for (; i < pixels; ++i) {
    const uchar* pixel = bgr + kChannels * i;
    gray[i] = static_cast<uchar>((kBlue * pixel[0] + kGreen * pixel[1] + kRed * pixel[2] + kHalf) >>
                                 kShift);
  }
}

}  // namespace

cv::Mat GrayOf(const cv::Mat& bgr) {
  cv::Mat gray(bgr.size(), CV_8UC1);
  for (int y = 0; y < bgr.rows; ++y) MakeRow(bgr.ptr(y), bgr.cols, gray.ptr(y));
  return gray;
}

}  // namespace entryexit::face
