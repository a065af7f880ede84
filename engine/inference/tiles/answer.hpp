// How the answer is put together from tiles.
#pragma once

#include <vector>

#include "engine/inference/tiles/twins.hpp"

namespace oscillon::tiles {

// All tiles as one matrix of neurons x samples, the twins with them; samples that no tile holds
// have an empty column. The tiles are used up.
template <NetworkValue T>
Matrix<T> assemble(std::vector<Tile<T>> tiles, const std::vector<Twin>& twins, Index neurons,
                   Index samples, int threads);

}  // namespace oscillon::tiles
