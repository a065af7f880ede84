// Equal samples computed once: a network gives equal answers to samples that are equal at any of
// its layers, in their values and in what is there.
#pragma once

#include "engine/inference/tiles/live.hpp"

namespace oscillon::tiles {

// A sample that goes on as another one, whose values are the same.
struct Twin {
  Index sample;
  Index equal_to;
};

// Drops all dead samples among these but the first, which stands for them, and returns them.
template <NetworkValue T>
std::vector<Twin> drop_dead_twins(std::vector<LiveSamples<T>>& sources);

// Drops the live samples of blocks that equal an earlier one, counts them in that one's copies and
// returns them. They are found by hashing and compared in full.
template <NetworkValue T>
std::vector<Twin> drop_twins(std::vector<LiveSamples<T>>& sources, int threads);

}  // namespace oscillon::tiles
