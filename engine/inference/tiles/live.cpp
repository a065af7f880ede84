#include "engine/inference/tiles/live.hpp"

namespace oscillon::tiles {

template <NetworkValue T>
LiveSamples<T> live_samples(const SampleBatch<T>& batch, Index first, Index last, bool keep_dead) {
  LiveSamples<T> live;
  live.sparse = batch.columns(first, last);
  const Compressed<T>& columns = *live.sparse;
  for (Index j = 0; j < columns.columns; ++j) {
    const Index entries = columns.offsets[j + 1] - columns.offsets[j];
    if (entries == 0 && !keep_dead) continue;
    live.columns.push_back(j);
    live.entries.push_back(entries);
    live.samples.push_back(first + j);
  }
  live.copies.assign(live.samples.size(), 1);
  live.magnitudes = magnitudes_of<T>(columns.values);
  return live;
}

template <NetworkValue T>
LiveSamples<T> live_samples(Tile<T>& tile, bool keep_dead) {
  LiveSamples<T> live;
  std::vector<Index> entries;
  if (tile.form == Form::sparse) {
    live.sparse = tile.Y.compressed(Orientation::by_column);
    for (Index j = 0; j < tile.samples.size(); ++j) {
      entries.push_back(live.sparse->offsets[j + 1] - live.sparse->offsets[j]);
    }
  } else {
    entries = tile.entries;
    live.block = &tile.block;
    live.classes = tile.classes;
    live.zeros = tile.zeros;
  }
  live.magnitudes = tile.magnitudes;
  for (Index j = 0; j < entries.size(); ++j) {
    if (entries[j] == 0 && !keep_dead) continue;
    live.columns.push_back(j);
    live.entries.push_back(entries[j]);
    live.samples.push_back(tile.samples[j]);
    live.copies.push_back(tile.copies[j]);
  }
  return live;
}

#define OSCILLON_INSTANTIATE_LIVE(T)                    \
  template LiveSamples<T> live_samples(Tile<T>&, bool); \
  template LiveSamples<T> live_samples(const SampleBatch<T>&, Index, Index, bool);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_INSTANTIATE_LIVE)
#undef OSCILLON_INSTANTIATE_LIVE

}  // namespace oscillon::tiles
