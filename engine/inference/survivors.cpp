#include "engine/inference/survivors.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "engine/inference/kernels.hpp"
#include "oscillon/base/checked.hpp"
#include "oscillon/base/thread_team.hpp"

namespace oscillon {

namespace {

// Below this many samples a tile costs more in calls than it gives in parallel work.
constexpr Index smallest_tile = 32;

// How many values of each column are not 0, of rows that lie one after another.
template <NetworkValue T>
std::vector<Index> entries_of_rows(std::span<const T> values, Index columns) {
  std::vector<Index> entries(columns, 0);
  for (std::size_t row = 0; row < values.size(); row += columns) {
    for (Index j = 0; j < columns; ++j) entries[j] += values[row + j] != T(0);
  }
  return entries;
}

// How many neurons of each sample of a tile that is full or a block are not 0.
template <NetworkValue T>
std::vector<Index> entries_of_columns(Tile<T>& tile) {
  if (tile.form == Form::block) return tile.entries;
  const FullValues<T> full(tile.Y);
  return entries_of_rows<T>(full.values(), tile.samples.size());
}

// Samples [begin, end) of all the live ones, as pieces of one source each.
template <NetworkValue T>
class Range {
 public:
  Range(const std::vector<LiveSamples<T>>& sources, Index begin, Index end)
      : sources_(sources), begin_(begin), end_(end) {}

  Index size() const { return end_ - begin_; }

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

// Writes those columns of a block of `rows` rows to `to`, side by side, and zeros after them:
// `width` values a row.
template <NetworkValue T>
void select_columns(const T* from, Index rows, Index stride, std::span<const Index> columns, T* to,
                    Index to_stride, Index width) {
  std::vector<std::uint64_t> marks(stride / 64 + 1, 0);
  for (const Index j : columns) marks[j / 64] |= std::uint64_t{1} << j % 64;
  fused::kernels<T>().select_columns({marks.data(), rows, from, stride, to, to_stride, width});
}

// Rows of samples, `rows` of them, at `to` and each `stride` values after the last: one for each of
// the classes, which those of blocks are (nullptr: for each neuron). They hold zeros so far, unless
// all that comes are rows of blocks.
template <NetworkValue T>
void fill_rows(const Range<T>& range, Index rows, T* to, Index stride,
               const NeuronClasses* classes) {
  Index at = 0;
  range.for_each_piece([&](const LiveSamples<T>& source, Index first, Index last) {
    if (source.sparse) {
      const Compressed<T>& from = *source.sparse;
      for (Index s = first; s < last; ++s) {
        const Index column = source.columns[s];
        for (Index p = from.offsets[column]; p < from.offsets[column + 1]; ++p) {
          const Index i = from.indices[p];
          const Index row = classes == nullptr ? i : classes->of[i];
          to[row * stride + at + s - first] = from.values[p];
        }
      }
    } else if (source.block != nullptr && source.classes.get() == classes) {
      const Index after = at + last - first;
      select_columns(source.block->row(0), rows, source.block->stride(),
                     std::span(source.columns).subspan(first, last - first), to + at, stride,
                     (after == range.size() ? stride : after) - at);
    } else {
      for (Index i = 0; i < rows; ++i) {
        const T* row = source.row(i);
        T* into = to + i * stride + at;
        for (Index s = first; s < last; ++s) *into++ = row[source.columns[s]];
      }
    }
    at += last - first;
  });
}

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
        for (Index i = 0; i < neurons; ++i) {
          const T value = source.row(i)[column];
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
  fill_rows(range, neurons, static_cast<T*>(values), columns, nullptr);
  const GrB_Info info = GxB_Matrix_pack_FullR(Y.handle(), &values, bytes, false, nullptr);
  if (info != GrB_SUCCESS) std::free(values);
  check(info, "pack a full tile", {Y.handle()});
  return Y;
}

// The live samples of a block, and only they, in `to`, which may be the block itself.
template <NetworkValue T>
void squeeze_to(Tile<T>& tile, Block<T>& to, bool padded) {
  std::vector<Index> live;
  for (Index j = 0; j < tile.samples.size(); ++j) {
    if (tile.entries[j] == 0) continue;
    tile.samples[live.size()] = tile.samples[j];
    tile.copies[live.size()] = tile.copies[j];
    tile.entries[live.size()] = tile.entries[j];
    live.push_back(j);
  }
  for (auto* of_samples : {&tile.samples, &tile.copies, &tile.entries}) {
    of_samples->resize(live.size());
  }
  const Index rows = tile.block.rows();
  const Index stride = tile.block.stride();
  const T* const from = tile.block.row(0);
  to.reshape(rows, live.size(), padded);
  select_columns(from, rows, stride, live, to.row(0), to.stride(), to.stride());
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
Magnitudes magnitudes_of(std::span<const T> values) {
  Magnitudes found;
  found.least = std::numeric_limits<double>::infinity();
  for (const T value : values) {
    const double size = std::abs(static_cast<double>(value));
    found.greatest = std::max(found.greatest, size);
    if (size > 0) found.least = std::min(found.least, size);
  }
  return found;
}

template <NetworkValue T>
TileCount count(Tile<T>& tile) {
  TileCount result;
  if (tile.form == Form::block) {
    for (Index j = 0; j < tile.entries.size(); ++j) result.add(tile.entries[j], tile.copies[j]);
    return result;
  }
  if (tile.form == Form::full) {
    const std::vector<Index> entries = entries_of_columns(tile);
    for (Index j = 0; j < entries.size(); ++j) result.add(entries[j], tile.copies[j]);
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
    result.add(offsets[j + 1] - offsets[j], tile.copies[j]);
  }
  check(GxB_Matrix_pack_CSC(tile.Y.handle(), &offsets, &indices, &values, offsets_bytes,
                            indices_bytes, values_bytes, iso, false, nullptr),
        "pack a tile", {tile.Y.handle()});
  return result;
}

template <NetworkValue T>
std::size_t bytes_of(const Tile<T>& tile) {
  if (tile.form == Form::block) return tile.block.bytes();
  const auto entries = static_cast<std::size_t>(tile.Y.entries());
  return entries * (sizeof(T) + (tile.form == Form::sparse ? sizeof(Index) : 0));
}

template <NetworkValue T>
LiveSamples<T> live_samples(const SampleBatch<T>& batch, Index first, Index last) {
  LiveSamples<T> live;
  live.sparse = batch.columns(first, last);
  const Compressed<T>& columns = *live.sparse;
  for (Index j = 0; j < columns.columns; ++j) {
    if (columns.offsets[j + 1] == columns.offsets[j]) continue;
    live.columns.push_back(j);
    live.entries.push_back(columns.offsets[j + 1] - columns.offsets[j]);
    live.samples.push_back(first + j);
  }
  live.copies.assign(live.samples.size(), 1);
  live.magnitudes = magnitudes_of<T>(columns.values);
  return live;
}

template <NetworkValue T>
Tile<T> block_tile(const SampleBatch<T>& batch, const Magnitudes& magnitudes, Index first,
                   Index last, Block<T> block, Block<T>& spare) {
  Tile<T> tile;
  tile.form = Form::block;
  for (Index sample = first; sample < last; ++sample) {
    const Index entries = batch.entries_of(sample);
    if (entries == 0) continue;
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
LiveSamples<T> live_samples(Tile<T>& tile) {
  LiveSamples<T> live;
  std::vector<Index> entries;
  if (tile.form == Form::sparse) {
    live.sparse = tile.Y.compressed(Orientation::by_column);
    for (Index j = 0; j < tile.samples.size(); ++j) {
      entries.push_back(live.sparse->offsets[j + 1] - live.sparse->offsets[j]);
    }
  } else {
    entries = entries_of_columns(tile);
    if (tile.form == Form::full) {
      live.full.emplace(tile.Y);
      live.width = tile.samples.size();
    } else {
      live.block = &tile.block;
      live.classes = tile.classes;
    }
  }
  live.magnitudes = tile.magnitudes;
  for (Index j = 0; j < entries.size(); ++j) {
    if (entries[j] == 0) continue;
    live.columns.push_back(j);
    live.entries.push_back(entries[j]);
    live.samples.push_back(tile.samples[j]);
    live.copies.push_back(tile.copies[j]);
  }
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
                          Form form, std::shared_ptr<const NeuronClasses> classes, int threads) {
  Index total = 0;
  bool only_blocks = true;
  for (const auto& source : sources) {
    total += source.columns.size();
    only_blocks = only_blocks && source.block != nullptr;
  }
  const std::vector<Index> borders = tile_borders(total, tile, threads);
  std::vector<Tile<T>> packed(borders.size() - 1);
  run_tasks(packed.size(), threads, [&](std::size_t t) {
    const Range<T> range(sources, borders[t], borders[t + 1]);
    const Index columns = borders[t + 1] - borders[t];
    Tile<T>& made = packed[t];
    made.form = form;
    if (form == Form::sparse) {
      made.Y = packed_sparse(range, neurons, columns);
    } else if (form == Form::full) {
      made.Y = packed_full(range, neurons, columns);
    } else {
      made.classes = classes;
      const Index rows = classes ? classes->sizes.size() : neurons;
      made.block.reshape(rows, columns);
      if (!only_blocks) made.block.fill_with_zeros();
      fill_rows(range, rows, made.block.row(0), made.block.stride(), classes.get());
    }
    made.magnitudes.least = std::numeric_limits<double>::infinity();
    range.for_each_piece([&](const LiveSamples<T>& source, Index first, Index last) {
      const auto piece = [&](const std::vector<Index>& from, std::vector<Index>& to) {
        to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(first),
                  from.begin() + static_cast<std::ptrdiff_t>(last));
      };
      piece(source.samples, made.samples);
      piece(source.copies, made.copies);
      if (form == Form::block) piece(source.entries, made.entries);
      made.magnitudes.greatest = std::max(made.magnitudes.greatest, source.magnitudes.greatest);
      made.magnitudes.least = std::min(made.magnitudes.least, source.magnitudes.least);
    });
  });
  return packed;
}

template <NetworkValue T>
Block<T> make_sparse(Tile<T>& tile, Index neurons) {
  const Index samples = std::max<Index>(tile.samples.size(), 1);
  std::vector<LiveSamples<T>> live;
  live.push_back(live_samples(tile));
  std::vector<Tile<T>> packed = pack(live, neurons, samples, Form::sparse, nullptr, 1);
  live.clear();  // before the tile that it borrows from
  return std::exchange(tile, std::move(packed.front())).block;
}

template <NetworkValue T>
void squeeze(Tile<T>& tile) {
  squeeze_to(tile, tile.block, true);
}

template <NetworkValue T>
Block<T> squeeze_to_wait(Tile<T>& tile) {
  Block<T> left;
  squeeze_to(tile, left, false);
  std::swap(tile.block, left);
  return left;
}

#define OSCILLON_INSTANTIATE_SURVIVORS(T)                                                       \
  template class FullValues<T>;                                                                 \
  template TileCount count(Tile<T>&);                                                           \
  template std::size_t bytes_of(const Tile<T>&);                                                \
  template LiveSamples<T> live_samples(Tile<T>&);                                               \
  template Magnitudes magnitudes_of(std::span<const T>);                                        \
  template Tile<T> block_tile(const SampleBatch<T>&, const Magnitudes&, Index, Index, Block<T>, \
                              Block<T>&);                                                       \
  template LiveSamples<T> live_samples(const SampleBatch<T>&, Index, Index);                    \
  template std::vector<Tile<T>> pack(const std::vector<LiveSamples<T>>&, Index, Index, Form,    \
                                     std::shared_ptr<const NeuronClasses>, int);                \
  template Block<T> make_sparse(Tile<T>&, Index);                                               \
  template void squeeze(Tile<T>&);                                                              \
  template Block<T> squeeze_to_wait(Tile<T>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_SURVIVORS)
#undef OSCILLON_INSTANTIATE_SURVIVORS

}  // namespace oscillon
