#ifndef ENTRYEXIT_SRC_FACE_WINOGRAD_H_
#define ENTRYEXIT_SRC_FACE_WINOGRAD_H_

#include <cstddef>
#include <vector>

namespace entryexit::face {

// A convolution of 3 x 3 px in steps of one, with a border of one px of zeros, computed by
// Winograd's way F(4 x 4, 3 x 3) (Lavin and Gray, "Fast Algorithms for Convolutional Neural
// Networks", 2015): tiles of 4 x 4 outputs cost 36 multiplications in place of 144. Tiles are
// transformed, multiplied and transformed back so many at a time that what there is of them in
// between stays in a core's second cache.
//
// Features lie as oneDNN's nChw16c has them: crop, sixteen channels, row, column, channel.
// Thread-safe.
class Winograd {
 public:
  // All above 0; `inputs` and `outputs` are channels, multiples of kChannels. `side`, of input and
  // output, is in px.
  struct Shape {
    int crops;
    int inputs;
    int outputs;
    int side;
  };

  // What is done to the output before it is stored, in this order, after the biases are added.
  struct After {
    bool sum = false;   // what is in the memory of the output is added
    bool relu = false;  // what is below 0 becomes 0
  };

  static constexpr int kChannels = 16;

  // Whether this is the quickest way that there is. It is right but slow where it was not compiled
  // for registers of kChannels floats, and takes filters of four times their size from memory,
  // which a few tiles do not make up for.
  static bool Pays(const Shape& shape);

  explicit Winograd(const Shape& shape);

  // Floats of the filters as Run wants them: transformed, and in the order of their use.
  static std::size_t FiltersSize(int inputs, int outputs);

  // Puts them, who lie by output, input, row and column, into `ordered`: the same for any number of
  // crops and any side.
  static void Order(const std::vector<float>& filters, int inputs, int outputs, float* ordered);

  // Floats that Run needs to work in. It does not matter what is in them.
  std::size_t scratch_size() const;

  // `ordered` are filters, `biases` one for each output. None of the memory overlaps; runs at the
  // same time need an output and a scratch each.
  void Run(const float* input, const float* ordered, const float* biases, const After& after,
           float* output, float* scratch) const;

 private:
  // Where the patch of a tile begins: a border of one px is part of it.
  struct Place {
    int crop;
    int row;
    int column;
  };

  Place PlaceOf(int tile) const;
  void TransformTile(const float* input, const Place& place, float* transformed) const;
  void Multiply(const float* ordered, int groups, const float* transformed, float* products) const;
  void TransformBack(const float* products, const Place& place, const float* biases,
                     const After& after, float* output) const;

  Shape shape_;
  int tiles_across_;
  int tiles_;
  int groups_at_once_;
};

}  // namespace entryexit::face

#endif  // ENTRYEXIT_SRC_FACE_WINOGRAD_H_
