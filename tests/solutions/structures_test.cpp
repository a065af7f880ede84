// The count of structures against a counter that tries every chain of families, and every way to
// cover against inference.
#include "solutions/structures.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <random>
#include <set>

#include "tests/error_of.hpp"

using namespace oscillon;
using testing::error_of;

namespace {

using Set = std::set<int>;
using Family = std::set<Set>;

std::vector<Set> subsets(int n) {
  std::vector<Set> all;
  for (int bits = 1; bits < 1 << n; ++bits) {
    Set set;
    for (int p = 0; p < n; ++p) {
      if (bits >> p & 1) set.insert(p);
    }
    all.push_back(set);
  }
  return all;
}

bool covers(const Family& below, const Set& set) {
  Set covered;
  for (const Set& part : below) {
    if (std::includes(set.begin(), set.end(), part.begin(), part.end())) {
      covered.insert(part.begin(), part.end());
    }
  }
  return covered == set;
}

// Every chain of families, tried one by one; calls found() with each that is valid.
void try_all(int n, int hidden, std::vector<Family> chain,
             const std::function<void(const std::vector<Family>&)>& found) {
  const std::vector<Set> all = subsets(n);
  if (hidden == 0) {
    Set everything;
    for (int p = 0; p < n; ++p) everything.insert(p);
    if (covers(chain.back(), everything)) found(chain);
    return;
  }
  for (unsigned bits = 1; bits < 1u << all.size(); ++bits) {
    Family family;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (bits >> i & 1) family.insert(all[i]);
    }
    if (!std::all_of(family.begin(), family.end(),
                     [&](const Set& set) { return covers(chain.back(), set); })) {
      continue;
    }
    chain.push_back(family);
    try_all(n, hidden - 1, chain, found);
    chain.pop_back();
  }
}

Family singletons(int n) {
  Family family;
  for (int p = 0; p < n; ++p) family.insert(Set{p});
  return family;
}

std::vector<Family> moved(const std::vector<Family>& chain, const std::vector<int>& permutation) {
  std::vector<Family> image;
  for (const Family& family : chain) {
    image.emplace_back();
    for (const Set& set : family) {
      Set other;
      for (const int p : set) other.insert(permutation[static_cast<std::size_t>(p)]);
      image.back().insert(other);
    }
  }
  return image;
}

}  // namespace

TEST_CASE("counts agree with trying every chain of families") {
  for (const auto& [n, layers] : std::vector<std::pair<int, int>>{{1, 1},
                                                                  {1, 2},
                                                                  {1, 4},
                                                                  {2, 1},
                                                                  {2, 2},
                                                                  {2, 3},
                                                                  {2, 4},
                                                                  {3, 1},
                                                                  {3, 2},
                                                                  {3, 3},
                                                                  {4, 2}}) {
    CAPTURE(n);
    CAPTURE(layers);
    std::uint64_t count = 0;
    std::set<std::vector<Family>> classes;
    try_all(n, layers - 1, {singletons(n)}, [&](const std::vector<Family>& chain) {
      ++count;
      if (n == 4) return;
      std::vector<int> permutation(static_cast<std::size_t>(n));
      std::iota(permutation.begin(), permutation.end(), 0);
      std::vector<Family> least = chain;
      do {
        least = std::min(least, moved(chain, permutation));
      } while (std::next_permutation(permutation.begin(), permutation.end()));
      classes.insert(least);
    });
    const StructureSpace space(static_cast<std::size_t>(n), static_cast<std::size_t>(layers));
    CHECK(space.count() == count);
    if (n < 4) CHECK(space.count_up_to_symmetry() == classes.size());
  }
}

TEST_CASE("known counts: the set covers of 1 to 4 elements") {
  // OEIS A003465, and A055621 up to isomorphism.
  const std::vector<std::uint64_t> covers{1, 5, 109, 32297};
  const std::vector<std::uint64_t> classes{1, 4, 34, 1952};
  for (std::size_t n = 1; n <= 4; ++n) {
    CHECK(StructureSpace(n, 2).count() == covers[n - 1]);
    CHECK(StructureSpace(n, 2).count_up_to_symmetry() == classes[n - 1]);
  }
}

TEST_CASE("ranks name every structure once") {
  const StructureSpace space(3, 3);
  std::set<std::vector<std::vector<PositionSet>>> seen;
  for (std::uint64_t rank = 0; rank < space.count(); ++rank) {
    const Structure structure = space.at(rank);
    require_cover(structure, 3);
    seen.insert(structure.hidden);
  }
  CHECK(seen.size() == space.count());
  CHECK(error_of([&] { space.at(space.count()); }) != "no error");
  CHECK(error_of([] { StructureSpace(5, 2); }) != "no error");
  CHECK(error_of([] { StructureSpace(4, 40); }) != "no error");
}

TEST_CASE("random structures of 4 positions and up to 4 layers are exact") {
  std::mt19937_64 random(21);
  const std::vector<std::string> words{"able", "also", "area", "back", "been", "best",
                                       "book", "call", "city", "code", "data", "date",
                                       "each", "even", "file", "find"};
  for (const std::size_t layers : {2, 3, 4}) {
    const StructureSpace space(4, layers);
    for (int i = 0; i < 40; ++i) {
      const auto rank = std::uniform_int_distribution<std::uint64_t>(0, space.count() - 1)(random);
      CAPTURE(rank);
      auto problem = selective_problem<float>(words, space.at(rank));
      const Exactness layered = is_exact(problem);
      CHECK_MESSAGE(layered.exact, layered.difference);
      CHECK(theory(problem).exact());
      auto single = collapsed(problem);
      const Exactness iterated = is_exact(single);
      CHECK_MESSAGE(iterated.exact, iterated.difference);
    }
  }
}
