#include "pyramid.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

#include "lanes.h"

// Every number here is computed as dlib::resize_image computes it, in the same type and order: its
// results are what the detector's filters were trained on, and what templates were made by.
namespace entryexit::face {
namespace {

// A register has as many neighbours in a row of the next picture as it has lanes. So many of them
// have bytes of a row of this picture in common, which span them and more.
constexpr int kPerLoad = std::min(kLanes, 8);
constexpr int kLoaded = 2 * kPerLoad;
using Starts = std::array<int, kLanes / kPerLoad>;
using Floats [[gnu::vector_size(kLanes * sizeof(float))]] = float;

// dlib computes so many at once.
constexpr int kQuad = 4;

// Where neighbours in a row of the next picture lie in a row of this one.
struct Group {
  int count;      // kLanes, but for the last group
  Starts starts;  // of the bytes to load
  Bytes left;     // the place of each one's left pixel among them, zero-extended to 32 bits
  Bytes right;
  Floats fraction;  // of the way from left to right
};

double ScaleOf(int from, int to) { return (from - 1) / static_cast<double>(std::max(to - 1, 1)); }

Bytes Places(const std::array<int, kLanes>& pixels, const Starts& starts) {
  std::array<uint32_t, kLanes> places;
  for (size_t i = 0; i < kLanes; ++i) {
    places.at(i) = 0x80808000U | static_cast<uint32_t>(pixels.at(i) - starts.at(i / kPerLoad));
  }
  return std::bit_cast<Bytes>(places);
}

// Those whose right pixels, and their quad's, all lie within the row. Of a very wide one, the steps
// are rounded so much that there would be more of them than the next row has pixels.
std::vector<Group> GroupsOf(int from, int to) {
  const double scale = ScaleOf(from, to);
  std::array<float, kQuad> x;
  for (size_t i = 0; i < kQuad; ++i) {
    x.at(i) = static_cast<float>(-4 * scale + static_cast<double>(i) * scale);
  }
  const auto step = static_cast<float>(4 * scale);
  std::vector<Group> groups;
  int left_over = to;
  while (true) {
    Group group{};
    std::array<int, kLanes> left{};
    std::array<int, kLanes> right{};
    std::array<float, kLanes> fraction{};
    for (size_t quad = 0; quad < kLanes; quad += kQuad) {
      for (float& place : x) place += step;
      if (left_over < kQuad || static_cast<int>(x.back()) + 1 >= from) break;
      for (size_t i = 0; i < kQuad; ++i) {
        left.at(quad + i) = static_cast<int>(x.at(i));
        right.at(quad + i) = left.at(quad + i) + 1;
        fraction.at(quad + i) = x.at(i) - static_cast<float>(left.at(quad + i));
      }
      group.count += kQuad;
      left_over -= kQuad;
    }
    if (group.count > 0) {
      for (size_t i = 0; i < group.starts.size(); ++i) {
        group.starts.at(i) = std::min(left.at(i * kPerLoad), from - kLoaded);
      }
      group.left = Places(left, group.starts);
      group.right = Places(right, group.starts);
      group.fraction = std::bit_cast<Floats>(fraction);
      groups.push_back(group);
    }
    if (group.count < kLanes) return groups;
  }
}

#ifdef __AVX2__
__m256i LoadTwice(const uchar* bytes) {
  return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
}
#endif

// Each 16 bytes once for every four neighbours that they span, since they are shuffled by
// themselves.
Bytes Load(const uchar* row, const Starts& starts) {
#ifdef __AVX512BW__
  return _mm512_inserti64x4(_mm512_castsi256_si512(LoadTwice(row + starts[0])),
                            LoadTwice(row + starts[1]), 1);
#elif defined(__AVX2__)
  return LoadTwice(row + starts[0]);
#else
  return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(row + starts[0]));
#endif
}

Floats Pick(Bytes loaded, Bytes places) {
  return __builtin_convertvector(std::bit_cast<Ints>(Shuffled(loaded, places)), Floats);
}

// Rounds halves up, exactly. A comparison that holds is -1.
Ints Rounded(Floats values) {
  const Ints whole = __builtin_convertvector(values, Ints);
  return whole - (values - __builtin_convertvector(whole, Floats) >= 0.5F);
}

// The two rows around one of the next picture, and how far it is from the upper to the lower.
struct RowPair {
  const uchar* top;
  const uchar* bottom;
  double fraction;
};

void SampleGroups(const RowPair& rows, const std::vector<Group>& groups, uchar* out) {
  const Floats down = static_cast<float>(rows.fraction) + Floats{};
  const Floats not_down = static_cast<float>(1 - rows.fraction) + Floats{};
  for (const Group& group : groups) {
    const Bytes top = Load(rows.top, group.starts);
    const Bytes bottom = Load(rows.bottom, group.starts);
    const Floats along = group.fraction;
    const Floats not_along = 1 - along;
    const Floats sum =
        not_down * not_along * Pick(top, group.left) + not_down * along * Pick(top, group.right) +
        down * not_along * Pick(bottom, group.left) + down * along * Pick(bottom, group.right);
    const LaneBytes pixels = LowBytes(Rounded(sum));
    // A copy whose size the compiler knows is one instruction.
    if (group.count == kLanes) {
      std::memcpy(out, pixels.data(), kLanes);
    } else {
      std::memcpy(out, pixels.data(), static_cast<size_t>(group.count));
    }
    out += group.count;
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
  std::vector<Group> groups;
  if (gray.cols >= kLoaded) groups = GroupsOf(gray.cols, next.cols);
  const int grouped =
      std::accumulate(groups.begin(), groups.end(), 0,
                      [](int sum, const Group& group) { return sum + group.count; });
  const double scale = ScaleOf(gray.rows, next.rows);
  double y = -scale;
  for (int row = 0; row < next.rows; ++row) {
    y += scale;
    const int top = static_cast<int>(std::floor(y));
    const int bottom = std::min(top + 1, gray.rows - 1);
    const RowPair rows{gray.ptr(top), gray.ptr(bottom), y - top};
    SampleGroups(rows, groups, next.ptr(row));
    SampleRest(rows, gray.cols, next.cols, grouped, next.ptr(row));
  }
  return next;
}

}  // namespace entryexit::face
