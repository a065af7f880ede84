// Each operation of the algebra against its definition in plain loops over maps, per semiring and
// value type.
#include <map>

#include "tests/algebra/random_arrays.hpp"

using namespace oscillon;
using namespace oscillon::testing;

namespace {

using Place = std::pair<std::string, std::string>;

template <class T>
using Map = std::map<Place, T>;

template <class T>
Map<T> map_of(const AssocArray<T>& A) {
  Map<T> map;
  const Triples<T> entries = A.matrix().triples();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    map[{std::string(A.row_keys()[entries.rows[i]]),
         std::string(A.column_keys()[entries.columns[i]])}] = static_cast<T>(entries.values[i]);
  }
  return map;
}

// C(i, j) and so on straight from the definitions.
template <class S, class T>
void check_definitions(Keys keys) {
  std::mt19937 random(23);
  const auto plus_of = [](T a, T b) { return S::Add::template apply<T>(a, b); };
  const auto times_of = [](T a, T b) { return S::Multiply::template apply<T>(a, b); };
  for (int round = 0; round < 4; ++round) {
    const auto A = random_array<S, T>(random, key_pool(keys, 0, "r", 5), key_pool(keys, 0, "c", 4));
    const auto B = random_array<S, T>(random, key_pool(keys, 1, "r", 5), key_pool(keys, 1, "c", 4));
    const auto D = random_array<S, T>(random, key_pool(keys, 1, "c", 4), key_pool(keys, 1, "d", 3));
    const Map<T> a = map_of(A), b = map_of(B), d = map_of(D);

    Map<T> sum = a, meet, product, rows, cross;
    for (const auto& [place, value] : b) {
      const auto [at, fresh] = sum.emplace(place, value);
      if (!fresh) at->second = plus_of(at->second, value);
      if (a.contains(place)) meet[place] = times_of(a.at(place), value);
    }
    for (const auto& [ij, x] : a) {
      const auto [row, fresh_row] = rows.emplace(Place{ij.first, "1"}, x);
      if (!fresh_row) row->second = plus_of(row->second, x);
      for (const auto& [kl, y] : d) {
        cross[{ij.first + kl.first, ij.second + kl.second}] = times_of(x, y);
        if (ij.second != kl.first) continue;
        const auto [at, fresh] = product.emplace(Place{ij.first, kl.second}, times_of(x, y));
        if (!fresh) at->second = plus_of(at->second, times_of(x, y));
      }
    }
    holds("plus", map_of(plus<S>(A, B)) == sum);
    holds("times", map_of(times<S>(A, B)) == meet);
    holds("multiply", map_of(multiply<S>(A, D)) == product);
    holds("reduce_rows", map_of(reduce_rows<S>(A)) == rows);
    holds("kronecker", map_of(kronecker<S>(A, D)) == cross);
  }
}

}  // namespace

TEST_CASE("every operation does what its definition says, over every semiring") {
  for_every_semiring([]<class S, class T>() {
    for (const Keys keys : {Keys::equal, Keys::disjoint, Keys::overlapping}) {
      check_definitions<S, T>(keys);
    }
  });
}
