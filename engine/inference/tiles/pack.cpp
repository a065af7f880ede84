#include "engine/inference/tiles/pack.hpp"

#include "oscillon/base/thread_team.hpp"

namespace oscillon::tiles {

namespace {

// Below this many samples a tile costs more in calls than it gives in parallel work.
constexpr Index smallest_tile = 32;

// Rows of samples in a block, one for each of the classes, which those of other blocks are
// (nullptr: for each neuron). They hold zeros so far, unless all that comes are rows of blocks.
template <NetworkValue T>
void fill_rows(const Range<T>& range, const NeuronClasses* classes, Block<T>& block) {
  const Index stride = block.stride();
  T* const to = block.row(0);
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
    } else if (source.classes.get() == classes) {
      const Index after = at + last - first;
      select_columns<T>(*source.block, std::span(source.columns).subspan(first, last - first),
                        to + at, stride, (after == range.size() ? stride : after) - at);
    } else {
      for (Index i = 0; i < block.rows(); ++i) {
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
      } else if (source.entries[s] > 0) {
        append_entries(*source.block, source.classes.get(), source.zeros.get(), neurons, column,
                       arrays);
      }
      arrays.offsets.push_back(arrays.indices.size());
    }
  });
  Matrix<T> Y = Matrix<T>::from_compressed(arrays);
  Y.keep_sparse();
  return Y;
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
    } else {
      made.classes = classes;
      made.block.reshape(classes ? classes->sizes.size() : neurons, columns);
      if (!only_blocks) made.block.fill_with_zeros();
      fill_rows(range, classes.get(), made.block);
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

#define OSCILLON_INSTANTIATE_PACK(T)                                                         \
  template std::vector<Tile<T>> pack(const std::vector<LiveSamples<T>>&, Index, Index, Form, \
                                     std::shared_ptr<const NeuronClasses>, int);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_PACK)
#undef OSCILLON_INSTANTIATE_PACK

}  // namespace oscillon::tiles
