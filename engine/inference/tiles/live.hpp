// The samples that go on: those of a tile, or of a batch, that are alive, or with `keep_dead` all.
// A dead sample must go on while a later layer gives every sample a value; all dead ones are alike.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/inference/tiles/tile.hpp"

namespace oscillon::tiles {

template <NetworkValue T>
struct LiveSamples {
  std::optional<Compressed<T>> sparse;  // by column; either this or `block`
  const Block<T>* block = nullptr;
  std::shared_ptr<const NeuronClasses> classes;  // of the block
  std::shared_ptr<const ZeroRows> zeros;         // of the block
  std::vector<Index> columns;                    // where they are
  std::vector<Index> entries;                    // how many each of them holds
  std::vector<Index> samples;                    // their numbers in the batch
  std::vector<Index> copies;
  Magnitudes magnitudes;

  // Where the values of neuron i lie in a block, and whether a 0 there is an entry.
  const T* row(Index i) const { return block->row(classes ? classes->of[i] : i); }
  bool zero_is_entry(Index i) const { return zeros && (*zeros)[classes ? classes->of[i] : i] != 0; }
};

template <NetworkValue T>
LiveSamples<T> live_samples(Tile<T>& tile, bool keep_dead);  // `tile` must outlive it

// Of samples first … last - 1 of the batch.
template <NetworkValue T>
LiveSamples<T> live_samples(const SampleBatch<T>& batch, Index first, Index last, bool keep_dead);

// Samples [begin, end) of all of them, as pieces of one source each.
template <NetworkValue T>
class Range {
 public:
  Range(const std::vector<LiveSamples<T>>& sources, Index begin, Index end)
      : sources_(sources), begin_(begin), end_(end) {}

  Index size() const { return end_ - begin_; }

  // Calls visit(source, first, last) for samples first … last - 1 of each source concerned.
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

}  // namespace oscillon::tiles
