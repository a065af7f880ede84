// The samples of a batch between two layers: those that go on, in tiles, and what each stands for.
#pragma once

#include <memory>
#include <vector>

#include "engine/inference/tiles/twins.hpp"

namespace oscillon::tiles {

template <NetworkValue T>
struct Samples {
  Index neurons = 0;  // of the rank that they are at
  std::vector<Tile<T>> tiles;
  std::vector<Twin> twins;
  TileCount alive;

  bool zeros = true;  // whether a 0 may be an entry
  Magnitudes batch;   // of the values of the batch, while there are no tiles yet

  double greatest() const {
    double greatest = tiles.empty() ? batch.greatest : 0;
    for (const Tile<T>& tile : tiles) greatest = std::max(greatest, tile.magnitudes.greatest);
    return greatest;
  }

  // Of the rows of blocks. All blocks have the same.
  std::shared_ptr<const NeuronClasses> classes() const {
    for (const Tile<T>& tile : tiles) {
      if (tile.form == Form::block) return tile.classes;
    }
    return nullptr;
  }

  bool have_blocks() const {
    for (const Tile<T>& tile : tiles) {
      if (tile.form == Form::block) return true;
    }
    return false;
  }

  std::uint64_t bytes() const {
    std::uint64_t bytes = 0;
    for (const Tile<T>& tile : tiles) bytes += bytes_of(tile);
    return bytes;
  }
};

// Those of a batch that is in no tiles yet.
template <NetworkValue T>
Samples<T> samples_of(const SampleBatch<T>& batch) {
  Samples<T> made;
  made.neurons = batch.neurons();
  made.alive = {batch.entries(), batch.samples(), batch.samples()};
  made.batch = magnitudes_of<T>(batch.values());
  made.zeros =
      std::find(batch.values().begin(), batch.values().end(), T(0)) != batch.values().end();
  return made;
}

}  // namespace oscillon::tiles
