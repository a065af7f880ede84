// Tiles of samples: how a batch is cut, how the samples that are still alive are packed together,
// how the answer is put together.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/algebra/matrix.hpp"

namespace oscillon {

// Some samples of a batch: the columns of Y, neurons x samples.size(). A sparse tile is stored by
// column and holds no zeros; a full one is stored by row, a missing entry as the number 0.
template <NetworkValue T>
struct Tile {
  Matrix<T> Y;
  bool full = false;
  std::vector<Index> samples;  // their numbers in the batch, ascending
  double magnitude = 0;        // no entry of Y is greater in size than this
};

struct TileCount {
  Index entries = 0;       // that are not 0
  Index live_samples = 0;  // columns with such an entry
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

// Counts without touching an entry; Y comes back as it was.
template <NetworkValue T>
TileCount count(Tile<T>& tile);

// The samples of a tile, or of a batch, that are alive.
template <NetworkValue T>
struct LiveSamples {
  std::optional<Compressed<T>> sparse;  // by column; either this or `full`
  std::optional<FullValues<T>> full;
  std::vector<Index> columns;  // those that hold an entry
  std::vector<Index> samples;  // their numbers in the batch
  double magnitude = 0;
};

template <NetworkValue T>
LiveSamples<T> live_samples(Tile<T>& tile);  // `tile` must outlive it
template <NetworkValue T>
LiveSamples<T> live_samples(Compressed<T> batch, double magnitude);

// Cuts `count` samples into tiles of at most `tile` samples of about one size, with work for every
// thread. Element i is the first sample of tile i; the last element is `count`.
std::vector<Index> tile_borders(Index count, Index tile, int threads);

// All live samples, in order, in tiles of one kind.
template <NetworkValue T>
std::vector<Tile<T>> pack(const std::vector<LiveSamples<T>>& sources, Index neurons, Index tile,
                          bool full, int threads);

// The tile in its sparse form; samples that are dead are left out.
template <NetworkValue T>
void make_sparse(Tile<T>& tile);

// All tiles as one matrix of neurons x samples; samples that no tile holds have an empty column.
template <NetworkValue T>
Matrix<T> assemble(std::vector<Tile<T>>& tiles, Index neurons, Index samples);

}  // namespace oscillon
