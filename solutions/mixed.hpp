// Problems side by side in one network: categories that are told apart by different structures.
#pragma once

#include <vector>

#include "oscillon/solutions/problem.hpp"

namespace oscillon {

// The problem of all the categories of `parts` over the features of all. The parts have the same
// number of layers; features of one key are one feature, categories must be distinct, and a hidden
// neuron of part i is keyed i and ':' before its key, counting from 1, so that parts share none. A
// category answers as it did alone, but is shown the others' inputs too. Throws Error(usage) for
// parts of different depth, KeyError for a category of two parts.
template <NetworkValue T>
Problem<T> side_by_side(const std::vector<Problem<T>>& parts);

#define OSCILLON_EXTERN_MIXED(T) \
  extern template Problem<T> side_by_side(const std::vector<Problem<T>>&);
OSCILLON_FOR_EACH_NETWORK_TYPE(OSCILLON_EXTERN_MIXED)
#undef OSCILLON_EXTERN_MIXED

}  // namespace oscillon
