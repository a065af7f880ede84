// The official problems of the sparse DNN Graph Challenge (Kepner et al., HPEC 2019), in numbers.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "oscillon/io/open_layers.hpp"

namespace oscillon::challenge {

// A network size; each comes with 120, 480 and 1920 layers.
struct Size {
  Index neurons;         // a layer
  Index image_side;      // the inputs are images of image_side x image_side pixels
  Index layers_a_block;  // m, where neurons = 2^m * 16
  double bias;           // of every neuron
};

inline constexpr std::array<Size, 4> sizes{{
    {1024, 32, 6, -0.3},
    {4096, 64, 8, -0.35},
    {16384, 128, 10, -0.4},
    {65536, 256, 12, -0.45},
}};

inline constexpr Index connections = 32;  // inputs of each neuron
inline constexpr double weight = 0.0625;
inline constexpr double cap = 32;

// Throws Error(usage) naming the sizes that there are.
const Size& size_of(Index neurons);

// The layer files of an official size, with its cap, and its bias unless another is given.
template <NetworkValue T>
LayerFiles<T> official_layers(Index neurons, std::size_t depth, std::optional<T> bias = {},
                              BiasOn bias_on = BiasOn::stored) {
  const Size& size = size_of(neurons);
  LayerFiles<T> files;
  files.neurons = size.neurons;
  files.depth = depth;
  files.bias = bias.value_or(static_cast<T>(size.bias));
  files.rules.cap = static_cast<T>(cap);
  files.rules.bias_on = bias_on;
  return files;
}

// The official name neuron1024-l120-categories.tsv.
std::string categories_name(Index neurons, Index depth);

}  // namespace oscillon::challenge
