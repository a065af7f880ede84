// The count of structures against a counter that tries every chain of families, and every way to
// cover against inference.
#include "oscillon/solutions/structures.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include "tests/cases.hpp"
#include "tests/error_of.hpp"
#include "tests/solutions/exactness.hpp"

using namespace oscillon;
using testing::check_exact;
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
    CHECK(parse_structure(structure_text(structure) + ";123", 3).hidden == structure.hidden);
    seen.insert(structure.hidden);
  }
  CHECK(seen.size() == space.count());
  CHECK(error_of([&] { space.at(space.count()); }) != "no error");
  CHECK(error_of([] { StructureSpace(5, 2); }) != "no error");
  CHECK(error_of([] { StructureSpace(4, 40); }) != "no error");
}

namespace {

std::vector<std::string> four_letter_words(std::size_t count) {
  std::ifstream file(OSCILLON_WORDS "/four-letter.txt");
  std::vector<std::string> words{std::istream_iterator<std::string>(file), {}};
  REQUIRE(words.size() == 200);
  words.resize(count);
  return words;
}

// A structure is exact when each of its neurons is 1 just where all the letters that it stands for
// are there, given that the neurons below are. That depends on the neuron's position set S and on
// which sets inside S feed it alone. So one network that has, over the neurons of all 15 position
// sets, a neuron for each of the 32,297 ways to cover the whole (and, the others being the same
// with fewer letters, each of the 109, 5 and 1 ways to cover three, two and one positions) proves
// every layer of every structure.
template <class T>
void check_every_cover(const std::vector<std::string>& words) {
  const Index count = words.size();
  // Neuron of set s for word w: the words that share the letters share it.
  std::vector<std::vector<Index>> neuron(16, std::vector<Index>(count));
  Index hidden = 0;
  for (unsigned s = 1; s <= 15; ++s) {
    std::map<std::string, Index> of_letters;
    for (Index w = 0; w < count; ++w) {
      std::string letters;
      for (std::size_t p = 0; p < 4; ++p) letters += (s >> p & 1) != 0 ? words[w][p] : '.';
      const auto [at, fresh] = of_letters.try_emplace(letters, hidden);
      if (fresh) ++hidden;
      neuron[s][w] = at->second;
    }
  }
  Triples<T> inputs;
  for (Index w = 0; w < count; ++w) {
    for (unsigned s = 1; s <= 15; ++s) inputs.add(neuron[s][w], w, T(1));
  }
  const Matrix<T> Y0 = Matrix<T>::build(hidden, count, inputs);

  Index covers = 0, wrong = 0;
  for (unsigned set : {15u, 7u, 3u, 1u}) {
    std::vector<unsigned> inside;
    for (unsigned t = 1; t <= set; ++t) {
      if ((t & set) == t) inside.push_back(t);
    }
    const std::uint64_t families = std::uint64_t{1} << inside.size();
    for (std::uint64_t begin = 1; begin < families; begin += 512) {
      Triples<T> W;
      std::vector<T> bias;
      for (std::uint64_t family = begin; family < std::min(begin + 512, families); ++family) {
        unsigned covered = 0;
        for (std::size_t i = 0; i < inside.size(); ++i) {
          if ((family >> i & 1) != 0) covered |= inside[i];
        }
        if (covered != set) continue;
        ++covers;
        for (Index w = 0; w < count; ++w) {
          for (std::size_t i = 0; i < inside.size(); ++i) {
            if ((family >> i & 1) != 0) W.add(bias.size(), neuron[inside[i]][w], T(1));
          }
          bias.push_back(static_cast<T>(1 - std::popcount(family)));
        }
      }
      if (bias.empty()) continue;
      const Index outputs = bias.size();
      Network<T> network({std::make_shared<const Layer<T>>(Matrix<T>::build(outputs, hidden, W),
                                                           std::move(bias))});
      const LayerSource<T>& source = network;
      const Compressed<T> Y = infer(source, Y0).Y.compressed(Orientation::by_column);
      for (Index sample = 0; sample < count; ++sample) {
        std::vector<Index> expected;
        for (Index output = 0; output < outputs; ++output) {
          if (neuron[set][output % count] == neuron[set][sample]) expected.push_back(output);
        }
        const std::vector<Index> got(
            Y.indices.begin() + static_cast<std::ptrdiff_t>(Y.offsets[sample]),
            Y.indices.begin() + static_cast<std::ptrdiff_t>(Y.offsets[sample + 1]));
        wrong += got != expected;
      }
      for (const T value : Y.values) wrong += value != T(1);
    }
  }
  CHECK(covers == 32297 + 109 + 5 + 1);
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("every way to cover is exact, so every structure of up to four positions is" *
          doctest::test_suite("slow")) {
  const std::vector<std::string> words =
      four_letter_words(testing::is_sanitized ? 12 : 40);  // all 200 take half a minute
  check_every_cover<float>(words);
  check_every_cover<double>(words);
  check_every_cover<std::int32_t>(words);
}

TEST_CASE("random structures of 4 positions and up to 4 layers are exact") {
  std::mt19937_64 random(21);
  const std::vector<std::string> words = four_letter_words(60);
  for (const std::size_t layers : {2, 3, 4}) {
    const StructureSpace space(4, layers);
    for (int i = 0; i < 20; ++i) {
      const auto rank = std::uniform_int_distribution<std::uint64_t>(0, space.count() - 1)(random);
      CAPTURE(rank);
      check_exact(selective_problem<float>(words, space.at(rank)));
      check_exact(selective_problem<double>(words, space.at(rank)));
      check_exact(selective_problem<std::int32_t>(words, space.at(rank)));
    }
  }
}

TEST_CASE("two-layer structures one after the other are exact") {
  const std::vector<std::string> words{"able", "also", "back"};
  const StructureSpace space(4, 2);
  for (std::uint64_t rank = 0; rank < space.count(); rank += 23) {
    CAPTURE(rank);
    check_exact(selective_problem<float>(words, space.at(rank)));
  }
}
