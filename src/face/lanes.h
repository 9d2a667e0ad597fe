#ifndef ENTRYEXIT_SRC_FACE_LANES_H_
#define ENTRYEXIT_SRC_FACE_LANES_H_

#include <immintrin.h>

#include <array>
#include <bit>
#include <cstdint>
#include <opencv2/core.hpp>

// Registers as wide as the processor level has them, in lanes of 32 bits. For sources that are
// compiled for each level.
namespace entryexit::face {

#ifdef __AVX512BW__
using Bytes = __m512i;
#elif defined(__AVX2__)
using Bytes = __m256i;
#else
using Bytes = __m128i;
#endif
constexpr int kLanes = sizeof(Bytes) / sizeof(int32_t);
using Ints [[gnu::vector_size(sizeof(Bytes))]] = int32_t;

// Each 16 bytes by themselves; a place of 128 and more gives 0.
inline Bytes Shuffled(Bytes bytes, Bytes places) {
#ifdef __AVX512BW__
  return _mm512_shuffle_epi8(bytes, places);
#elif defined(__AVX2__)
  return _mm256_shuffle_epi8(bytes, places);
#else
  return _mm_shuffle_epi8(bytes, places);
#endif
}

using LaneBytes = std::array<uchar, kLanes>;

// The lowest byte of each lane.
inline LaneBytes LowBytes(Ints values) {
#ifdef __AVX512BW__
  return std::bit_cast<LaneBytes>(_mm512_cvtepi32_epi8(std::bit_cast<Bytes>(values)));
#elif defined(__AVX2__)
  const __m256i bytes =
      _mm256_shuffle_epi8(std::bit_cast<Bytes>(values), _mm256_set1_epi32(0x0C080400));
  return std::bit_cast<LaneBytes>(static_cast<uint32_t>(_mm256_extract_epi32(bytes, 0)) |
                                  uint64_t{static_cast<uint32_t>(_mm256_extract_epi32(bytes, 4))}
                                      << 32);
#else
  return std::bit_cast<LaneBytes>(_mm_cvtsi128_si32(
      _mm_shuffle_epi8(std::bit_cast<Bytes>(values), _mm_set1_epi32(0x0C080400))));
#endif
}

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_LANES_H_
