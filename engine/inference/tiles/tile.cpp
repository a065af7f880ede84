#include "engine/inference/tiles/tile.hpp"

#include <cstring>

#include "engine/inference/kernels/kernels.hpp"

namespace oscillon::tiles {

namespace {

// Keeps those samples of a tile: the vectors that say something of each.
template <NetworkValue T>
void keep(Tile<T>& tile, const std::vector<Index>& columns) {
  for (auto* of_samples : {&tile.samples, &tile.copies, &tile.entries}) {
    for (Index j = 0; j < columns.size(); ++j) (*of_samples)[j] = (*of_samples)[columns[j]];
    of_samples->resize(columns.size());
  }
}

// The samples of a block that go on.
template <NetworkValue T>
std::vector<Index> columns_of(const Tile<T>& tile, bool keep_dead) {
  std::vector<Index> columns;
  for (Index j = 0; j < tile.samples.size(); ++j) {
    if (keep_dead || tile.entries[j] > 0) columns.push_back(j);
  }
  return columns;
}

// These samples of a block, and only they, in `to`, which may be the block itself.
template <NetworkValue T>
void squeeze_to(Tile<T>& tile, const std::vector<Index>& columns, Block<T>& to, bool padded) {
  keep(tile, columns);
  if (&to == &tile.block) {
    // Rows become no longer: the block is reshaped in its own memory after it was read.
    const Index stride = (columns.size() + Block<T>::lanes - 1) / Block<T>::lanes * Block<T>::lanes;
    select_columns<T>(tile.block, columns, to.row(0), stride, stride);
    to.reshape(tile.block.rows(), columns.size(), padded);
    return;
  }
  to.reshape(tile.block.rows(), columns.size(), padded);
  select_columns<T>(tile.block, columns, to.row(0), to.stride(), to.stride());
}

}  // namespace

template <NetworkValue T>
void select_columns(const Block<T>& from, std::span<const Index> columns, T* to, Index to_stride,
                    Index width) {
  std::vector<std::uint64_t> marks(from.stride() / 64 + 1, 0);
  for (const Index j : columns) marks[j / 64] |= std::uint64_t{1} << j % 64;
  kernels::chosen<T>().select_columns(
      {marks.data(), from.rows(), from.row(0), from.stride(), to, to_stride, width});
}

template <NetworkValue T>
TileCount count(Tile<T>& tile, bool keep_dead) {
  TileCount result;
  if (tile.form == Form::block) {
    for (Index j = 0; j < tile.entries.size(); ++j) {
      result.add(tile.entries[j], tile.copies[j], keep_dead);
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
  for (Index j = 0; j < tile.samples.size(); ++j) {
    result.add(offsets[j + 1] - offsets[j], tile.copies[j], keep_dead);
  }
  check(GxB_Matrix_pack_CSC(tile.Y.handle(), &offsets, &indices, &values, offsets_bytes,
                            indices_bytes, values_bytes, iso, false, nullptr),
        "pack a tile", {tile.Y.handle()});
  return result;
}

template <NetworkValue T>
std::size_t bytes_of(const Tile<T>& tile) {
  if (tile.form == Form::block) return tile.block.bytes();
  return static_cast<std::size_t>(tile.Y.entries()) * (sizeof(T) + sizeof(Index));
}

template <NetworkValue T>
Tile<T> block_tile(const SampleBatch<T>& batch, const Magnitudes& magnitudes, Index first,
                   Index last, bool keep_dead, Block<T> block, Block<T>& spare) {
  Tile<T> tile;
  tile.form = Form::block;
  for (Index sample = first; sample < last; ++sample) {
    const Index entries = batch.entries_of(sample);
    if (entries == 0 && !keep_dead) continue;
    tile.samples.push_back(sample);
    tile.entries.push_back(entries);
  }
  tile.copies.assign(tile.samples.size(), 1);
  block.reshape(batch.neurons(), tile.samples.size());
  // Some samples at a time are laid out where they stay in the first-level cache: a line of it
  // holds all that are in one row.
  constexpr Index lanes = Block<T>::lanes;
  const bool at_once = block.stride() == lanes;
  Block<T>& panel = at_once ? block : spare;
  if (!at_once) panel.reshape(batch.neurons(), lanes);
  for (Index begin = 0; begin < tile.samples.size(); begin += lanes) {
    panel.fill_with_zeros();
    for (Index j = begin; j < std::min<Index>(begin + lanes, tile.samples.size()); ++j) {
      T* const column = panel.row(0) + (j - begin);
      batch.for_each_entry(tile.samples[j],
                           [&](Index neuron, T value) { column[neuron * lanes] = value; });
    }
    for (Index i = 0; !at_once && i < block.rows(); ++i) {
      std::memcpy(block.row(i) + begin, panel.row(i), lanes * sizeof(T));
    }
  }
  tile.magnitudes = magnitudes;
  tile.block = std::move(block);
  return tile;
}

template <NetworkValue T>
Block<T> make_sparse(Tile<T>& tile, Index neurons, bool keep_dead) {
  if (tile.form == Form::sparse) return {};
  const std::vector<Index> columns = columns_of(tile, keep_dead);
  Compressed<T> arrays;
  arrays.orientation = Orientation::by_column;
  arrays.rows = neurons;
  arrays.columns = columns.size();
  for (const Index column : columns) {
    if (tile.entries[column] > 0) {
      append_entries(tile.block, tile.classes.get(), tile.zeros.get(), neurons, column, arrays);
    }
    arrays.offsets.push_back(arrays.indices.size());
  }
  tile.Y = Matrix<T>::from_compressed(arrays);
  tile.Y.keep_sparse();
  tile.form = Form::sparse;
  keep(tile, columns);
  tile.entries.clear();
  tile.classes = nullptr;
  tile.zeros = nullptr;
  return std::exchange(tile.block, Block<T>());
}

template <NetworkValue T>
void squeeze(Tile<T>& tile) {
  squeeze_to(tile, columns_of(tile, false), tile.block, true);
}

template <NetworkValue T>
Block<T> squeeze_to_wait(Tile<T>& tile, bool keep_dead) {
  Block<T> left;
  squeeze_to(tile, columns_of(tile, keep_dead), left, false);
  std::swap(tile.block, left);
  return left;
}

#define OSCILLON_INSTANTIATE_TILE(T)                                                        \
  template void select_columns(const Block<T>&, std::span<const Index>, T*, Index, Index);  \
  template TileCount count(Tile<T>&, bool);                                                 \
  template std::size_t bytes_of(const Tile<T>&);                                            \
  template Tile<T> block_tile(const SampleBatch<T>&, const Magnitudes&, Index, Index, bool, \
                              Block<T>, Block<T>&);                                         \
  template Block<T> make_sparse(Tile<T>&, Index, bool);                                     \
  template void squeeze(Tile<T>&);                                                          \
  template Block<T> squeeze_to_wait(Tile<T>&, bool);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_TILE)
#undef OSCILLON_INSTANTIATE_TILE

}  // namespace oscillon::tiles
