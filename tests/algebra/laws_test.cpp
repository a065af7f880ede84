// The laws of the paper's appendix A, per semiring and value type, on random arrays with disjoint,
// equal and overlapping keys; and each operation against its definition in plain loops over maps.
//
// Values are small and dyadic, so that no rounding and no overflow disturbs a law. A missing entry
// is the semiring's 0, so arrays are compared after entries that *store* the semiring's 0 have been
// taken out: a law says that two values are equal, not that both are stored.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <tuple>

#include "engine/algebra/array_algebra.hpp"

using namespace oscillon;

namespace {

using Place = std::pair<std::string, std::string>;

template <class T>
using Map = std::map<Place, T>;

// Values in the range where the semiring's laws hold: max.x wants none below 0, min.x none at 0 or
// below.
template <class S, class T>
T random_value(std::mt19937& random) {
  if constexpr (std::is_same_v<T, bool>) {
    return random() % 2 == 0;
  } else if constexpr (std::is_same_v<S, UnionIntersection>) {
    return static_cast<T>(random() % 64);
  } else {
    constexpr bool positive = std::is_same_v<S, MinTimes> || std::is_same_v<S, MaxTimes>;
    const int low = positive || std::is_unsigned_v<T> ? 1 : -2;
    const int value = low + static_cast<int>(random() % (sizeof(T) == 1 ? 3 : 5));
    if constexpr (std::is_floating_point_v<T>) return static_cast<T>(value) / 4;
    return static_cast<T>(value);
  }
}

enum class Keys { equal, disjoint, overlapping };

std::vector<std::string> key_pool(Keys keys, int which, const char* prefix, int count) {
  const int shift = keys == Keys::equal ? 0 : which * (keys == Keys::disjoint ? count : count / 2);
  std::vector<std::string> pool;
  for (int i = 0; i < count; ++i) {
    pool.push_back(prefix + padded_number(static_cast<Index>(i + shift), 2));
  }
  return pool;
}

template <class S, class T>
AssocArray<T> random_array(std::mt19937& random, const std::vector<std::string>& rows,
                           const std::vector<std::string>& columns) {
  std::vector<std::string_view> k1, k2;
  ValueArray<T> values;
  for (const std::string& row : rows) {
    for (const std::string& column : columns) {
      if (random() % 2 == 0) continue;
      k1.push_back(row);
      k2.push_back(column);
      values.push_back(random_value<S, T>(random));
    }
  }
  return AssocArray<T>::from_triples(k1, k2, values);
}

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

// The same array, where 0 is 0 whether stored or not.
template <class S, class T>
bool same(const AssocArray<T>& A, const AssocArray<T>& B) {
  return equal(A.where(Comparison::not_equal, S::template zero<T>()),
               B.where(Comparison::not_equal, S::template zero<T>()));
}

template <class S, class T>
void check_laws(Keys keys) {
  std::mt19937 random(11);
  const auto rows = [&](int which) { return key_pool(keys, which, "r", 4); };
  for (int round = 0; round < 4; ++round) {
    const auto array = [&](int which) {
      return random_array<S, T>(random, rows(which), key_pool(keys, which, "c", 3));
    };
    const AssocArray<T> A = array(0), B = array(1), C = array(2);
    const auto add = [](const auto& X, const auto& Y) { return plus<S>(X, Y); };
    const auto mul = [](const auto& X, const auto& Y) { return times<S>(X, Y); };
    const auto dot = [](const auto& X, const auto& Y) { return multiply<S>(X, Y); };

    // Element-wise: commutative, associative, distributive.
    CHECK(equal(add(A, B), add(B, A)));
    CHECK(equal(mul(A, B), mul(B, A)));
    CHECK(equal(add(add(A, B), C), add(A, add(B, C))));
    CHECK(equal(mul(mul(A, B), C), mul(A, mul(B, C))));
    CHECK(same<S>(mul(A, add(B, C)), add(mul(A, B), mul(A, C))));

    // Products: P is rows x columns, Q and R columns x rows' keys.
    const auto inner = [&](int which) {
      return random_array<S, T>(random, key_pool(keys, which, "c", 3), rows(which));
    };
    const AssocArray<T> P = array(0), Q = inner(1), R = inner(2), U = array(1);
    CHECK(same<S>(dot(P, add(Q, R)), add(dot(P, Q), dot(P, R))));
    CHECK(same<S>(dot(add(P, U), Q), add(dot(P, Q), dot(U, Q))));
    CHECK(same<S>(dot(P, Q).transposed(), dot(Q.transposed(), P.transposed())));
    if constexpr (sizeof(T) > 1 || std::is_same_v<T, bool>) {
      CHECK(same<S>(dot(dot(P, Q), U), dot(P, dot(Q, U))));
    }

    // Kronecker products, of small arrays whose keys have one length.
    const auto small = [&](int which) {
      return random_array<S, T>(random, key_pool(keys, which, "k", 2),
                                key_pool(keys, which, "l", 2));
    };
    const AssocArray<T> K = small(0), L = small(1), M = small(2);
    const auto cross = [](const auto& X, const auto& Y) { return kronecker<S>(X, Y); };
    CHECK(equal(cross(cross(K, L), M), cross(K, cross(L, M))));
    CHECK(same<S>(cross(K, add(L, M)), add(cross(K, L), cross(K, M))));
    CHECK(equal(cross(K, L).transposed(), cross(K.transposed(), L.transposed())));

    // Identities and annihilators.
    const T one = S::template one<T>();
    const AssocArray<T> zero;
    CHECK(equal(add(A, zero), A));
    CHECK(equal(mul(A, AssocArray<T>::ones(A.row_keys(), A.column_keys(), one)), A));
    CHECK(equal(dot(A, AssocArray<T>::identity(A.column_keys(), one)), A));
    CHECK(equal(dot(AssocArray<T>::identity(A.row_keys(), one), A), A));
    CHECK(mul(A, zero).entries() == 0);
    CHECK(dot(A, zero).entries() == 0);
  }
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
    CHECK(map_of(plus<S>(A, B)) == sum);
    CHECK(map_of(times<S>(A, B)) == meet);
    CHECK(map_of(multiply<S>(A, D)) == product);
    CHECK(map_of(reduce_rows<S>(A)) == rows);
    CHECK(map_of(kronecker<S>(A, D)) == cross);
  }
}

template <class S, class T>
void check_scalars() {
  std::mt19937 random(3);
  const T zero = S::template zero<T>();
  const T one = S::template one<T>();
  for (int round = 0; round < 20; ++round) {
    const T value = random_value<S, T>(random);
    CHECK(S::Add::template apply<T>(value, zero) == value);
    CHECK(S::Multiply::template apply<T>(value, one) == value);
    CHECK(S::Multiply::template apply<T>(one, value) == value);
    // Where a type has no infinity, its greatest or least value stands in and does not annihilate +
    // or x.
    constexpr bool needs_infinity =
        std::is_same_v<S, MaxPlus> || std::is_same_v<S, MinPlus> || std::is_same_v<S, MinTimes>;
    if constexpr (!needs_infinity || std::numeric_limits<T>::has_infinity) {
      CHECK(S::Multiply::template apply<T>(value, zero) == zero);
    }
  }
}

template <class S, class T>
void check_all() {
  CAPTURE(S::name);
  CAPTURE(GraphblasType<T>::name);
  check_scalars<S, T>();
  for (const Keys keys : {Keys::equal, Keys::disjoint, Keys::overlapping}) {
    check_laws<S, T>(keys);
    check_definitions<S, T>(keys);
  }
}

template <class T>
void check_numeric_semirings() {
  check_all<PlusTimes, T>();
  check_all<MaxPlus, T>();
  check_all<MinPlus, T>();
  check_all<MaxTimes, T>();
  check_all<MinTimes, T>();
  check_all<MaxMin, T>();
  check_all<MinMax, T>();
}

}  // namespace

TEST_CASE_TEMPLATE("the laws of the numeric semirings", T, float, double, std::int8_t, std::int16_t,
                   std::int32_t, std::int64_t, std::uint8_t, std::uint16_t, std::uint32_t,
                   std::uint64_t) {
  check_numeric_semirings<T>();
}

TEST_CASE("the laws of or.and and union.intersection") {
  check_all<OrAnd, bool>();
  check_all<UnionIntersection, std::uint64_t>();
}
