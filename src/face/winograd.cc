#include "winograd.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace entryexit::face {
namespace {

constexpr int kLanes = Winograd::kChannels;
constexpr int kTile = 4;   // outputs, both ways
constexpr int kPatch = 6;  // inputs that they depend on, both ways
constexpr int kPoints = kPatch * kPatch;
constexpr int kGroup = 8;  // tiles that are multiplied with the same filters at once

// Of transformed tiles and their products, in floats: what the second cache of a core of a server
// holds, with room for the filters that pass through.
constexpr size_t kAtOnce = size_t{900} * 1024 / sizeof(float);

// May lie anywhere.
using Lanes
    [[gnu::vector_size(kLanes * sizeof(float)), gnu::aligned(sizeof(float)), gnu::may_alias]] =
        float;

// NOLINTNEXTLINE(readability-non-const-parameter): it is written through what this returns.
Lanes& LanesAt(float* floats) { return *reinterpret_cast<Lanes*>(floats); }
const Lanes& LanesAt(const float* floats) { return *reinterpret_cast<const Lanes*>(floats); }

// Without such registers the compiler makes do with several smaller ones.
#ifdef __AVX512F__
constexpr bool kLanesFillARegister = true;
#else
constexpr bool kLanesFillARegister = false;
#endif

size_t Size(int a, int b) { return static_cast<size_t>(a) * static_cast<size_t>(b); }

template <int count>
using Row = std::array<Lanes, static_cast<size_t>(count)>;

// The transforms of one dimension, for the points 0, 1, -1, 2, -2 and infinity.

Row<kPatch> Transformed(const Row<kPatch>& d) {
  const Lanes a = d[4] - 4 * d[2];
  const Lanes b = d[3] - 4 * d[1];
  const Lanes c = d[4] - d[2];
  const Lanes e = 2 * (d[3] - d[1]);
  return {4 * d[0] - 5 * d[2] + d[4], a + b, a - b, c + e, c - e, 4 * d[1] - 5 * d[3] + d[5]};
}

Row<kTile> TransformedBack(const Row<kPatch>& m) {
  const Lanes near = m[1] + m[2];
  const Lanes near_odd = m[1] - m[2];
  const Lanes far = m[3] + m[4];
  const Lanes far_odd = m[3] - m[4];
  return {m[0] + near + far, near_odd + 2 * far_odd, near + 4 * far, near_odd + 8 * far_odd + m[5]};
}

std::array<float, kPatch> TransformedFilter(float a, float b, float c) {
  const float even = a / 24 + c / 6;
  return {a / 4, -(a + b + c) / 6, -(a - b + c) / 6, even + b / 12, even - b / 12, c};
}

// How many vectors of outputs are multiplied at once: with those of three a group's sums take 24
// registers of 32.
int VectorsAtOnce(int outputs) {
  const int vectors = outputs / kLanes;
  return vectors % 3 == 0 ? 3 : 2 - vectors % 2;
}

// Adds up what the inputs of a group of tiles contribute to `vectors` vectors of its outputs, and
// fetches the filters for the next vectors ahead: after the last ones, of memory that is not ours,
// which does no harm.
template <int vectors>
void MultiplyGroup(const float* tiles, ptrdiff_t inputs, const float* filters, ptrdiff_t outputs,
                   float* products) {
  std::array<Row<vectors>, kGroup> sums{};
  for (ptrdiff_t input = 0; input < inputs; ++input) {
    Row<vectors> weights;
    for (int i = 0; i < vectors; ++i) {
      weights[i] = LanesAt(filters + (input * vectors + i) * kLanes);
      __builtin_prefetch(filters + (inputs * vectors + input * vectors + i) * kLanes, 0, 2);
    }
#pragma GCC unroll 8
    for (int tile = 0; tile < kGroup; ++tile) {
      for (int i = 0; i < vectors; ++i) sums[tile][i] += tiles[tile * inputs + input] * weights[i];
    }
  }
  for (int tile = 0; tile < kGroup; ++tile) {
    for (int i = 0; i < vectors; ++i) {
      LanesAt(products + tile * outputs + ptrdiff_t{i} * kLanes) = sums[tile][i];
    }
  }
}

}  // namespace

bool Winograd::Pays(const Shape& shape) {
  // A group that is not full costs as much as a full one.
  return kLanesFillARegister && Winograd(shape).tiles_ >= kGroup;
}

Winograd::Winograd(const Shape& shape)
    : shape_(shape),
      tiles_across_((shape.side + kTile - 1) / kTile),
      tiles_(shape.crops * tiles_across_ * tiles_across_) {
  const size_t group = kPoints * Size(kGroup, shape.inputs + shape.outputs);
  groups_at_once_ =
      std::clamp(static_cast<int>(kAtOnce / group), 1, (tiles_ + kGroup - 1) / kGroup);
}

size_t Winograd::FiltersSize(int inputs, int outputs) { return kPoints * Size(inputs, outputs); }

// By point, vectors at once, input, vector.
void Winograd::Order(const std::vector<float>& filters, int inputs, int outputs, float* ordered) {
  const int block = VectorsAtOnce(outputs) * kLanes;
  for (int output = 0; output < outputs; ++output) {
    for (int input = 0; input < inputs; ++input) {
      const float* filter = &filters[9 * (Size(output, inputs) + static_cast<size_t>(input))];
      std::array<std::array<float, kPatch>, 3> rows;
      for (size_t row = 0; row < 3; ++row) {
        rows[row] = TransformedFilter(filter[3 * row], filter[3 * row + 1], filter[3 * row + 2]);
      }
      for (size_t column = 0; column < kPatch; ++column) {
        const auto points = TransformedFilter(rows[0][column], rows[1][column], rows[2][column]);
        for (size_t row = 0; row < kPatch; ++row) {
          const size_t point = row * kPatch + column;
          ordered[point * Size(inputs, outputs) + Size(output / block * block, inputs) +
                  Size(input, block) + static_cast<size_t>(output % block)] = points[row];
        }
      }
    }
  }
}

size_t Winograd::scratch_size() const {
  return kPoints * Size(groups_at_once_ * kGroup, shape_.inputs + shape_.outputs);
}

void Winograd::Run(const float* input, const float* ordered, const float* biases,
                   const After& after, float* output, float* scratch) const {
  const size_t transformed_group = kPoints * Size(kGroup, shape_.inputs);
  const size_t product_group = kPoints * Size(kGroup, shape_.outputs);
  float* products = scratch + static_cast<size_t>(groups_at_once_) * transformed_group;
  for (int first = 0; first < tiles_; first += groups_at_once_ * kGroup) {
    const int end = std::min(tiles_, first + groups_at_once_ * kGroup);
    const int groups = (end - first + kGroup - 1) / kGroup;
    for (int i = 0; i < groups * kGroup; ++i) {
      // What the last group lacks are copies of the last tile, whose products nobody reads.
      TransformTile(input, PlaceOf(std::min(first + i, end - 1)),
                    scratch + static_cast<size_t>(i / kGroup) * transformed_group +
                        Size(i % kGroup, shape_.inputs));
    }
    Multiply(ordered, groups, scratch, products);
    for (int i = 0; i < end - first; ++i) {
      TransformBack(products + static_cast<size_t>(i / kGroup) * product_group +
                        Size(i % kGroup, shape_.outputs),
                    PlaceOf(first + i), biases, after, output);
    }
  }
}

Winograd::Place Winograd::PlaceOf(int tile) const {
  const int in_crop = tile % (tiles_across_ * tiles_across_);
  return {tile / (tiles_across_ * tiles_across_), in_crop / tiles_across_ * kTile - 1,
          in_crop % tiles_across_ * kTile - 1};
}

void Winograd::TransformTile(const float* input, const Place& place, float* transformed) const {
  const int side = shape_.side;
  const size_t to_next_point = Size(kGroup, shape_.inputs);
  for (int block = 0; block < shape_.inputs / kLanes; ++block) {
    const float* plane =
        input + Size(place.crop * (shape_.inputs / kLanes) + block, side * side * kLanes);
    std::array<Row<kPatch>, kPatch> columns;  // by column, then row
    for (int x = 0; x < kPatch; ++x) {
      Row<kPatch> column{};
      const int from_x = place.column + x;
      if (from_x >= 0 && from_x < side) {
        for (int y = 0; y < kPatch; ++y) {
          const int from_y = place.row + y;
          if (from_y < 0 || from_y >= side) continue;
          column[y] = LanesAt(plane + (ptrdiff_t{from_y} * side + from_x) * kLanes);
        }
      }
      columns[x] = Transformed(column);
    }
    for (int y = 0; y < kPatch; ++y) {
      const Row<kPatch> row = Transformed({columns[0][y], columns[1][y], columns[2][y],
                                           columns[3][y], columns[4][y], columns[5][y]});
      for (int x = 0; x < kPatch; ++x) {
        LanesAt(transformed + static_cast<size_t>(y * kPatch + x) * to_next_point +
                ptrdiff_t{block} * kLanes) = row[x];
      }
    }
  }
}

void Winograd::Multiply(const float* ordered, int groups, const float* transformed,
                        float* products) const {
  const int inputs = shape_.inputs;
  const int outputs = shape_.outputs;
  const int vectors = VectorsAtOnce(outputs);
  const auto multiply = vectors == 3   ? MultiplyGroup<3>
                        : vectors == 2 ? MultiplyGroup<2>
                                       : MultiplyGroup<1>;
  for (int point = 0; point < kPoints; ++point) {
    for (int output = 0; output < outputs; output += vectors * kLanes) {
      const float* filters = ordered + Size(point * inputs, outputs) + Size(output, inputs);
      for (int group = 0; group < groups; ++group) {
        const size_t at = Size(group * kPoints + point, kGroup);
        multiply(transformed + at * static_cast<size_t>(inputs), inputs, filters, outputs,
                 products + at * static_cast<size_t>(outputs) + output);
      }
    }
  }
}

void Winograd::TransformBack(const float* products, const Place& place, const float* biases,
                             const After& after, float* output) const {
  const int side = shape_.side;
  const size_t to_next_point = Size(kGroup, shape_.outputs);
  const int top = place.row + 1;
  const int left = place.column + 1;
  const int rows = std::min(kTile, side - top);
  const int columns = std::min(kTile, side - left);
  for (int block = 0; block < shape_.outputs / kLanes; ++block) {
    std::array<Row<kPatch>, kTile> halfway;  // by row of the tile, then column of the patch
    for (int x = 0; x < kPatch; ++x) {
      Row<kPatch> column;
      for (int y = 0; y < kPatch; ++y) {
        column[y] = LanesAt(products + static_cast<size_t>(y * kPatch + x) * to_next_point +
                            ptrdiff_t{block} * kLanes);
      }
      const Row<kTile> transformed = TransformedBack(column);
      for (int y = 0; y < kTile; ++y) halfway[y][x] = transformed[y];
    }
    const Lanes bias = LanesAt(biases + ptrdiff_t{block} * kLanes);
    float* plane =
        output + Size(place.crop * (shape_.outputs / kLanes) + block, side * side * kLanes);
    for (int y = 0; y < rows; ++y) {
      const Row<kTile> row = TransformedBack(halfway[y]);
      for (int x = 0; x < columns; ++x) {
        Lanes& to = LanesAt(plane + (ptrdiff_t{top + y} * side + left + x) * kLanes);
        Lanes value = row[x] + bias;
        if (after.sum) value += to;
        if (after.relu) value = value > 0 ? value : Lanes{};
        to = value;
      }
    }
  }
}

}  // namespace entryexit::face
