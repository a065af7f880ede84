// Tiles of samples: splitting a batch, packing the samples that are still alive, putting the answer
// together.
#pragma once

#include <vector>

#include "engine/algebra/matrix.hpp"

namespace oscillon {

// Some samples of a batch: the columns of Y.
template <NetworkValue T>
struct Tile {
  Matrix<T> Y;                 // neurons x samples.size(), by column
  std::vector<Index> samples;  // their numbers in the batch, ascending
  double magnitude = 0;        // no entry of Y is greater in size than this
};

// Cuts `count` samples into tiles of at most `tile` samples of about one size, with work for every
// thread. Element i is the first sample of tile i; the last element is `count`.
std::vector<Index> tile_borders(Index count, Index tile, int threads);

// The tile of the columns [begin, end) of a batch in compressed columns.
template <NetworkValue T>
Tile<T> cut_tile(const Compressed<T>& batch, Index begin, Index end, double magnitude);

// How many columns of Y hold an entry. Y (by column, finished) comes back as it was; no entry is
// touched.
template <NetworkValue T>
Index count_live(Matrix<T>& Y);

// The samples that are alive (have an entry), in order, packed into new tiles.
template <NetworkValue T>
std::vector<Tile<T>> pack_survivors(const std::vector<Tile<T>>& tiles, Index neurons, Index tile,
                                    int threads);

// All tiles as one matrix of neurons x samples; samples that no tile holds have an empty column.
template <NetworkValue T>
Matrix<T> assemble(const std::vector<Tile<T>>& tiles, Index neurons, Index samples);

}  // namespace oscillon
