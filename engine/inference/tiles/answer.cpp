#include "engine/inference/tiles/answer.hpp"

#include <algorithm>

#include "oscillon/base/thread_team.hpp"

namespace oscillon::tiles {

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
    live.push_back(live_samples(tiles[t], false));
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
  constexpr std::size_t together = 4;
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
    Index end[together];
    for (std::size_t s = 0; s < count; ++s) {
      const Index sample = of_tile[t][first + s];
      column[s] = source.columns[places[sample].column];
      at[s] = offsets[sample];
      end[s] = offsets[sample + 1];
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
      const bool zero_is_entry = source.zero_is_entry(i);
      for (std::size_t s = 0; s < count; ++s) {
        if (at[s] == end[s]) continue;
        // Written in any case, which leaves nothing to guess: the next value goes over a 0 that is
        // no entry.
        const T value = row[column[s]];
        answer.indices[at[s]] = i;
        answer.values[at[s]] = value;
        at[s] += static_cast<Index>((value != T(0)) | zero_is_entry);
      }
    }
  });
  live.clear();
  tiles.clear();
  return Matrix<T>::adopt(std::move(answer));
}

#define OSCILLON_INSTANTIATE_ASSEMBLE(T) \
  template Matrix<T> assemble(std::vector<Tile<T>>, const std::vector<Twin>&, Index, Index, int);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_ASSEMBLE)
#undef OSCILLON_INSTANTIATE_ASSEMBLE

}  // namespace oscillon::tiles
