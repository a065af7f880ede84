#include "engine/inference/survivors.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <numeric>

#include "engine/base/checked.hpp"
#include "engine/base/thread_team.hpp"

namespace oscillon {

namespace {

// Below this many samples a tile costs more in calls than it gives in parallel work.
constexpr Index smallest_tile = 32;

// Which columns of a full tile hold anything but 0.
template <NetworkValue T>
std::vector<std::uint8_t> live_columns(std::span<const T> values, Index columns) {
  std::vector<std::uint8_t> live(columns, 0);
  for (std::size_t row = 0; row < values.size(); row += columns) {
    for (Index j = 0; j < columns; ++j) live[j] |= values[row + j] != T(0);
  }
  return live;
}

// Samples [begin, end) of all the live ones, as pieces of one source each.
template <NetworkValue T>
class Range {
 public:
  Range(const std::vector<LiveSamples<T>>& sources, Index begin, Index end)
      : sources_(sources), begin_(begin), end_(end) {}

  // Calls visit(source, first, last) for live samples first … last - 1 of each source concerned.
  template <class Visit>
  void for_each_piece(Visit&& visit) const {
    Index before = 0;
    for (const LiveSamples<T>& source : sources_) {
      const Index count = source.columns.size();
      const Index first = std::max(begin_, before) - before;
      const Index last = std::min(end_ - std::min(end_, before), count);
      if (before < end_ && first < last) visit(source, first, last);
      before += count;
    }
  }

 private:
  const std::vector<LiveSamples<T>>& sources_;
  Index begin_, end_;
};

template <NetworkValue T>
Matrix<T> packed_sparse(const Range<T>& range, Index neurons, Index columns) {
  Compressed<T> arrays;
  arrays.orientation = Orientation::by_column;
  arrays.rows = neurons;
  arrays.columns = columns;
  range.for_each_piece([&](const LiveSamples<T>& source, Index first, Index last) {
    for (Index s = first; s < last; ++s) {
      const Index column = source.columns[s];
      if (source.sparse) {
        const Compressed<T>& from = *source.sparse;
        const auto begin = static_cast<std::ptrdiff_t>(from.offsets[column]);
        const auto end = static_cast<std::ptrdiff_t>(from.offsets[column + 1]);
        arrays.indices.insert(arrays.indices.end(), from.indices.begin() + begin,
                              from.indices.begin() + end);
        arrays.values.insert(arrays.values.end(), from.values.begin() + begin,
                             from.values.begin() + end);
      } else {
        const std::span<const T> from = source.full->values();
        const Index width = from.size() / neurons;
        for (Index i = 0; i < neurons; ++i) {
          const T value = from[i * width + column];
          if (value == T(0)) continue;
          arrays.indices.push_back(i);
          arrays.values.push_back(value);
        }
      }
      arrays.offsets.push_back(arrays.indices.size());
    }
  });
  Matrix<T> Y = Matrix<T>::from_compressed(arrays);
  Y.keep_sparse();
  return Y;
}

template <NetworkValue T>
Matrix<T> packed_full(const Range<T>& range, Index neurons, Index columns) {
  Matrix<T> Y(neurons, columns, Orientation::by_row);
  const Index bytes =
      checked_multiply(checked_multiply(neurons, columns, "values"), sizeof(T), "bytes");
  void* values = std::calloc(std::max<Index>(bytes, 1), 1);
  if (values == nullptr) throw std::bad_alloc();
  T* to = static_cast<T*>(values);
  Index at = 0;
  range.for_each_piece([&](const LiveSamples<T>& source, Index first, Index last) {
    if (source.sparse) {
      const Compressed<T>& from = *source.sparse;
      for (Index s = first; s < last; ++s) {
        const Index column = source.columns[s];
        for (Index p = from.offsets[column]; p < from.offsets[column + 1]; ++p) {
          to[from.indices[p] * columns + at + s - first] = from.values[p];
        }
      }
    } else {
      const std::span<const T> from = source.full->values();
      const Index width = from.size() / neurons;
      for (Index i = 0; i < neurons; ++i) {
        const T* row = &from[i * width];
        T* into = to + i * columns + at;
        for (Index s = first; s < last; ++s) *into++ = row[source.columns[s]];
      }
    }
    at += last - first;
  });
  const GrB_Info info = GxB_Matrix_pack_FullR(Y.handle(), &values, bytes, false, nullptr);
  if (info != GrB_SUCCESS) std::free(values);
  check(info, "pack a full tile", {Y.handle()});
  return Y;
}

}  // namespace

template <NetworkValue T>
FullValues<T>::FullValues(Matrix<T>& Y) : Y_(&Y) {
  void* values = nullptr;
  const Index count = Y.rows() * Y.columns();
  check(GxB_Matrix_unpack_FullR(Y.handle(), &values, &bytes_, nullptr, nullptr),
        "unpack a full tile", {Y.handle()});
  values_ = {static_cast<T*>(values), count};
}

template <NetworkValue T>
FullValues<T>::~FullValues() {
  if (Y_ == nullptr) return;
  void* values = values_.data();
  GxB_Matrix_pack_FullR(Y_->handle(), &values, bytes_, false, nullptr);
}

template <NetworkValue T>
TileCount count(Tile<T>& tile) {
  TileCount result;
  if (tile.full) {
    const FullValues<T> full(tile.Y);
    for (const T value : full.values()) result.entries += value != T(0);
    for (const auto live : live_columns<T>(full.values(), tile.samples.size())) {
      result.live_samples += live;
    }
    return result;
  }
  // Unpacking hands over the arrays that the matrix owns, and packing takes them back: no copy.
  Index* offsets = nullptr;
  Index* indices = nullptr;
  void* values = nullptr;
  Index offsets_bytes = 0;
  Index indices_bytes = 0;
  Index values_bytes = 0;
  bool iso = false;
  check(GxB_Matrix_unpack_CSC(tile.Y.handle(), &offsets, &indices, &values, &offsets_bytes,
                              &indices_bytes, &values_bytes, &iso, nullptr, nullptr),
        "unpack a tile", {tile.Y.handle()});
  result.entries = offsets[tile.samples.size()];
  for (Index j = 0; j < tile.samples.size(); ++j) {
    result.live_samples += offsets[j + 1] > offsets[j];
  }
  check(GxB_Matrix_pack_CSC(tile.Y.handle(), &offsets, &indices, &values, offsets_bytes,
                            indices_bytes, values_bytes, iso, false, nullptr),
        "pack a tile", {tile.Y.handle()});
  return result;
}

template <NetworkValue T>
LiveSamples<T> live_samples(Compressed<T> batch, double magnitude) {
  LiveSamples<T> live;
  for (Index j = 0; j < batch.columns; ++j) {
    if (batch.offsets[j + 1] > batch.offsets[j]) live.columns.push_back(j);
  }
  live.samples = live.columns;
  live.sparse = std::move(batch);
  live.magnitude = magnitude;
  return live;
}

template <NetworkValue T>
LiveSamples<T> live_samples(Tile<T>& tile) {
  LiveSamples<T> live;
  if (tile.full) {
    live.full.emplace(tile.Y);
    const auto alive = live_columns<T>(live.full->values(), tile.samples.size());
    for (Index j = 0; j < alive.size(); ++j) {
      if (alive[j] != 0) live.columns.push_back(j);
    }
    live.magnitude = tile.magnitude;
  } else {
    live = live_samples(tile.Y.compressed(Orientation::by_column), tile.magnitude);
  }
  live.samples.clear();
  for (const Index column : live.columns) live.samples.push_back(tile.samples[column]);
  return live;
}

std::vector<Index> tile_borders(Index count, Index tile, int threads) {
  const Index for_size = (count + tile - 1) / tile;
  const Index for_threads = std::min<Index>(static_cast<Index>(threads), count / smallest_tile);
  const Index tiles = std::max<Index>({for_size, for_threads, 1});
  std::vector<Index> borders;
  for (Index i = 0; i <= tiles; ++i) {
    borders.push_back(count / tiles * i + std::min(i, count % tiles));
  }
  return borders;
}

template <NetworkValue T>
std::vector<Tile<T>> pack(const std::vector<LiveSamples<T>>& sources, Index neurons, Index tile,
                          bool full, int threads) {
  Index total = 0;
  for (const auto& source : sources) total += source.columns.size();
  const std::vector<Index> borders = tile_borders(total, tile, threads);
  std::vector<Tile<T>> packed(borders.size() - 1);
  run_tasks(packed.size(), threads, [&](std::size_t t) {
    const Range<T> range(sources, borders[t], borders[t + 1]);
    const Index columns = borders[t + 1] - borders[t];
    Tile<T>& made = packed[t];
    made.full = full;
    made.Y = full ? packed_full(range, neurons, columns) : packed_sparse(range, neurons, columns);
    range.for_each_piece([&](const LiveSamples<T>& source, Index first, Index last) {
      made.samples.insert(made.samples.end(),
                          source.samples.begin() + static_cast<std::ptrdiff_t>(first),
                          source.samples.begin() + static_cast<std::ptrdiff_t>(last));
      made.magnitude = std::max(made.magnitude, source.magnitude);
    });
  });
  return packed;
}

template <NetworkValue T>
void make_sparse(Tile<T>& tile) {
  const Index neurons = tile.Y.rows();
  const Index samples = std::max<Index>(tile.samples.size(), 1);
  std::vector<LiveSamples<T>> live;
  live.push_back(live_samples(tile));
  std::vector<Tile<T>> packed = pack(live, neurons, samples, false, 1);
  live.clear();  // before the tile that it borrows from
  tile = std::move(packed.front());
}

template <NetworkValue T>
Matrix<T> assemble(std::vector<Tile<T>>& tiles, Index neurons, Index samples) {
  std::vector<LiveSamples<T>> live;
  for (Tile<T>& tile : tiles) live.push_back(live_samples(tile));
  const auto packed = pack(live, neurons, std::max<Index>(samples, 1), false, 1);
  const Tile<T>& all = packed.front();
  Compressed<T> arrays = all.Y.compressed(Orientation::by_column);
  std::vector<Index> offsets(samples + 1, 0);
  for (std::size_t j = 0; j < all.samples.size(); ++j) {
    offsets[all.samples[j] + 1] = arrays.offsets[j + 1] - arrays.offsets[j];
  }
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
  arrays.offsets = std::move(offsets);
  arrays.columns = samples;
  return Matrix<T>::from_compressed(arrays);
}

#define OSCILLON_INSTANTIATE_SURVIVORS(T)                                                          \
  template class FullValues<T>;                                                                    \
  template TileCount count(Tile<T>&);                                                              \
  template LiveSamples<T> live_samples(Tile<T>&);                                                  \
  template LiveSamples<T> live_samples(Compressed<T>, double);                                     \
  template std::vector<Tile<T>> pack(const std::vector<LiveSamples<T>>&, Index, Index, bool, int); \
  template void make_sparse(Tile<T>&);                                                             \
  template Matrix<T> assemble(std::vector<Tile<T>>&, Index, Index);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_SURVIVORS)
#undef OSCILLON_INSTANTIATE_SURVIVORS

}  // namespace oscillon
