// The official problems of the sparse DNN Graph Challenge (Kepner et al., HPEC 2019), in numbers.
#pragma once

#include <array>
#include <string>

#include "engine/algebra/graphblas.hpp"

namespace oscillon::challenge {

// A network size; each comes in the three official depths.
struct Size {
  Index neurons;              // a layer
  Index image_side;           // the inputs are images of image_side x image_side pixels
  Index layers_a_block;       // m, where neurons = 2^m * 16
  double bias;                // of every neuron
  Index input_entries;        // nonzero pixels of all official inputs
  Index official_categories;  // survivors of the official inputs, for each depth
};

inline constexpr std::array<Size, 4> sizes{{
    {1024, 32, 6, -0.3, 6'374'505, 1812},
    {4096, 64, 8, -0.35, 25'019'051, 1801},
    {16384, 128, 10, -0.4, 98'858'913, 1918},
    {65536, 256, 12, -0.45, 392'191'985, 1994},
}};
inline constexpr std::array<Index, 3> depths{120, 480, 1920};

inline constexpr Index official_inputs = 60'000;
inline constexpr Index connections = 32;  // inputs of each neuron
inline constexpr double weight = 0.0625;
inline constexpr double cap = 32;

// Throws Error(usage) naming the sizes that there are.
const Size& size_of(Index neurons);

// Official names: sparse-images-1024.tsv, neuron1024/n1024-l1.tsv (layers count from 1),
// neuron1024-l120-categories.tsv.
std::string images_name(Index neurons);
std::string layer_name(Index neurons, Index layer);
std::string categories_name(Index neurons, Index depth);

}  // namespace oscillon::challenge
