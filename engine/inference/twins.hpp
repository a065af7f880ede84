// Equal samples computed once: a network gives equal answers to samples that are equal at any of
// its layers.
#pragma once

#include "engine/inference/survivors.hpp"

namespace oscillon {

// Drops the live samples of blocks that equal an earlier one, counts them in that one's copies and
// returns them. They are found by hashing and compared in full.
template <NetworkValue T>
std::vector<Twin> drop_twins(std::vector<LiveSamples<T>>& sources, int threads);

}  // namespace oscillon
