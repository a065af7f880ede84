#include "oscillon/solutions/structures.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "oscillon/base/checked.hpp"

namespace oscillon {

StructureSpace::StructureSpace(std::size_t positions, std::size_t layers)
    : positions_(positions), layers_(layers) {
  if (positions < 1 || positions > most_positions || layers < 1) {
    throw Error(Fault::usage,
                "structures are counted for 1 to 4 positions and 1 or more layers, not " +
                    std::to_string(positions) + " and " + std::to_string(layers));
  }
  const std::uint32_t sets = (1u << positions) - 1;
  closure_.assign(std::size_t{1} << sets, 0);
  for (Family family = 0; family < closure_.size(); ++family) {
    for (std::uint32_t s = 1; s <= sets; ++s) {
      std::uint32_t covered = 0;
      for (std::uint32_t t = 1; t <= s; ++t) {
        if ((family >> (t - 1) & 1) != 0 && (t & s) == t) covered |= t;
      }
      if (covered == s) closure_[family] |= 1u << (s - 1);
    }
  }
  ways_ = ways([](Family) { return true; });
  count_ = layers == 1 ? 1 : first_families(ways_.front());
}

template <class Allowed>
std::vector<StructureSpace::Counts> StructureSpace::ways(Allowed&& allowed) const {
  const std::uint32_t sets = (1u << positions_) - 1;
  std::vector<Counts> ways(layers_ - 1, Counts(closure_.size(), 0));
  for (std::size_t l = layers_ - 1; l-- > 0;) {
    Counts within;  // of the layer above: the sum over all families inside this one
    if (l + 2 < layers_) {
      within = ways[l + 1];
      for (std::uint32_t s = 0; s < sets; ++s) {
        for (Family family = 0; family < within.size(); ++family) {
          if ((family >> s & 1) != 0) {
            within[family] =
                checked_add(within[family], within[family ^ (1u << s)], "number of structures");
          }
        }
      }
    }
    for (Family family = 1; family < closure_.size(); ++family) {
      if (!allowed(family)) continue;
      ways[l][family] =
          l + 2 < layers_ ? within[closure_[family]] : closure_[family] >> (sets - 1) & 1;
    }
  }
  return ways;
}

std::uint64_t StructureSpace::first_families(const Counts& ways) const {
  std::uint64_t sum = 0;
  for (const std::uint64_t way : ways) sum = checked_add(sum, way, "number of structures");
  return sum;
}

std::uint64_t StructureSpace::count_up_to_symmetry() const {
  if (layers_ == 1) return 1;
  std::vector<std::uint32_t> permutation(positions_);
  std::iota(permutation.begin(), permutation.end(), 0u);
  const std::uint32_t sets = (1u << positions_) - 1;
  std::uint64_t fixed = 0;
  std::uint64_t permutations = 0;
  do {
    std::vector<std::uint32_t> image(sets + 1, 0);
    for (std::uint32_t s = 1; s <= sets; ++s) {
      for (std::size_t p = 0; p < positions_; ++p) {
        if ((s >> p & 1) != 0) image[s] |= 1u << permutation[p];
      }
    }
    const auto unmoved = [&](Family family) {
      for (std::uint32_t s = 1; s <= sets; ++s) {
        if ((family >> (s - 1) & 1) != (family >> (image[s] - 1) & 1)) return false;
      }
      return true;
    };
    fixed = checked_add(fixed, first_families(ways(unmoved).front()), "number of structures");
    ++permutations;
  } while (std::next_permutation(permutation.begin(), permutation.end()));
  return fixed / permutations;
}

Structure StructureSpace::at(std::uint64_t rank) const {
  if (rank >= count_) {
    throw Error(Fault::usage, "there are " + std::to_string(count_) +
                                  " structures, numbered from 0; "
                                  "there is no number " +
                                  std::to_string(rank));
  }
  Structure structure;
  Family inside = static_cast<Family>(closure_.size() - 1);
  for (std::size_t l = 0; l + 1 < layers_; ++l) {
    Family family = 1;
    for (;; ++family) {
      if ((family & inside) != family) continue;
      if (rank < ways_[l][family]) break;
      rank -= ways_[l][family];
    }
    structure.hidden.emplace_back();
    for (std::uint32_t s = 1; s < 1u << positions_; ++s) {
      if ((family >> (s - 1) & 1) != 0) structure.hidden.back().push_back(s);
    }
    inside = closure_[family];
  }
  return structure;
}

}  // namespace oscillon
