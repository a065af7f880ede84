// Every structure of exact solutions for n positions and L layers: counted, enumerated by rank,
// drawn at random. Source: the paper, section V, "the number of possible exact DNN solutions
// increases combinatorially".
//
// A structure is a chain of families of position sets, F_1 … F_(L-1), between the single positions
// F_0 and F_L = {all}, in which each set is the union of the sets of the family below that lie
// inside it: the sets of F_(l+1) are chosen from the union closure of F_l. So with c_l(F) the
// number of ways to go on from F at layer l, c_(L-1)(F) = [F covers all] and
//   c_l(F) = sum of c_(l+1)(G) over the non-empty G within the union closure of F,
// a sum over subsets that is worked out for all F at once. There are 2^(2^n - 1) families, which
// limits n to 4.
#pragma once

#include <cstdint>
#include <vector>

#include "oscillon/solutions/selective.hpp"

namespace oscillon {

class StructureSpace {
 public:
  static constexpr std::size_t most_positions = 4;

  // Throws Error(usage) for positions beyond 1 … 4, no layers, or so many that counts leave 64
  // bits.
  StructureSpace(std::size_t positions, std::size_t layers);

  std::size_t positions() const { return positions_; }
  std::size_t layers() const { return layers_; }

  // How many structures there are; how many are left when those that differ by a permutation of the
  // positions alone count once (Burnside's lemma).
  std::uint64_t count() const { return count_; }
  std::uint64_t count_up_to_symmetry() const;

  // Structure number `rank`, 0 <= rank < count(), ordered by F_1, then F_2, …; a family's place is
  // the number whose bit s - 1 tells whether it holds the set with the bits of s. Throws
  // Error(usage) for a rank beyond.
  Structure at(std::uint64_t rank) const;

 private:
  using Family = std::uint32_t;  // bit s - 1: the position set s belongs to it
  using Counts = std::vector<std::uint64_t>;

  // For each family, the ways to go on from it; element l is for F_(l+1). Only families that
  // `allowed` accepts count.
  template <class Allowed>
  std::vector<Counts> ways(Allowed&& allowed) const;
  std::uint64_t first_families(const Counts& ways) const;

  std::size_t positions_;
  std::size_t layers_;
  std::vector<Family> closure_;  // of each family
  std::vector<Counts> ways_;
  std::uint64_t count_ = 0;
};

}  // namespace oscillon
