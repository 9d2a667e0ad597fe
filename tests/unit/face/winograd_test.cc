#include "src/face/winograd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <vector>

namespace entryexit::face {
namespace {

using Floats = std::vector<float>;

Floats Random(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Floats floats(count);
  std::ranges::generate(floats, [&] { return normal(random); });
  return floats;
}

// Of features by crop, sixteen channels, row, column, channel.
size_t IndexOf(int channels, int side, int crop, int channel, int row, int column) {
  constexpr int kSixteen = Winograd::kChannels;
  const ptrdiff_t block = crop * (channels / kSixteen) + channel / kSixteen;
  return static_cast<size_t>(((block * side + row) * side + column) * kSixteen +
                             channel % kSixteen);
}

size_t SizeOf(const Winograd::Shape& shape, int channels) {
  return static_cast<size_t>(ptrdiff_t{shape.crops} * channels * shape.side * shape.side);
}

struct Layer {
  explicit Layer(const Winograd::Shape& of)
      : shape(of),
        input(Random(SizeOf(of, of.inputs), 1)),
        filters(Random(static_cast<size_t>(ptrdiff_t{9} * of.inputs * of.outputs), 2)),
        biases(Random(static_cast<size_t>(of.outputs), 3)),
        before(Random(SizeOf(of, of.outputs), 4)) {}

  Winograd::Shape shape;
  Floats input;
  Floats filters;
  Floats biases;
  Floats before;  // in the memory of the output
};

// As the convolution is defined.
double ValueAt(const Layer& layer, int crop, int output, int row, int column) {
  const auto& [crops, inputs, outputs, side] = layer.shape;
  double sum = layer.biases[static_cast<size_t>(output)];
  for (int input = 0; input < inputs; ++input) {
    for (int i = 0; i < 9; ++i) {
      const int y = row + i / 3 - 1;
      const int x = column + i % 3 - 1;
      if (y < 0 || y >= side || x < 0 || x >= side) continue;
      const ptrdiff_t filter = ptrdiff_t{output} * inputs + input;
      sum += static_cast<double>(layer.filters[static_cast<size_t>(9 * filter + i)]) *
             layer.input[IndexOf(inputs, side, crop, input, y, x)];
    }
  }
  return sum;
}

Floats Expected(const Layer& layer, const Winograd::After& after) {
  const auto& [crops, inputs, outputs, side] = layer.shape;
  Floats expected = layer.before;
  for (int crop = 0; crop < crops; ++crop) {
    for (int output = 0; output < outputs; ++output) {
      for (int at = 0; at < side * side; ++at) {
        float& to = expected[IndexOf(outputs, side, crop, output, at / side, at % side)];
        double value = ValueAt(layer, crop, output, at / side, at % side);
        if (after.sum) value += to;
        to = static_cast<float>(after.relu ? std::max(value, 0.0) : value);
      }
    }
  }
  return expected;
}

Floats Computed(const Layer& layer, const Winograd::After& after) {
  const auto& [crops, inputs, outputs, side] = layer.shape;
  const Winograd winograd(layer.shape);
  Floats filters(Winograd::FiltersSize(inputs, outputs));
  Winograd::Order(layer.filters, inputs, outputs, filters.data());
  // What is in there does not matter.
  Floats scratch(winograd.scratch_size(), std::nanf(""));
  Floats output = layer.before;
  winograd.Run(layer.input.data(), filters.data(), layer.biases.data(), after, output.data(),
               scratch.data());
  return output;
}

// Infinite when one is no number.
double GreatestDifference(const Floats& a, const Floats& b) {
  double greatest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(static_cast<double>(a[i]) - b[i]);
    if (!std::isfinite(difference)) return std::numeric_limits<double>::infinity();
    greatest = std::max(greatest, difference);
  }
  return greatest;
}

// Sums of some hundred products of about 1.
constexpr double kRounding = 1e-3;

// Sides that whole tiles fill and that they do not, one that is within a tile; outputs in three,
// two and one vectors at once, once and several times; more tiles than are computed at once, the
// last of which fill no group.
TEST(Winograd, ComputesWhatTheConvolutionIsDefinedAs) {
  for (const Winograd::Shape& shape :
       {Winograd::Shape{1, 16, 48, 8}, Winograd::Shape{3, 48, 32, 7},
        Winograd::Shape{2, 32, 16, 14}, Winograd::Shape{5, 16, 16, 3},
        Winograd::Shape{1, 16, 16, 1}, Winograd::Shape{1, 16, 64, 8}, Winograd::Shape{1, 32, 80, 5},
        Winograd::Shape{1, 16, 96, 4}, Winograd::Shape{1, 16, 16, 130}}) {
    const Layer layer(shape);
    EXPECT_LE(GreatestDifference(Computed(layer, {}), Expected(layer, {})), kRounding)
        << shape.crops << " crops, " << shape.inputs << " inputs, " << shape.outputs
        << " outputs, side " << shape.side;
  }
}

TEST(Winograd, AddsWhatIsThereThenTakesWhatIsBelowZeroAsZero) {
  const Layer layer({.crops = 2, .inputs = 16, .outputs = 16, .side = 6});
  for (const Winograd::After& after :
       {Winograd::After{.sum = true, .relu = false}, Winograd::After{.sum = false, .relu = true},
        Winograd::After{.sum = true, .relu = true}}) {
    const Floats computed = Computed(layer, after);
    EXPECT_LE(GreatestDifference(computed, Expected(layer, after)), kRounding);
    EXPECT_EQ(std::ranges::any_of(computed, [](float value) { return value < 0; }), !after.relu);
  }
}

TEST(Winograd, ComputesACropAlikeAloneAndAmongOthers) {
  Layer together({.crops = 3, .inputs = 16, .outputs = 16, .side = 7});
  Layer alone({.crops = 1, .inputs = 16, .outputs = 16, .side = 7});
  const Floats all = Computed(together, {});
  const auto last = static_cast<ptrdiff_t>(2 * SizeOf(alone.shape, alone.shape.inputs));
  alone.input.assign(together.input.begin() + last, together.input.end());
  EXPECT_EQ(Computed(alone, {}), Floats(all.begin() + last, all.end()));
}

}  // namespace
}  // namespace entryexit::face
