#include "engine/inference/survivors.hpp"

#include <algorithm>
#include <numeric>

#include "engine/base/thread_team.hpp"

namespace oscillon {

namespace {

// Below this many samples a tile costs more in calls than it gives in parallel work.
constexpr Index smallest_tile = 32;

template <NetworkValue T>
struct LiveColumns {
  Compressed<T> arrays;
  std::vector<Index> columns;  // those that hold an entry
};

template <NetworkValue T>
LiveColumns<T> live_columns(const Matrix<T>& Y) {
  LiveColumns<T> live{Y.compressed(Orientation::by_column), {}};
  for (Index j = 0; j < live.arrays.columns; ++j) {
    if (live.arrays.offsets[j + 1] > live.arrays.offsets[j]) live.columns.push_back(j);
  }
  return live;
}

template <class V>
auto at(V& values, Index position) {
  return values.begin() + static_cast<std::ptrdiff_t>(position);
}

}  // namespace

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
Tile<T> cut_tile(const Compressed<T>& batch, Index begin, Index end, double magnitude) {
  Compressed<T> part;
  part.orientation = Orientation::by_column;
  part.rows = batch.rows;
  part.columns = end - begin;
  part.offsets.assign(at(batch.offsets, begin), at(batch.offsets, end) + 1);
  const Index first = part.offsets.front();
  for (Index& offset : part.offsets) offset -= first;
  const Index last = first + part.offsets.back();
  part.indices.assign(at(batch.indices, first), at(batch.indices, last));
  part.values.assign(at(batch.values, first), at(batch.values, last));
  Tile<T> tile{Matrix<T>::from_compressed(part), std::vector<Index>(end - begin), magnitude};
  tile.Y.keep_sparse();
  std::iota(tile.samples.begin(), tile.samples.end(), begin);
  return tile;
}

template <NetworkValue T>
Index count_live(Matrix<T>& Y) {
  // Unpacking hands over the arrays that the matrix owns, and packing takes them back: no copy.
  Index* offsets = nullptr;
  Index* indices = nullptr;
  void* values = nullptr;
  Index offsets_bytes = 0;
  Index indices_bytes = 0;
  Index values_bytes = 0;
  bool iso = false;
  const Index columns = Y.columns();
  check(GxB_Matrix_unpack_CSC(Y.handle(), &offsets, &indices, &values, &offsets_bytes,
                              &indices_bytes, &values_bytes, &iso, nullptr, nullptr),
        "unpack a tile", {Y.handle()});
  Index live = 0;
  for (Index j = 0; j < columns; ++j) live += offsets[j + 1] > offsets[j];
  check(GxB_Matrix_pack_CSC(Y.handle(), &offsets, &indices, &values, offsets_bytes, indices_bytes,
                            values_bytes, iso, false, nullptr),
        "pack a tile", {Y.handle()});
  return live;
}

template <NetworkValue T>
std::vector<Tile<T>> pack_survivors(const std::vector<Tile<T>>& tiles, Index neurons, Index tile,
                                    int threads) {
  std::vector<LiveColumns<T>> live(tiles.size());
  run_tasks(tiles.size(), threads, [&](std::size_t t) { live[t] = live_columns(tiles[t].Y); });
  Index count = 0;
  for (const auto& one : live) count += one.columns.size();
  const std::vector<Index> borders = tile_borders(count, tile, threads);
  std::vector<Tile<T>> packed;
  std::size_t source = 0;
  std::size_t next = 0;  // of the source's live columns
  for (std::size_t t = 0; t + 1 < borders.size(); ++t) {
    Compressed<T> arrays;
    arrays.orientation = Orientation::by_column;
    arrays.rows = neurons;
    arrays.columns = borders[t + 1] - borders[t];
    Tile<T> made;
    while (made.samples.size() < arrays.columns) {
      if (next == live[source].columns.size()) {
        ++source;
        next = 0;
        continue;
      }
      const Compressed<T>& from = live[source].arrays;
      const Index column = live[source].columns[next++];
      const Index begin = from.offsets[column];
      const Index end = from.offsets[column + 1];
      arrays.indices.insert(arrays.indices.end(), at(from.indices, begin), at(from.indices, end));
      arrays.values.insert(arrays.values.end(), at(from.values, begin), at(from.values, end));
      arrays.offsets.push_back(arrays.indices.size());
      made.samples.push_back(tiles[source].samples[column]);
      made.magnitude = std::max(made.magnitude, tiles[source].magnitude);
    }
    made.Y = Matrix<T>::from_compressed(arrays);
    made.Y.keep_sparse();
    packed.push_back(std::move(made));
  }
  return packed;
}

template <NetworkValue T>
Matrix<T> assemble(const std::vector<Tile<T>>& tiles, Index neurons, Index samples) {
  Compressed<T> arrays;
  arrays.orientation = Orientation::by_column;
  arrays.rows = neurons;
  arrays.columns = samples;
  arrays.offsets.assign(samples + 1, 0);
  for (const Tile<T>& tile : tiles) {
    const Compressed<T> part = tile.Y.compressed(Orientation::by_column);
    for (std::size_t j = 0; j < tile.samples.size(); ++j) {
      arrays.offsets[tile.samples[j] + 1] = part.offsets[j + 1] - part.offsets[j];
    }
    arrays.indices.insert(arrays.indices.end(), part.indices.begin(), part.indices.end());
    arrays.values.insert(arrays.values.end(), part.values.begin(), part.values.end());
  }
  std::partial_sum(arrays.offsets.begin(), arrays.offsets.end(), arrays.offsets.begin());
  return Matrix<T>::from_compressed(arrays);
}

#define OSCILLON_INSTANTIATE_SURVIVORS(T)                                                       \
  template Tile<T> cut_tile(const Compressed<T>&, Index, Index, double);                        \
  template Index count_live(Matrix<T>&);                                                        \
  template std::vector<Tile<T>> pack_survivors(const std::vector<Tile<T>>&, Index, Index, int); \
  template Matrix<T> assemble(const std::vector<Tile<T>>&, Index, Index);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_SURVIVORS)
#undef OSCILLON_INSTANTIATE_SURVIVORS

}  // namespace oscillon
