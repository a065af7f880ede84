// How the samples of a batch are cut into tiles: by which plan, how many at a time, how far.
#pragma once

#include "engine/inference/worker.hpp"
#include "oscillon/inference/inference.hpp"

namespace oscillon {

// A tile takes several layers in a row, so that it stays in the cache; then survivors are packed.
// While samples die fast it pays to pack after every layer.
inline constexpr std::size_t most_layers_a_pass = 8;

Plan plan_of(Form form);

// In which form a pass over these layers holds its tiles, for so many samples and entries. Throws
// Error(usage) when the plan asked for does not suit the layers.
template <NetworkValue T>
Form choose_form(Plan plan, const std::vector<Step<T>>& steps, const TileCount& alive);

// Samples of a tile in a pass over these layers; `rows` are those of a block before them.
template <NetworkValue T>
Index samples_of_a_tile(Form form, const std::vector<Step<T>>& steps, Index rows,
                        const TileCount& alive);

// Samples of a block with so many rows.
template <NetworkValue T>
Index samples_of_a_block(Index rows);

// The first pass takes the batch as it comes, tile by tile. It is a long one, at the end of which
// more samples are dead: to write all down and read them again costs more than some layers. Full
// tiles have no way to leave dead samples out, and stop after one layer unless too much may live.
template <NetworkValue T>
std::size_t layers_of_first_pass(Plan plan, const Layer<T>& first, Index samples);

// Whether a tile that waits had better be sparse: it is nearly empty, or all tiles together, with
// so many samples, would be too large.
template <NetworkValue T>
bool wastes_memory(const Tile<T>& tile, const TileCount& count, Index neurons, Index samples);

}  // namespace oscillon
