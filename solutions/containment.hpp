// Which sets of a family are contained in which: the antichain condition of exact solutions, at the
// scale of 60,000 images.
#pragma once

#include <utility>
#include <vector>

#include "oscillon/algebra/matrix.hpp"

namespace oscillon {

// The pairs (a, b), a != b, such that every element of set a is in set b, in ascending order; equal
// sets are there as (a, b) and (b, a). Row i of `sets` is set i, its entries the elements. With
// `most` pairs found the search may end early; how many there are is then unknown.
//
// Sets are bits; pairs are looked at in order of size, so each is compared with the larger ones
// only: O(sets^2 * elements / 64) word operations at worst, most pairs ending at their first word.
std::vector<std::pair<Index, Index>> contained_pairs(const Compressed<bool>& sets, int threads = 0,
                                                     std::size_t most = ~std::size_t{0});

}  // namespace oscillon
