// How samples are dealt out to tiles, and those that go on packed together.
#pragma once

#include <memory>
#include <vector>

#include "engine/inference/tiles/live.hpp"

namespace oscillon::tiles {

// Cuts `count` samples into tiles of at most `tile` samples of about one size, with work for every
// thread. Element i is the first sample of tile i; the last element is `count`.
std::vector<Index> tile_borders(Index count, Index tile, int threads);

// All samples of the sources, in order, in tiles of one form. Blocks have a row for each of the
// classes (nullptr: for each neuron), and blocks among the sources must have these or none; which
// of their zeros were entries is forgotten.
template <NetworkValue T>
std::vector<Tile<T>> pack(const std::vector<LiveSamples<T>>& sources, Index neurons, Index tile,
                          Form form, std::shared_ptr<const NeuronClasses> classes, int threads);

}  // namespace oscillon::tiles
