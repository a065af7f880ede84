// Tiles of samples: how a batch is cut, and how the samples that are still alive are packed
// together.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/inference/plan_fused.hpp"
#include "oscillon/network/sample_batch.hpp"

namespace oscillon {

// How a tile holds its samples: in a matrix by column without zeros; in a matrix by row with every
// entry stored, a missing one as the number 0; or in a block, likewise.
enum class Form { sparse, full, block };

// Some samples of a batch, neurons x samples.size().
template <NetworkValue T>
struct Tile {
  Form form = Form::sparse;
  Matrix<T> Y;                                   // sparse or full
  Block<T> block;                                // its rows are the classes of neurons, if any
  std::shared_ptr<const NeuronClasses> classes;  // of a block; nullptr: a row for each neuron
  std::vector<Index> samples;                    // their numbers in the batch, ascending
  std::vector<Index> copies;                     // how many samples of the batch each stands for
  // Of a block, how many neurons of each sample are not 0; before the first layer of a pass perhaps
  // fewer are, and none where this says so.
  std::vector<Index> entries;
  Magnitudes magnitudes;  // of the entries of Y
};

struct TileCount {
  Index entries = 0;       // that are not 0
  Index live_samples = 0;  // with such an entry
  Index live_columns = 0;  // of the tile: samples that stand for each other count once

  // A column with so many entries that stands for so many samples.
  void add(Index column_entries, Index copies) {
    entries += column_entries * copies;
    live_samples += column_entries > 0 ? copies : 0;
    live_columns += column_entries > 0;
  }
};

// The values of a full matrix, row after row: borrowed, without a copy, and handed back at the end.
template <NetworkValue T>
class FullValues {
 public:
  explicit FullValues(Matrix<T>& Y);
  ~FullValues();
  FullValues(FullValues&& other) noexcept
      : Y_(std::exchange(other.Y_, nullptr)), values_(other.values_), bytes_(other.bytes_) {}
  FullValues& operator=(FullValues&& other) noexcept {
    std::swap(Y_, other.Y_);
    std::swap(values_, other.values_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  FullValues(const FullValues&) = delete;
  FullValues& operator=(const FullValues&) = delete;

  std::span<T> values() const { return values_; }

 private:
  Matrix<T>* Y_;
  std::span<T> values_;
  Index bytes_ = 0;
};

// What the samples of the batch that the tile stands for have. Touches no entry; Y comes back as it
// was.
template <NetworkValue T>
TileCount count(Tile<T>& tile);

// Bytes of the entries that a tile holds.
template <NetworkValue T>
std::size_t bytes_of(const Tile<T>& tile);

// The samples of a tile, or of a batch, that are alive.
template <NetworkValue T>
struct LiveSamples {
  std::optional<Compressed<T>> sparse;  // by column; either this, `full`, or `block`
  std::optional<FullValues<T>> full;
  const Block<T>* block = nullptr;
  std::shared_ptr<const NeuronClasses> classes;  // of the block
  std::vector<Index> columns;                    // those that hold an entry
  std::vector<Index> entries;                    // how many each of them holds
  std::vector<Index> samples;                    // their numbers in the batch
  std::vector<Index> copies;
  Magnitudes magnitudes;
  Index width = 0;  // of a row of full values

  // Where the values of neuron i lie in full values or a block.
  const T* row(Index i) const {
    if (full) return full->values().data() + i * width;
    return block->row(classes ? classes->of[i] : i);
  }
};

template <NetworkValue T>
LiveSamples<T> live_samples(Tile<T>& tile);  // `tile` must outlive it

// Of samples first … last - 1 of the batch.
template <NetworkValue T>
LiveSamples<T> live_samples(const SampleBatch<T>& batch, Index first, Index last);

template <NetworkValue T>
Magnitudes magnitudes_of(std::span<const T> values);

// The live samples of first … last - 1 of the batch, whose values are of these magnitudes, in a
// block with a row for each neuron that takes over the memory of `block`. `spare` is worked in.
template <NetworkValue T>
Tile<T> block_tile(const SampleBatch<T>& batch, const Magnitudes& magnitudes, Index first,
                   Index last, Block<T> block, Block<T>& spare);

// A live sample whose values are those of another one.
struct Twin {
  Index sample;
  Index equal_to;
};

// Cuts `count` samples into tiles of at most `tile` samples of about one size, with work for every
// thread. Element i is the first sample of tile i; the last element is `count`.
std::vector<Index> tile_borders(Index count, Index tile, int threads);

// All live samples, in order, in tiles of one form. Blocks have a row for each of the classes
// (nullptr: for each neuron), and blocks among the sources must have these or none.
template <NetworkValue T>
std::vector<Tile<T>> pack(const std::vector<LiveSamples<T>>& sources, Index neurons, Index tile,
                          Form form, std::shared_ptr<const NeuronClasses> classes, int threads);

// The tile in its sparse form; samples that are dead are left out. Returns the block that it was,
// if it was one, for its memory.
template <NetworkValue T>
Block<T> make_sparse(Tile<T>& tile, Index neurons);

// Leaves the dead samples of a block out.
template <NetworkValue T>
void squeeze(Tile<T>& tile);

// The same for a tile that is to wait: its block takes no more memory than it needs, and no vector
// can pass over it. Returns what the block was, for its memory.
template <NetworkValue T>
Block<T> squeeze_to_wait(Tile<T>& tile);

}  // namespace oscillon
