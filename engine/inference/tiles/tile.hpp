// A tile: some samples of a batch as inference holds them between two layers.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "engine/inference/tiles/block.hpp"
#include "engine/inference/tiles/range.hpp"
#include "oscillon/network/sample_batch.hpp"

namespace oscillon::tiles {

// How a tile holds its samples: in a matrix by column, where what is stored is there; or in a block
// with a value for every row, where a 0 stands for what is missing, but in the rows that are
// marked.
enum class Form { sparse, block };

// For each row of a block, whether a 0 in it is an entry of every live sample.
using ZeroRows = std::vector<std::uint8_t>;

// Neurons x samples.size().
template <NetworkValue T>
struct Tile {
  Form form = Form::sparse;
  Matrix<T> Y;                                   // sparse
  Block<T> block;                                // its rows are the classes of neurons, if any
  std::shared_ptr<const NeuronClasses> classes;  // of a block; nullptr: a row for each neuron
  std::shared_ptr<const ZeroRows> zeros;         // of a block; nullptr: no 0 is an entry
  std::vector<Index> samples;                    // their numbers in the batch, ascending
  std::vector<Index> copies;                     // how many samples of the batch each stands for
  // Of a block, how many entries each sample has: those of neurons that are read later.
  std::vector<Index> entries;
  Magnitudes magnitudes;  // of the entries of Y
};

struct TileCount {
  Index entries = 0;
  Index live_samples = 0;  // with an entry
  Index columns = 0;       // of the tile that go on: samples that stand for each other count once

  // A column with so many entries that stands for so many samples. Dead ones go on if they are
  // kept.
  void add(Index column_entries, Index copies, bool keep_dead) {
    entries += column_entries * copies;
    live_samples += column_entries > 0 ? copies : 0;
    columns += keep_dead || column_entries > 0;
  }
};

// What the samples of the batch that the tile stands for have. Y comes back as it was.
template <NetworkValue T>
TileCount count(Tile<T>& tile, bool keep_dead);

// Bytes of the entries that a tile holds.
template <NetworkValue T>
std::size_t bytes_of(const Tile<T>& tile);

// The entries of one sample of a block, by ascending neuron, at the end of `arrays`.
template <NetworkValue T>
void append_entries(const Block<T>& block, const NeuronClasses* classes, const ZeroRows* zeros,
                    Index neurons, Index column, Compressed<T>& arrays) {
  for (Index i = 0; i < neurons; ++i) {
    const Index row = classes == nullptr ? i : classes->of[i];
    const T value = block.row(row)[column];
    if (value == T(0) && (zeros == nullptr || (*zeros)[row] == 0)) continue;
    arrays.indices.push_back(i);
    arrays.values.push_back(value);
  }
}

// The live samples of first … last - 1 of the batch, or with `keep_dead` all of them, in a block
// with a row for each neuron that takes over the memory of `block`. The batch's values are of these
// magnitudes; `spare` is worked in.
template <NetworkValue T>
Tile<T> block_tile(const SampleBatch<T>& batch, const Magnitudes& magnitudes, Index first,
                   Index last, bool keep_dead, Block<T> block, Block<T>& spare);

// The tile in its sparse form; samples that are dead are left out unless they are to be kept.
// Returns the block that it was, if it was one, for its memory.
template <NetworkValue T>
Block<T> make_sparse(Tile<T>& tile, Index neurons, bool keep_dead);

// Leaves the dead samples of a block out.
template <NetworkValue T>
void squeeze(Tile<T>& tile);

// The same, or with `keep_dead` all samples, for a tile that is to wait: its block takes no more
// memory than it needs, and no vector can pass over it. Returns what the block was, for its memory.
template <NetworkValue T>
Block<T> squeeze_to_wait(Tile<T>& tile, bool keep_dead);

// Writes those columns of a block to `to`, side by side, and zeros after them: `width` values a
// row.
template <NetworkValue T>
void select_columns(const Block<T>& from, std::span<const Index> columns, T* to, Index to_stride,
                    Index width);

}  // namespace oscillon::tiles
