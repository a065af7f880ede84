#include "solutions/containment.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>

using namespace oscillon;

namespace {

using Pairs = std::vector<std::pair<Index, Index>>;

Compressed<bool> sets_of(const std::vector<std::set<Index>>& sets, Index elements) {
  Compressed<bool> made;
  made.rows = sets.size();
  made.columns = elements;
  for (const auto& set : sets) {
    made.indices.insert(made.indices.end(), set.begin(), set.end());
    made.offsets.push_back(made.indices.size());
  }
  made.values.assign(made.indices.size(), 1);
  return made;
}

}  // namespace

TEST_CASE("contained sets by hand: equal, empty, nested") {
  CHECK(contained_pairs(sets_of({{0, 1}, {1}, {0, 1}, {}, {2}}, 3)) ==
        Pairs{{0, 2}, {1, 0}, {1, 2}, {2, 0}, {3, 0}, {3, 1}, {3, 2}, {3, 4}});
  CHECK(contained_pairs(sets_of({}, 3)).empty());
  CHECK(contained_pairs(sets_of({{0}, {0}, {0}}, 1), 1, 1).size() >= 1);
}

TEST_CASE("contained sets against every pair") {
  std::mt19937 random(3);
  for (int round = 0; round < 20; ++round) {
    const Index elements = 1 + random() % 150;
    std::vector<std::set<Index>> sets(200);
    for (auto& set : sets) {
      const auto size = random() % 4;
      for (unsigned i = 0; i < size; ++i) set.insert(random() % elements);
    }
    Pairs expected;
    for (Index a = 0; a < sets.size(); ++a) {
      for (Index b = 0; b < sets.size(); ++b) {
        if (a != b && std::includes(sets[b].begin(), sets[b].end(), sets[a].begin(), sets[a].end()))
          expected.emplace_back(a, b);
      }
    }
    for (const int threads : {1, 2}) {
      CHECK(contained_pairs(sets_of(sets, elements), threads) == expected);
    }
  }
}
