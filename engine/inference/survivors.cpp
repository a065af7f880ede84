#include "engine/inference/survivors.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <new>
#include <numeric>

#include "engine/base/checked.hpp"
#include "engine/base/thread_team.hpp"

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

// The same of a block whose rows stand for several neurons each.
template <NetworkValue T>
std::vector<Index> entries_of_block(const Block<T>& block, const NeuronClasses* classes) {
  std::vector<std::uint32_t> entries(block.stride(), 0);
  for (Index r = 0; r < block.rows(); ++r) {
    const T* row = block.row(r);
    const std::uint32_t size = classes == nullptr ? 1 : classes->sizes[r];
    for (Index j = 0; j < block.stride(); ++j) entries[j] += row[j] != T(0) ? size : 0;
  }
  return {entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(block.columns())};
}

// The same of each sample of a tile that is full or a block.
template <NetworkValue T>
std::vector<Index> entries_of_columns(Tile<T>& tile) {
  if (tile.form == Form::block) return entries_of_block(tile.block, tile.classes.get());
  const FullValues<T> full(tile.Y);
  return entries_of_rows<T>(full.values(), tile.samples.size());
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

// Rows of samples, `rows` of them, at `to` and each `stride` values after the last; they hold zeros
// so far.
template <NetworkValue T>
void fill_rows(const Range<T>& range, Index rows, T* to, Index stride, bool by_class) {
  Index at = 0;
  range.for_each_piece([&](const LiveSamples<T>& source, Index first, Index last) {
    if (source.sparse) {
      const Compressed<T>& from = *source.sparse;
      for (Index s = first; s < last; ++s) {
        const Index column = source.columns[s];
        for (Index p = from.offsets[column]; p < from.offsets[column + 1]; ++p) {
          to[from.indices[p] * stride + at + s - first] = from.values[p];
        }
      }
    } else {
      for (Index i = 0; i < rows; ++i) {
        const T* row = by_class ? source.block->row(i) : source.row(i);
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
  fill_rows(range, neurons, static_cast<T*>(values), columns, false);
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
  if (tile.form != Form::sparse) {
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
                   Index last, Block<T> block) {
  Tile<T> tile;
  tile.form = Form::block;
  for (Index sample = first; sample < last; ++sample) {
    if (batch.entries_of(sample) > 0) tile.samples.push_back(sample);
  }
  tile.copies.assign(tile.samples.size(), 1);
  block.reshape(batch.neurons(), tile.samples.size());
  block.fill_with_zeros();
  const Index stride = block.stride();
  for (Index j = 0; j < tile.samples.size(); ++j) {
    T* const column = block.row(0) + j;
    batch.for_each_entry(tile.samples[j],
                         [&](Index neuron, T value) { column[neuron * stride] = value; });
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
                          Form form, int threads) {
  Index total = 0;
  bool from_blocks = form == Form::block && !sources.empty();
  for (const auto& source : sources) {
    total += source.columns.size();
    from_blocks = from_blocks && source.block != nullptr;
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
      if (from_blocks) made.classes = sources.front().classes;
      const Index rows = made.classes ? made.classes->sizes.size() : neurons;
      made.block.reshape(rows, columns);
      made.block.fill_with_zeros();
      fill_rows(range, rows, made.block.row(0), made.block.stride(), from_blocks);
    }
    made.magnitudes.least = std::numeric_limits<double>::infinity();
    range.for_each_piece([&](const LiveSamples<T>& source, Index first, Index last) {
      const auto piece = [&](const std::vector<Index>& from, std::vector<Index>& to) {
        to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(first),
                  from.begin() + static_cast<std::ptrdiff_t>(last));
      };
      piece(source.samples, made.samples);
      piece(source.copies, made.copies);
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
  std::vector<Tile<T>> packed = pack(live, neurons, samples, Form::sparse, 1);
  live.clear();  // before the tile that it borrows from
  return std::exchange(tile, std::move(packed.front())).block;
}

template <NetworkValue T>
void squeeze(Tile<T>& tile, Block<T>& spare, bool padded) {
  std::vector<LiveSamples<T>> sources;
  sources.push_back(live_samples(tile));
  const LiveSamples<T>& live = sources.front();
  spare.reshape(tile.block.rows(), live.columns.size(), padded);
  if (padded) spare.fill_with_zeros();
  fill_rows(Range<T>(sources, 0, live.columns.size()), spare.rows(), spare.row(0), spare.stride(),
            true);
  tile.samples = live.samples;
  tile.copies = live.copies;
  std::swap(tile.block, spare);
}

template <NetworkValue T>
Matrix<T> assemble(std::vector<Tile<T>> tiles, const std::vector<Twin>& twins, Index neurons,
                   Index samples, int threads) {
  // Where the values of each sample are.
  struct Place {
    std::size_t tile;
    Index column;  // of the live ones
  };
  constexpr std::size_t nowhere = ~std::size_t{0};
  std::vector<LiveSamples<T>> live;
  std::vector<Place> places(samples, {nowhere, 0});
  for (std::size_t t = 0; t < tiles.size(); ++t) {
    live.push_back(live_samples(tiles[t]));
    for (Index j = 0; j < live[t].samples.size(); ++j) places[live[t].samples[j]] = {t, j};
  }
  // A sample became a twin of one that may have become a twin later.
  for (auto twin = twins.rbegin(); twin != twins.rend(); ++twin) {
    places[twin->sample] = places[twin->equal_to];
  }

  std::vector<Index> offsets{0};
  for (const Place& place : places) {
    offsets.push_back(offsets.back() +
                      (place.tile == nowhere ? 0 : live[place.tile].entries[place.column]));
  }
  OwnedCompressed<T> answer(Orientation::by_column, neurons, samples, offsets.back());
  std::copy(offsets.begin(), offsets.end(), answer.offsets.get());
  // Samples whose values lie in one tile are gathered some at a time, row by row.
  std::vector<std::vector<Index>> of_tile(tiles.size());
  for (Index sample = 0; sample < samples; ++sample) {
    if (places[sample].tile != nowhere) of_tile[places[sample].tile].push_back(sample);
  }
  constexpr std::size_t together = 16;
  std::vector<std::pair<std::size_t, std::size_t>> parts;  // tile, first of its samples
  for (std::size_t t = 0; t < tiles.size(); ++t) {
    for (std::size_t first = 0; first < of_tile[t].size(); first += together) {
      parts.emplace_back(t, first);
    }
  }
  run_tasks(parts.size(), threads, [&](std::size_t part) {
    const auto [t, first] = parts[part];
    const LiveSamples<T>& source = live[t];
    const std::size_t count = std::min(together, of_tile[t].size() - first);
    Index column[together];
    Index at[together];
    for (std::size_t s = 0; s < count; ++s) {
      const Index sample = of_tile[t][first + s];
      column[s] = source.columns[places[sample].column];
      at[s] = offsets[sample];
    }
    if (source.sparse) {
      const Compressed<T>& from = *source.sparse;
      for (std::size_t s = 0; s < count; ++s) {
        const Index begin = from.offsets[column[s]];
        const Index entries_here = from.offsets[column[s] + 1] - begin;
        std::copy_n(from.indices.data() + begin, entries_here, answer.indices.get() + at[s]);
        std::copy_n(from.values.data() + begin, entries_here, answer.values.get() + at[s]);
      }
      return;
    }
    for (Index i = 0; i < neurons; ++i) {
      const T* const row = source.row(i);
      for (std::size_t s = 0; s < count; ++s) {
        const T value = row[column[s]];
        if (value == T(0)) continue;
        answer.indices[at[s]] = i;
        answer.values[at[s]++] = value;
      }
    }
  });
  live.clear();
  tiles.clear();
  return Matrix<T>::adopt(std::move(answer));
}

#define OSCILLON_INSTANTIATE_SURVIVORS(T)                                                          \
  template class FullValues<T>;                                                                    \
  template TileCount count(Tile<T>&);                                                              \
  template std::size_t bytes_of(const Tile<T>&);                                                   \
  template LiveSamples<T> live_samples(Tile<T>&);                                                  \
  template Magnitudes magnitudes_of(std::span<const T>);                                           \
  template Tile<T> block_tile(const SampleBatch<T>&, const Magnitudes&, Index, Index, Block<T>);   \
  template LiveSamples<T> live_samples(const SampleBatch<T>&, Index, Index);                       \
  template std::vector<Tile<T>> pack(const std::vector<LiveSamples<T>>&, Index, Index, Form, int); \
  template Block<T> make_sparse(Tile<T>&, Index);                                                  \
  template void squeeze(Tile<T>&, Block<T>&, bool);                                                \
  template Matrix<T> assemble(std::vector<Tile<T>>, const std::vector<Twin>&, Index, Index, int);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_SURVIVORS)
#undef OSCILLON_INSTANTIATE_SURVIVORS

}  // namespace oscillon
